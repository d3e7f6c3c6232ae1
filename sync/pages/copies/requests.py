"""Who has asked what is held about them: the list with the days left, noting it, one request until it is answered."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from schools.access.visits import for_lead_or_support, only_for
from schools.models import Task
from schools.templatetags.words import count_of
from schools.web.reasons import Why
from sync.copies import requests
from sync.facts.kinds import KINDS, PEOPLE
from sync.leaving.erasure import erase_on
from sync.models import AccessRequest
from sync.models.copies import SOON
from sync.wording import sentences

A_PAGE = 100
DAY_ERRORS = {"required": "Write the day.", "invalid": "Write the day as 2026-12-31."}


def _day(label, help_text=""):
    widget = forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, error_messages=DAY_ERRORS, widget=widget)


def _one_of(label, choices):
    told = [(code, f"{words[:1].upper()}{words[1:]}") for code, words in choices]
    return forms.ChoiceField(
        label=label, choices=told, widget=forms.RadioSelect, error_messages={"required": "Choose one."}
    )


class NoteForm(forms.Form):
    asker = _one_of("Who asked?", AccessRequest.Asker.choices)
    channel = _one_of("How?", AccessRequest.Channel.choices)
    asked_on = _day("When did the school get it?", "The month begins on that day, whoever opened it when.")

    def __init__(self, kind, today, data=None):
        super().__init__(data, initial={"asked_on": today})
        self.today = today
        if kind != "students":
            self.fields["asker"].choices = [pair for pair in self.fields["asker"].choices if pair[0] != "parent"]

    def clean_asked_on(self):
        day = self.cleaned_data["asked_on"]
        if day > self.today:
            raise forms.ValidationError("That day is still to come.")
        if day.year < self.today.year - 1:
            raise forms.ValidationError("That is more than a year ago. Look at the year.")
        return day


class ExtendForm(forms.Form):
    because = Why("What you told them, without anybody’s name: the law asks for a reason.")
    told_on = _day("When were they told?")


@for_lead_or_support(Task.LOOK)
@require_safe
def copies(request, school, reason):
    """Who has asked, until when must each be answered, and how far is it?"""
    is_open = Case(When(state__in=AccessRequest.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = AccessRequest.objects.filter(school=school).order_by(is_open, "due_on", "pk")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    names = sentences.names((one.kind, one.row_id) for one in page)
    told = [(one, names.get((one.kind, one.row_id)), _due(one, school)) for one in page]
    return render(request, "sync/copies/list.html", {"school": school, "page": page, "requests": told})


@for_lead_or_support(Task.EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def note(request, school, reason, kind, pk):
    """Somebody has asked about this person. By POST: note who, how and when."""
    if kind not in PEOPLE or kind in school.frozen:
        raise Http404
    row = get_object_or_404(requests.people(school, kind), pk=pk)
    today = timezone.localdate(timezone=school.zone)
    form = NoteForm(kind, today, request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = requests.note(school, kind, row, request.user, **form.cleaned_data)
        messages.success(request, f"Noted. The answer is due by {sentences.day_in_full(made.due_on)}.")
        return redirect("sync:copy", school.code, made.pk)
    before = AccessRequest.objects.open().filter(school=school, kind=kind, row_id=pk)
    context = {"school": school, "row": row, "kind": KINDS[kind], "form": form, "before": before}
    return render(request, "sync/copies/note.html", context)


@for_lead_or_support(Task.LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request, school, reason, pk):
    """How far is this request, and what is to be done next? By POST: it is answered, closed, or takes longer."""
    one = get_object_or_404(AccessRequest.objects.select_related("noted_by", "closed_by"), school=school, pk=pk)
    one.school = school
    posted = request.POST.get("do", "") if request.method == "POST" else ""
    form = ExtendForm(
        request.POST if posted == "extend" else None, initial={"told_on": timezone.localdate(timezone=school.zone)}
    )
    if posted:
        only_for(school, Task.EXPORT)
        if _done(request, one, posted, form):
            return redirect("sync:copy", school.code, pk)
        one.refresh_from_db()
    row = requests.person_of(one)
    context = {
        "school": school,
        "one": one,
        "row": row,
        "kind": KINDS[one.kind],
        "due": _due(one, school),
        "form": form,
        "copy": getattr(one, "copy", None) if one.state == AccessRequest.State.READY else None,
        "erased_on": erase_on(row.left_at, school.sync_settings) if row and row.left_at else None,
        "extended_to": requests.due_on(one.asked_on, is_extended=True),
    }
    return render(request, "sync/copies/one.html", context)


def _done(request, one, posted, form):
    """Whether what was posted was done."""
    deeds = {
        "answer": (requests.answer, "Noted as answered."),
        "withdraw": (requests.withdraw, "Closed without an answer."),
        "extend": (requests.extend, "Noted: it takes longer, and they have been told."),
    }
    if posted not in deeds or (posted == "extend" and not form.is_valid()):
        return False
    deed, said = deeds[posted]
    try:
        deed(one, request.user, **(form.cleaned_data if posted == "extend" else {}))
    except requests.NotDoneError as error:
        messages.error(request, str(error))
        return posted != "extend"
    messages.success(request, said)
    return True


def _due(one, school):
    """(how near, in words) of the day an answer is due: "late", "soon" or "later"; None for what is closed."""
    if not one.is_open:
        return None
    days = (one.due_on - timezone.localdate(timezone=school.zone)).days
    if days < 0:
        return "late", f"{count_of(-days, 'day')} overdue"
    return "soon" if days <= SOON.days else "later", f"{count_of(days, 'day')} left" if days else "due today"
