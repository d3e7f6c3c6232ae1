"""Where a person decides: exactly this preview, undo, resume, the new school year, a change of MIS."""

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from schools.access.visits import for_lead_or_support, only_for
from schools.models import Task
from sync import tasks
from sync.engine import previews
from sync.engine import undo as undoing
from sync.facts.errors import Moved
from sync.facts.kinds import KINDS
from sync.models import Change, SyncRun
from sync.people import held
from sync.wording import sentences
from sync.wording.syncs import by_person, whom

FINGERPRINT_LENGTH = 64  # of a longer text nothing is one: the sync then says that all has moved
NAMED = 200  # people whom an undo names; the rest is in the totals


class ReasonForm(forms.Form):
    """Why: kept with the decision, and read by whoever asks later."""

    reason = forms.CharField(
        max_length=500,
        min_length=5,
        label="Why?",
        help_text="One sentence. It is kept with the decision. Please name no student.",
        error_messages={"required": "Say why, in one sentence.", "min_length": "Say why, in one sentence."},
        widget=forms.Textarea(attrs={"class": "input", "rows": 2}),
    )


@for_lead_or_support(Task.LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request, school, reason):
    """What would happen now? By POST: look again, or apply exactly this."""
    return _preview(request, school, rollover=False)


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_year(request, school, reason):
    """What ends, starts, moves and leaves when the year turns? By POST: look again, or confirm exactly this."""
    return _preview(request, school, rollover=True)


def _preview(request, school, rollover):
    here = "sync:new_year" if rollover else "sync:preview"
    step = previews.ROLLOVER if rollover else previews.PREVIEW
    if request.method == "POST":
        if expected := request.POST.get("fingerprint", "")[:FINGERPRINT_LENGTH]:
            only_for(school, Task.DECIDE)
            tasks.queue_sync(school, request.user, expected=expected, rollover=rollover)
            messages.success(request, "Confirmed. Exactly what you saw is applied now, or nothing.")
            return redirect("sync:read", school.code)
        tasks.queue_preview(school, request.user, rollover)
        return redirect(here, school.code)
    made = previews.last(school.pk, step)
    context = {"school": school, "preview": made, "rollover": rollover, "here": here, "kinds": _shown(made)}
    template = "sync/_preview.html" if request.htmx else "sync/preview.html"
    return render(request, template, context)


def _shown(made):
    """The kinds of a preview that a person reads, each with its rows by verb: [(label, counts, [(verb, rows)])]."""
    kinds = []
    for name, kind in (made or {}).get("kinds", {}).items():
        if not kind["rows"] or name == "contacts":  # parents are for the school to know, not for a list here
            continue
        verbs = {}
        for row in kind["rows"]:
            was = sentences.in_words(name, row.get("values", {}))
            verbs.setdefault(_verb(row), []).append(row | {"was": was})
        kinds.append((kind["label"], verbs))
    return kinds


def _verb(row):
    """What happens to a row of a preview; a class that comes in or goes out is no mere change."""
    _, state = row.get("values", {}).get("status", ("", ""))
    return state or row["verb"]


@for_lead_or_support(Task.DECIDE)
@require_POST
def resume(request, school, reason):
    """End the pause that an undo began."""
    held.resume(school, request.user, reason)
    tasks.queue_sync(school, request.user)
    messages.success(request, f"{school.name} is synced and changed every night again, and now.")
    return redirect("sync:read", school.code)


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request, school, reason, pk):
    """What would come back? By POST: bring it back, and pause the school."""
    run = get_object_or_404(SyncRun.objects.applied().of_everybody(), school=school, pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    everything = request.GET.get("what") == "all" and undoing.can_undo_all(run)
    if form.is_valid():
        try:
            made = undoing.undo(run, request.user, form.cleaned_data["reason"], everything)
        except Moved as moved:
            messages.error(request, str(moved))
            return redirect("sync:run", school.code, run.pk)
        messages.success(request, "It is undone, and the school is paused until somebody resumes it.")
        return redirect("sync:run", school.code, made.pk)
    changes, lines = _undone(run, everything)
    context = {
        "school": school,
        "run": run,
        "form": form,
        "everything": everything,
        "new_year": everything and undoing.turned_by(run).exists(),
        "count": len(lines),
        "totals": whom.counted(lines, whom.BEFORE if everything else whom.BACK),
        "told": by_person.tell(changes, lines[:NAMED]),
    }
    return render(request, "sync/undo.html", context)


def _undone(run, everything):
    """(changes, lines) that undoing `run` would turn round: its removals, or everything. Who was ended by what the
    MIS says, or went with somebody else, does not come back."""
    removed = run.changes.filter(verb=Change.Verb.REMOVE)
    if not everything:
        changes = removed.filter(cause__in=undoing.BROUGHT_BACK)
        return changes, whom.lines(changes)
    final = removed.filter(kind__in=whom.MODELS).exclude(cause__in=undoing.BROUGHT_BACK)
    stay_out = set(final.values_list("kind", "row_id"))
    return run.changes, [line for line in whom.lines(run.changes) if (line.kind, line.pk) not in stay_out]


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def change_of_mis(request, school, reason):
    """Who could not be matched? By POST: confirm who is who."""
    made = previews.last(school.pk)
    proposal = (made or {}).get("change_of_mis")
    form = ReasonForm(request.POST if request.method == "POST" and proposal else None)
    if request.method == "POST" and not proposal:
        tasks.queue_preview(school, request.user)
        return redirect("sync:change_of_mis", school.code)
    if form.is_valid():
        pairs = {kind: dict(found) for kind, found in proposal["pairs"].items()}
        for kind, ours in proposal["ours"].items():
            for key in ours:
                chosen = request.POST.get(f"{kind}-{key}", "")
                if chosen in _offered(proposal, kind, key) and chosen not in pairs[kind]:
                    pairs[kind][chosen] = int(key)
        held.confirm_change_of_mis(school, request.user, form.cleaned_data["reason"], pairs, proposal["rates"])
        tasks.queue_sync(school, request.user)
        messages.success(request, "Confirmed. It is carried out now.")
        return redirect("sync:read", school.code)
    context = {
        "school": school,
        "preview": made,
        "proposal": proposal,
        "form": form,
        "kinds": _to_settle(proposal, request.POST),
    }
    return render(request, "sync/change_of_mis.html", context)


def _to_settle(proposal, posted):
    """[(kind in words, kind, [(our key, name, chosen Wonde id, [(Wonde id, name)])])]: those of ours without a match,
    each with the new ones to choose from, by name; what was chosen before a mistake stays chosen."""
    if not proposal:
        return []
    to_settle = []
    for kind, ours in proposal["ours"].items():
        rows = []
        for key, name in sorted(ours.items(), key=_by_name):
            offered = {wonde_id: proposal["theirs"][kind][wonde_id] for wonde_id in _offered(proposal, kind, key)}
            rows.append((key, name, posted.get(f"{kind}-{key}", ""), sorted(offered.items(), key=_by_name)))
        to_settle.append((KINDS[kind].label, kind, rows))
    return to_settle


def _offered(proposal, kind, key):
    """Wonde ids that our row may be after a change of MIS."""
    return proposal["offered"][kind][key] if kind in proposal["offered"] else proposal["theirs"][kind]


def _by_name(entry):
    return entry[1].casefold()
