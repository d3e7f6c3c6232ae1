"""What waits for a person, as a page to decide on: who would go, what that looks like, who goes and who stays."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from schools.access.visits import for_lead_or_support
from schools.files.csv_out import as_csv, as_download
from schools.models import Task
from sync import tasks
from sync.facts.errors import Moved
from sync.models import Approval
from sync.pages.decisions import ReasonForm
from sync.people import held as deciding
from sync.people import read_again
from sync.wording import listed, loss, sentences
from sync.wording.kinds import ONE

HEAD = ["Who or what", "Kind", "Year group", "Class", "Waiting since", "Why it waits", "Deleted in the MIS"]
IN_MIS = {True: "yes", False: "no", None: "not known"}
NOBODY = "Tick who is to be removed, or keep all."
NOTHING = "Tick what is to be taken over, or keep all."


@for_lead_or_support(Task.LOOK)
@require_safe
def held(request, school, reason):
    """What waits, and why: who would leave, whose details would be others?"""
    return _page(request, school, listed.of(school), ReasonForm())


@for_lead_or_support(Task.DECIDE)
@require_POST
def decide(request, school, reason):
    """Let what is ticked pass and keep the rest, or keep all: exactly what the person saw."""
    asked, form, waits = request.POST.get("asked", ""), ReasonForm(request.POST), listed.of(school)
    waits.tick(set(request.POST.getlist("row")), set(request.POST.getlist("group")))
    keeps_all = "keep" in request.POST
    if not keeps_all and not waits.ticked and waits.rows:
        form.add_error(None, NOBODY if listed.waiting(waits.rows).removals else NOTHING)
    if not form.is_valid():
        return _page(request, school, waits, form)
    because = form.cleaned_data["reason"]
    try:
        if keeps_all:
            deciding.keep(school, request.user, because, asked)
            messages.success(request, "All stays as it is, and nobody is asked again unless more comes to wait.")
            return redirect("sync:held", school.code)
        if request.POST.get("said") != str(len(waits.ticked)):  # the button has not said the numbers yet
            return _page(request, school, waits, form, is_check=True)
        kept = [row.key for row in waits.rows if not row.is_ticked]
        deciding.approve(school, request.user, because, asked, kept)
    except Moved as moved:
        messages.error(request, str(moved))
        return redirect("sync:held", school.code)
    tasks.queue_sync(school, request.user)
    return redirect("sync:decided", school.code)


def _page(request, school, waits, form, is_check=False):
    last, new = school.sync_settings.last_read, listed.waiting(waits.new)
    context = {
        "school": school,
        "waits": waits,
        "new": new,
        "every": listed.waiting(waits.rows),
        "ticked": listed.waiting(waits.ticked),
        "stay": len(waits.rows) - len(waits.ticked),
        "loss": loss.of(school, waits.students),
        "deletions": waits.deletions(school.mis or "the MIS"),
        "hidden": waits.hidden,
        "asked": last.asked if last and waits.rows else "",
        "pending": Approval.objects.pending(school),
        "form": form,
        "is_check": is_check,
    }
    return render(request, "sync/held.html", context)


@for_lead_or_support(Task.LOOK)
@require_safe
def held_csv(request, school, reason):
    """What waits, for a spreadsheet."""
    lines = [
        (
            row.told.who.text,
            row.told.kind,
            row.year,
            row.school_class or "",
            row.hold.since.astimezone(school.zone).date(),
            row.told.why,
            "" if row.nouns else IN_MIS[row.hold.deleted_in_mis],
        )
        for row in listed.of(school).rows
    ]
    return as_download(as_csv(HEAD, lines), "waiting")


@for_lead_or_support(Task.LOOK)
@require_safe
def decided(request, school, reason):
    """Is what was decided carried out, and what came of it, by name?"""
    outcome = deciding.outcome(school)
    context = {
        "school": school,
        "outcome": outcome,
        "approval": outcome and outcome.approval,
        "run": outcome and outcome.run,
        "steps": read_again.steps(outcome.run if outcome and outcome.state == "going on" else None),
        "results": _results(outcome),
    }
    return render(request, "sync/_decided.html" if request.htmx else "sync/decided.html", context)


@for_lead_or_support(Task.LOOK)
@require_safe
def decided_csv(request, school, reason):
    """What came of the last answer, for a spreadsheet."""
    lines = [(named.text, kind, what) for kind, named, what in _results(deciding.outcome(school))]
    return as_download(as_csv(["Who or what", "Kind", "What came of it"], lines), "decided")


def _results(outcome):
    """[(kind in words, Named, what came of it)] of everything the answer was about, by kind and name."""
    if outcome is None or outcome.state != "done":
        return []
    let_go, kept = (set(map(tuple, keys)) for keys in (outcome.approval.let_go, outcome.approval.kept))
    known = {key: sentences.Named(sentences.NO_LONGER_HELD[key[0]]) for key in let_go | kept}
    known |= sentences.names(known)
    changes = outcome.run.changes.filter(kind__in=ONE, verb__in=["remove", "update"])
    verbs = {(change.kind, change.row_id): change.verb for change in changes}
    words = {"remove": "removed", "update": "new details taken over", None: "stays with somebody who is kept"}
    order = list(ONE)
    found = sorted(known.items(), key=lambda one: (order.index(one[0][0]), one[1].text.casefold()))
    return [(ONE[key[0]], named, "kept" if key in kept else words[verbs.get(key)]) for key, named in found]
