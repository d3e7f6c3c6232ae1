"""Pages about the end of data: who has left and until when they are kept, erasing, exporting."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from schools.access.visits import for_lead_or_support
from schools.erasing import model_of
from schools.models import AuditEntry, Erasure, Proposal, Task
from schools.web.ids import as_id
from schools.web.reasons import Why
from sync.copies.held import everything_about
from sync.copies.told import WHOLE, resolved
from sync.erasing import notes, rows
from sync.facts.kinds import KINDS, PEOPLE
from sync.leaving import erasure, leavers
from sync.leaving.recipients import readers_before
from sync.pages import second_person
from sync.people import two_people
from sync.wording.kinds import counted, in_order, says_how_many

LEAVERS_A_PAGE = 100
NOTES_SHOWN, NOTES_A_PAGE, NUMBERS_SHOWN = 20, 100, 20


class EraseForm(forms.Form):
    reason = Why("A few words without anybody’s name. They are kept with the note of what was erased.")


@for_lead_or_support(Task.LOOK)
@require_safe
def left(request, school, reason):
    """Who has left, and when is each erased?"""
    page = Paginator(leavers.leavers(school), LEAVERS_A_PAGE).get_page(request.GET.get("page"))
    school.sync_settings.school = school  # the same row: no query for its time zone
    context = {
        "school": school,
        "page": page,
        "leavers": leavers.told(page, school.sync_settings),
        "notes": Erasure.objects.filter(school=school).select_related("actor")[:NOTES_SHOWN],
    }
    return render(request, "sync/left.html", context)


@for_lead_or_support(Task.LOOK, or_authoriser=True, or_ended=True)
@require_safe
def erasures(request, school, reason):
    """What was erased here, when and why?"""
    written = Erasure.objects.filter(school=school).select_related("actor")
    page = Paginator(written, NOTES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "sync/erasures.html", {"school": school, "page": page})


@for_lead_or_support(Task.LOOK, or_authoriser=True, or_ended=True)
@require_safe
def erasure_note(request, school, reason, pk):
    """The note of one erasure, to print and hand on: what was erased, what is left, and does both still hold?"""
    note = get_object_or_404(Erasure, school=school, pk=pk)
    context = {
        "school": school,
        "note": note,
        "is_unchanged": notes.is_unchanged(note),
        "filled": rows.filled_again(note),
        "numbers": [
            (counted(len(pks), kind), pks[:NUMBERS_SHOWN], len(pks[NUMBERS_SHOWN:]))
            for kind, pks in in_order(note.ids).items()
            if says_how_many(kind)
        ],
        "at": timezone.now(),
        "of_people": bool(PEOPLE.keys() & note.ids.keys()),
        "readers": readers_before(note),
    }
    return render(request, "sync/erasure.html", context)


@for_lead_or_support(Task.ERASE)
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request, school, reason, kind, pk):
    """One person who has left, now and for good."""
    if kind not in PEOPLE or kind in school.frozen:
        raise Http404
    row = get_object_or_404(model_of(KINDS[kind].table)._base_manager, school=school, pk=pk, wonde_id__isnull=False)
    form = EraseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            erasure.erase_person(school, kind, pk, request.user, form.cleaned_data["reason"])
        except erasure.NotErasedError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Erased. The note below has the count and the numbers, no name.")
            return redirect("sync:left", school.code)
    return render(request, "sync/erase.html", {"school": school, "row": row, "kind": kind, "form": form})


@for_lead_or_support(Task.ERASE)
@require_http_methods(["GET", "HEAD", "POST"])
def erase_kind(request, school, reason, kind):
    """Everything whose permission is withdrawn, now instead of on the day."""
    if kind not in school.frozen:
        raise Http404
    form = EraseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        erasure.erase_kind(school, kind, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, f"Erased: {KINDS[kind].label}. The note has the count and the numbers, no name.")
        return redirect("sync:left", school.code)
    held = model_of(KINDS[kind].table)._base_manager.filter(school=school, wonde_id__isnull=False).count()
    context = {"school": school, "kind": KINDS[kind], "entry": school.frozen[kind], "held": held, "form": form}
    return render(request, "sync/erase_kind.html", context)


@for_lead_or_support(Task.EXPORT)
@require_POST
def export(request, school, reason):
    """Everything held about one person, to print or save."""
    kind, pk = request.POST.get("kind", ""), as_id(request.POST.get("pk", ""))
    if kind not in PEOPLE or kind in school.frozen or pk is None:
        raise Http404
    if school.leads_here:
        return _held_about(request, school, kind, pk, reason)
    proposal = Proposal(act=Proposal.Act.EXPORT, school=school, about={"kind": kind, "pk": pk})
    return second_person.ask(request, proposal, "Export everything held about them")


@for_lead_or_support(Task.EXPORT)
@require_safe
def exported(request, school, reason, pk):
    """The export that support asked for and a second person confirmed: for whoever asked, for a day."""
    proposal = get_object_or_404(Proposal, school=school, pk=pk, act=Proposal.Act.EXPORT)
    try:
        two_people.opened(proposal, request.user)
    except two_people.RefusedError as error:
        raise Http404 from error
    return _held_about(request, school, proposal.about["kind"], proposal.about["pk"], proposal.reason)


def _held_about(request, school, kind, pk, reason):
    held = everything_about(school, kind, pk)
    if held is None:
        raise Http404
    AuditEntry.objects.create(
        school=school, actor=request.user, verb="exported", kind=kind, object_id=pk, reason=reason
    )
    context = {"school": school, "held": held, "parts": resolved(held.parts, WHOLE)}
    return render(request, "sync/held_about.html", context)
