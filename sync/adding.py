"""The admin's page for adding a school: find it at Wonde, look at what Wonde says, choose, add."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from schools.invitations import InvitationRefusedError
from sync import onboarding
from sync.models import default_subjects
from sync.wonde import Wonde

LONG = forms.TextInput(attrs={"class": "vTextField"})


def lines(text):
    """The lines of a text area, without the empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class SearchForm(forms.Form):
    search = forms.CharField(
        max_length=100,
        label="Name, postcode or URN",
        help_text="By name: schools that have approved us in Wonde. By postcode or URN: every school Wonde knows.",
        widget=LONG,
    )


class IdForm(forms.Form):
    wonde_id = forms.CharField(max_length=40, label="Wonde id", help_text="For example A1930499544.", widget=LONG)


class AddForm(forms.Form):
    wonde_id = forms.CharField(max_length=40, widget=forms.HiddenInput)
    subjects = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        label="Subjects that use the product",
        help_text="MIS codes or names, one a line.",
    )
    year_groups = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        label="Year groups that use the product",
        help_text="One a line. Empty: every year group.",
    )
    lead_email = forms.EmailField(
        label="The first school lead’s email address",
        help_text="They are invited by mail and decide what comes in. They need not teach.",
        widget=LONG,
    )


def add_school_view(request, admin_site, opts):
    """One address for the three steps: every step is a POST, so that no search stays in an address."""
    context = {
        **admin_site.each_context(request),
        "opts": opts,
        "title": "Add a school",
        "search_form": SearchForm(),
        "id_form": IdForm(),
    }
    step = {"search": _search, "choose": _choose, "add": _add}.get(request.POST.get("step"))
    if request.method == "POST" and step:
        try:
            response = step(request, context)
        except (onboarding.SchoolRefusedError, InvitationRefusedError) as error:
            context["refused"] = str(error)
        else:
            if response:
                return response
    return TemplateResponse(request, "admin/add_school.html", context)


def _search(request, context):
    context["search_form"] = form = SearchForm(request.POST)
    if form.is_valid():
        context["searched"] = True
        context["results"] = onboarding.search(Wonde(limit_s=onboarding.PATIENCE_S), form.cleaned_data["search"])


def _choose(request, context):
    context["id_form"] = form = IdForm(request.POST)
    if form.is_valid():
        context["found"] = found = onboarding.look_up(
            Wonde(limit_s=onboarding.PATIENCE_S), form.cleaned_data["wonde_id"]
        )
        context["add_form"] = AddForm(
            initial={"wonde_id": found.wonde_id, "subjects": "\n".join(default_subjects())}, auto_id="add_%s"
        )


def _add(request, context):
    context["add_form"] = form = AddForm(request.POST, auto_id="add_%s")
    context["found"] = found = onboarding.look_up(
        Wonde(limit_s=onboarding.PATIENCE_S), request.POST.get("wonde_id", "")
    )
    if not form.is_valid():
        return None
    with transaction.atomic():
        school, invitation = onboarding.add_school(
            found,
            by=request.user,
            subjects=lines(form.cleaned_data["subjects"]),
            year_groups=lines(form.cleaned_data["year_groups"]),
            lead_email=form.cleaned_data["lead_email"],
            asks_first=True,
        )
    messages.success(
        request, f"Added {school.name}. It is read within a minute; {invitation.email} is invited as its first lead."
    )
    return HttpResponseRedirect(reverse("admin:schools_school_change", args=[school.pk]))
