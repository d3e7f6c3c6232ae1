"""Where leads and support leave one student or member of staff out of the product, and let them back in."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parents.models import Guardianship
from schools import left_out
from schools.access.visits import for_lead_or_support
from schools.erasing import model_of
from schools.models import LeadRight, PersonBlock, Task
from schools.staff.overview import StaffRefusedError
from schools.text.names import words
from sync.facts.kinds import KINDS
from sync.people import leaving_out
from sync.tasks import queue_sync

SHORTEST = 3  # letters of a name that are taken for one


class LeaveOutForm(forms.Form):
    """Why, and until when. row: whom it is about, who must not be named in it."""

    cause = forms.ChoiceField(
        choices=[(code, f"{label[:1].upper()}{label[1:]}") for code, label in PersonBlock.Cause.choices],
        label="Why?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why."},
    )
    words = forms.CharField(
        min_length=4,
        max_length=200,
        label="In a few words",
        help_text="Without anybody’s name: it is kept after everything else about them is erased. Leads and support "
        "read it.",
        error_messages={"required": "Say it in a few words.", "min_length": "Say it in a few words."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    until = forms.DateField(
        required=False,
        label="Until, if you know it",
        help_text="The last day. The first sync after it brings them back. Empty: until somebody lets them back in.",
        error_messages={"invalid": "Write the day as 2026-12-31."},
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, row, today, data=None):
        super().__init__(data)
        self.row, self.today = row, today

    def clean_words(self):
        typed = " ".join(self.cleaned_data["words"].split())
        names = {name for name in words(f"{self.row.forename} {self.row.surname}") if len(name) >= SHORTEST}
        if names & set(words(typed)):
            raise forms.ValidationError("Leave the name out: these words are kept after the name is erased.")
        return typed

    def clean_until(self):
        day = self.cleaned_data["until"]
        if day and day < self.today:
            raise forms.ValidationError("That day is over. Choose today or a later one, or leave it empty.")
        return day


@for_lead_or_support(Task.LOOK)
@require_safe
def people(request, school, reason):
    """Who is left out of the product, since when, by whom, why and until when?"""
    return render(request, "sync/left_out.html", {"school": school, "people": leaving_out.of_school(school)})


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def leave_out(request, school, reason, kind, pk):
    """What does leaving this person out mean? By POST: leave them out from now on."""
    if kind not in left_out.IDENTIFIERS:
        raise Http404
    row = get_object_or_404(model_of(KINDS[kind].table).objects.shown().kept(), school=school, pk=pk)
    if left_out.block_of(school, kind, pk):
        return redirect("sync:left_out", school.code)
    form = LeaveOutForm(
        row, timezone.localdate(timezone=school.zone), request.POST if request.method == "POST" else None
    )
    if form.is_valid():
        try:
            leaving_out.leave_out(school, kind, pk, request.user, **form.cleaned_data)
        except (leaving_out.NotLeftOutError, StaffRefusedError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{row} is left out from now on.")
            return redirect("sync:left_out", school.code)
    context = {
        "school": school,
        "row": row,
        "kind": kind,
        "form": form,
        "known_by": leaving_out.recognised_by(kind, row),
        "parents": Guardianship.objects.current().filter(student=pk).count() if kind == "students" else 0,
        "leads": kind == "employees" and LeadRight.objects.filter(school=school, user=row.user_id or 0).exists(),
    }
    return render(request, "sync/leave_out.html", context)


@for_lead_or_support(Task.DECIDE)
@require_POST
def let_in(request, school, reason, pk):
    """Let somebody back in, with the next sync."""
    block = get_object_or_404(left_out.standing(school), pk=pk)
    with transaction.atomic():
        leaving_out.lift(block, request.user)
        queue_sync(school, request.user)
    if school.sync_settings.paused_at:
        messages.success(request, "They are let back in. The school is paused: they arrive once it is resumed.")
    else:
        messages.success(
            request,
            f"They are let back in, and arrive with the sync that was just queued if {school.mis or 'the MIS'} lists "
            "them.",
        )
    return redirect("sync:left_out", school.code)
