"""The admin's page for adding a school: find it at Wonde, look at what Wonde says, choose, add.

Searching and looking up are questions to Wonde (`sync.people.questions`): a POST asks, and the answer opens under its
key.
"""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from msgspec import convert

from schools.staff.invitations import InvitationRefusedError
from sync.models import Question, default_subjects
from sync.people import adding_schools, questions
from sync.tasks import ask_wonde


def lines(text):
    """The lines of a text area, without the empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class SearchForm(forms.Form):
    search = forms.CharField(
        max_length=100,
        label="Name, postcode or URN",
        error_messages={"required": "Type a name, a postcode or a URN."},
        help_text="By name: schools that have approved us in Wonde. By postcode or URN: every school Wonde knows.",
    )


class IdForm(forms.Form):
    wonde_id = forms.CharField(
        max_length=40,
        label="Wonde id",
        help_text="For example A1930499544.",
        error_messages={"required": "Type a Wonde id."},
    )


class AddForm(forms.Form):
    wonde_id = forms.CharField(max_length=40, widget=forms.HiddenInput)
    subjects = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        label="Subjects that use the product",
        error_messages={"required": "Name at least one subject."},
        help_text="MIS codes or names, one a line.",
    )
    year_groups = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Year groups that use the product",
        help_text="One a line. Empty: every year group.",
    )
    lead_email = forms.EmailField(
        label="The first school lead’s email address",
        error_messages={"required": "Enter the address of the first lead."},
        help_text="They are invited by mail and decide what comes in. They need not teach.",
    )


def add_school_view(request, admin_site, opts):
    """One address for the three steps: every step is a POST, so that no search stays in an address."""
    question = questions.find(request, Question.What.SCHOOLS, Question.What.SCHOOL)
    if questions.is_unchanged(request, question):
        return HttpResponse(status=204)
    context = {
        **admin_site.each_context(request),
        "opts": opts,
        "title": "Add a school",
        "search_form": SearchForm(),
        "id_form": IdForm(),
        "question": question,
        "here": questions.address(request, question),
        "is_forgotten": question is None and "q" in request.GET,
        **_told(question),
    }
    step = {"search": _search, "choose": _choose, "add": _add}.get(request.POST.get("step"))
    if request.method == "POST" and step:
        try:
            response = step(request, context)
        except (adding_schools.SchoolRefusedError, InvitationRefusedError) as error:
            context["refused"] = str(error)
        else:
            if response:
                return response
    return TemplateResponse(request, "admin/add_school.html", context)


def _told(question):
    """What Wonde answered: schools to choose among, or one to add."""
    if question is None:
        return {}
    asked = {"search_form": SearchForm(initial=question.asked), "id_form": IdForm(initial=question.asked)}
    if question.answer is None:
        return asked | {"refused": question.problem}
    if question.what == Question.What.SCHOOLS:
        return asked | {"searched": True, "results": convert(question.answer, list[adding_schools.FoundSchool])}
    return _to_add(convert(question.answer, adding_schools.FoundSchool))


def _to_add(found):
    initial = {"wonde_id": found.wonde_id, "subjects": "\n".join(default_subjects())}
    return {"found": found, "add_form": AddForm(initial=initial, auto_id="add_%s")}


def _not_approved(context, wonde_id):
    """The school with this id that was found and has not approved us: Wonde says no more of it than the search did."""
    found = (each for each in context.get("results", ()) if not each.approved)
    return next((each for each in found if each.wonde_id == wonde_id), None)


def _search(request, context):
    context["search_form"] = form = SearchForm(request.POST)
    if form.is_valid():
        return _ask(
            request, Question.What.SCHOOLS, {"search": adding_schools.checked_search(form.cleaned_data["search"])}
        )
    return None


def _choose(request, context):
    context["id_form"] = form = IdForm(request.POST)
    if not form.is_valid():
        return None
    wonde_id = adding_schools.checked_id(form.cleaned_data["wonde_id"])
    if found := _not_approved(context, wonde_id):
        context.update(_to_add(found))
        return None
    return _ask(request, Question.What.SCHOOL, {"wonde_id": wonde_id})


def _ask(request, what, asked):
    return HttpResponseRedirect(f"{request.path}?q={ask_wonde(request, what, asked).pk}")


def _add(request, context):
    found = context.get("found") or _not_approved(context, request.POST.get("wonde_id"))
    if found is None or found.wonde_id != request.POST.get("wonde_id"):
        raise adding_schools.SchoolRefusedError(
            "Nothing was added: what Wonde said of this school is no longer kept. Look it up again, and then add it."
        )
    form = AddForm(request.POST, auto_id="add_%s")
    context.update(found=found, add_form=form)
    if not form.is_valid():
        return None
    with transaction.atomic():
        school, invitation = adding_schools.add_school(
            found,
            by=request.user,
            subjects=lines(form.cleaned_data["subjects"]),
            year_groups=lines(form.cleaned_data["year_groups"]),
            lead_email=form.cleaned_data["lead_email"],
            asks_first=True,
        )
    when = "It is synced within a minute" if found.approved else "It is synced once it shares with us in Wonde"
    messages.success(request, f"Added {school.name}. {when}; {invitation.email} is invited as its first lead.")
    page = "change" if found.approved else "access"
    return HttpResponseRedirect(reverse(f"admin:schools_school_{page}", args=[school.pk]))
