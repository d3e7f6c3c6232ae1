"""Why is this student, class or member of staff not here? For leads, and for support from the admin."""

from django import forms
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from schools.models import Task
from sync.explain import explain
from sync.finding import asked
from sync.visits import for_lead_or_support


class WhyForm(forms.Form):
    who = forms.CharField(
        max_length=100,
        min_length=2,
        label="Whom or what are you looking for?",
        help_text="The name of a student, a class or a member of staff; or a UPN or a Wonde id. "
        "It is looked up in Wonde now, which takes a few seconds, and is not kept.",
        error_messages={"required": "Type a name, a UPN or a Wonde id.", "min_length": "Type at least two letters."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "spellcheck": "false"}),
    )


@sensitive_post_parameters("who")
@for_lead_or_support(Task.LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def why(request, school, reason):
    """A search by POST, answered in place: no name comes into an address."""
    form = WhyForm(request.POST if request.method == "POST" else None)
    context = {"school": school, "form": form, "support": bool(reason)}
    if form.is_valid():
        context["told"] = explain(school, asked(form.cleaned_data["who"]), request.user, reason)
    return render(request, "sync/why.html", context)
