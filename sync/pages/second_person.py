"""The step between the button of such a deed and the deed: what will happen, why, and who has to confirm it."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from schools.web.reasons import Why
from sync.people import two_people

PASSED_ON = {"csrfmiddlewaretoken", "why", "typed"}  # the rest of what was posted is posted again


class SecondPersonForm(forms.Form):
    why = Why("A few words without anybody’s name. The school’s leads read them.")
    typed = forms.CharField(max_length=254, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}))

    def __init__(self, *args, to_type="", **kwargs):
        super().__init__(*args, **kwargs)
        if to_type:
            self.fields["typed"].label = f"Type “{to_type}” to go on alone"
        else:
            del self.fields["typed"]


def ask(request, proposal, effect, template="sync/second_person.html", context=None):
    """The page that asks why, and once it is answered the one where the deed waits; effect: the deed as a button."""
    alone = not two_people.others(request.user, proposal).exists()
    to_type = two_people.to_type(proposal) if alone else ""
    form = SecondPersonForm(request.POST if "why" in request.POST else None, to_type=to_type)
    if form.is_valid():
        try:
            two_people.ask(proposal, request.user, form.cleaned_data["why"], form.cleaned_data.get("typed", ""))
        except two_people.RefusedError as error:
            form.add_error(None, str(error))
        else:
            said = (
                "Asked. It is done in a day, unless it is called off." if alone else "Asked. A colleague confirms it."
            )
            messages.success(request, f"{said} The school’s leads are told.")
            return redirect("admin:schools_proposal_change", proposal.pk)
    passed_on = [
        (name, value) for name in request.POST if name not in PASSED_ON for value in request.POST.getlist(name)
    ]
    shown = {"school": proposal.school, "form": form, "effect": effect, "alone": alone, "passed_on": passed_on}
    return TemplateResponse(request, template, shown | (context or {}))
