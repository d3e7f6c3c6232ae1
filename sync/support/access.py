"""One school's access in Wonde, for support: how it stands, looking again, and asking for it.

Both go to Wonde as a question (`sync.people.questions`): a POST asks, and the answer opens under its key.
"""

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_post_parameters

from schools.access.visits import only_for
from schools.models import Task
from sync.models import Question
from sync.people import access, questions
from sync.support.school_page import frame, framed
from sync.tasks import ask_wonde
from sync.wording.access import CONTACT, told


class ContactForm(forms.Form):
    """Whom Wonde is told to write to. Every field goes to Wonde as it is, and nothing else does."""

    first_name = forms.CharField(label=CONTACT["first_name"], max_length=100)
    last_name = forms.CharField(label=CONTACT["last_name"], max_length=100)
    email_address = forms.EmailField(label=CONTACT["email_address"], help_text="At the school: Wonde writes there.")
    phone_number = forms.CharField(label=CONTACT["phone_number"], max_length=30, required=False)
    notes = forms.CharField(
        label=CONTACT["notes"], max_length=200, required=False, help_text="For example school business manager."
    )


@sensitive_post_parameters(*CONTACT)
def in_wonde(request, school):
    school = framed(request, school)
    question = questions.find(request, Question.What.ACCESS, school=school)
    if questions.is_unchanged(request, question):
        return HttpResponse(status=204)
    standing = told(school)
    refused = access.refusal(standing.access) if standing else ""
    form = ContactForm(auto_id="contact_%s")
    if request.method == "POST":
        if "look" in request.POST:
            only_for(school, Task.LOOK)
            return _ask(request, school, {"look": True})
        only_for(school, Task.SIGN_INS)
        form = ContactForm(request.POST, auto_id="contact_%s")
        if form.is_valid() and not refused:
            return _ask(request, school, {"contact": {key: said for key, said in form.cleaned_data.items() if said}})
    is_silent = standing is not None and standing.is_silent
    context = frame(request, school, "In Wonde") | {
        "standing": standing,
        "question": question,
        "here": questions.address(request, question),
        "form": form,
        "may_look": Task.LOOK in school.tasks and not is_silent,
        "may_ask": Task.SIGN_INS in school.tasks and not is_silent and not refused,
        "refused": refused if Task.SIGN_INS in school.tasks else "",
        "with_contact": Task.SIGN_INS in school.tasks,
    }
    return TemplateResponse(request, "admin/access.html", context)


def _ask(request, school, asked):
    question = ask_wonde(request, Question.What.ACCESS, asked, school=school)
    return HttpResponseRedirect(f"{request.path}?q={question.pk}")
