"""Where a lead switches a purpose on or off, with what that means named beforehand."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from schools.access.visits import for_lead_or_support
from schools.models import Task
from schools.sharing import keys, purposes
from schools.templatetags.words import and_list
from schools.web.reasons import Why
from sync.people.purposes import effect, switch
from sync.wording.kinds import counted, declared


class SwitchOffForm(forms.Form):
    reason = Why("A few words without anybody’s name. They stand on the page “Sharing” and under “Who looked”.")


class SpecialCategoryForm(forms.Form):
    confirmed = forms.BooleanField(
        label="Our school has a lawful basis for this, and a condition for a special category of personal data",
        error_messages={"required": "Confirm it, or go on as it is. Your data protection officer knows."},
    )
    reason = Why(
        "Which basis and condition, in a few words and without anybody’s name. They stand on the page “Sharing”."
    )


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def purpose(request, school, reason, key):
    """What does switching this purpose on or off mean? By POST: do it."""
    asked = purposes.PURPOSES.get(key)
    if asked is None or asked.always or not school.leads_here:
        raise Http404
    is_on = keys.is_on(school, key)
    form = _form(asked, is_on, request.POST or None)
    if request.method == "POST" and request.POST.get("to") == ("off" if is_on else "on"):
        if form is None or form.is_valid():
            return _switched(request, school, asked, is_on, form.cleaned_data["reason"] if form else "")
    elif request.method == "POST":
        messages.info(request, f"{asked.title}: somebody else has switched it meanwhile. This is how it stands.")
        return redirect("sync:sharing", school.code)
    context = {
        "school": school,
        "asked": asked,
        "is_on": is_on,
        "form": form,
        "erased": _in_words(effect(school, key)) if is_on else "",
        "fields": [declared(each.name) for each in asked.asked],
    }
    return render(request, "sync/purpose.html", context)


def _form(asked, is_on, data):
    if is_on:
        return SwitchOffForm(data)
    return SpecialCategoryForm(data) if asked.special_category else None


def _switched(request, school, asked, was_on, reason):
    erased = switch(school, asked.key, not was_on, request.user, reason)
    if not was_on and purposes.more_asked([asked.key], keys.agreed_of(school)):
        messages.success(request, f"Switched on: {asked.title}. It asks for more than was agreed to: look at it here.")
        return redirect("sync:review", school.code)
    if not was_on:
        messages.success(request, f"Switched on: {asked.title}. The next sync reads it, within a few minutes.")
    elif erased:
        messages.success(request, f"Switched off: {asked.title}. Erased: {_in_words(erased)}.")
    else:
        messages.success(request, f"Switched off: {asked.title}. Nothing was held of it.")
    return redirect("sync:sharing", school.code)


def _in_words(amounts):
    """{kind or field: number of rows} as "87 parents and carers and email address of 41 staff"."""
    return and_list(counted(number, name) for name, number in amounts.items())
