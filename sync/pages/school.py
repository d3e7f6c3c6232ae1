"""The school lead's pages: is our data true tonight, what waits, what is held of us and for what."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from classes.models import ImportDraft, SchoolClass
from schools.access.visits import for_lead_or_support
from schools.models import Employee, Proposal, School, Task
from schools.sharing import keys
from schools.sharing.purposes import NEVER_ASKED, PURPOSES
from schools.templatetags.words import date_said
from students.models import Student
from sync.facts.kinds import KINDS
from sync.leaving.recipients import recipients_of, sign_ins_at
from sync.models import AnnouncedMove, Hold, SyncRun
from sync.needs import daily, finding, noting, queue
from sync.needs.states import STATES
from sync.pages.syncs import told
from sync.wording import access, held_data, sentences

RUNS_SHOWN = 7
ROWS_A_PAGE = 100
LATEST = timedelta(days=366)  # to be reminded of something


@for_lead_or_support(Task.LOOK)
@require_safe
def school(request, school, reason):
    """Is our data true tonight, and does anything wait for me?"""
    return render(request, "sync/school.html", {"school": school, **standing(school)})


def standing(school):
    """How a school (framed, with its `tasks`) stands, for its overview and for support's page of it: what needs a
    person, what the last syncs did, what is here. It names no child."""
    runs = SyncRun.objects.filter(school=school).order_by("-started_at", "-pk")
    recent = list(runs[:RUNS_SHOWN])
    classes = SchoolClass.objects.present().filter(school=school)
    noting.note(school)
    return {
        "access": access.told(school),
        "waiting": [(each, each.address(school)) for each in queue.of_school(school)],
        "announced": AnnouncedMove.objects.to_tell(school),
        "runs": told(recent),
        "latest": next((run for run in recent if run.trigger != SyncRun.Trigger.LEFT_OUT), None),
        "to_look_at": finding.odd(runs.complete().first()),
        "tomorrow": timezone.localdate(timezone=school.zone) + timedelta(days=1),
        "classes_in": classes.current().count(),
        "classes_out": classes.filter(status=SchoolClass.Status.OUT).count(),
        "students": Student.objects.current().filter(school=school).count(),
        "teachers": Employee.objects.current().filter(school=school).count(),
        "held": sentences.waiting(Hold.objects.listed().undecided().filter(school=school)),
        "asked": Proposal.objects.waiting().for_school(school),
        "asking": classes.filter(reason="asks_first", decision="").count(),
        "draft": ImportDraft.objects.filter(school=school, begun_at__isnull=False).select_related("begun_by").first(),
    }


class RemindForm(forms.Form):
    code = forms.ChoiceField(choices=[(code, code) for code in STATES])
    on = forms.DateField()


@require_POST
def remind(request, code):
    """Leave one thing that waits out of this lead's daily mail until the day they choose."""
    school = get_object_or_404(School.objects.for_portal(request.user), code=code, leads_here=True)
    form, today = RemindForm(request.POST), timezone.localdate(timezone=school.zone)
    if form.is_valid() and today < form.cleaned_data["on"] <= today + LATEST:
        daily.remind_on(school, request.user, **form.cleaned_data)
        messages.success(request, f"The daily mail says it again on {date_said(form.cleaned_data['on'])}.")
    else:
        messages.error(request, "Choose a day from tomorrow on, within a year.")
    return redirect("sync:school", school.code)


@for_lead_or_support(Task.LOOK)
@require_safe
def fields(request, school, reason):
    """What do we hold, for which purpose, by which permission, who sees it and until when?"""
    on, recipients = keys.on_at(school), recipients_of(school)
    context = {
        "school": school,
        "purposes": [(purpose, key in on, held_data.fields_of(purpose)) for key, purpose in PURPOSES.items()],
        "kept_back": [
            (kind, school.frozen.get(name), school.doubted.get(name))
            for name, kind in KINDS.items()
            if name in school.kept_back
        ],
        "ours": held_data.OURS,
        "read_only": held_data.READ_ONLY,
        "never": list(NEVER_ASKED.values()),
        "readers": [each for each in recipients if each.requests],
        "idle": [each.who for each in recipients if not each.requests],
        "signed_in": sign_ins_at(school),
    }
    return render(request, "sync/fields.html", context)
