"""The lead's import, page by page: choose → match → preview → import. Safe to leave and to come back to."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classes.models import SchoolClass
from schools.access.visits import for_lead_or_support
from schools.models import Task
from schools.web.ids import as_id, as_ids
from sync import tasks
from sync.engine import previews
from sync.models import SyncRun
from sync.pages.wizard.import_steps import UploadForm, show
from sync.people import first_import, read_again


@for_lead_or_support(Task.REQUESTS)
@require_http_methods(["GET", "POST"])
def choose(request, school, reason):
    """Which classes should come in? Preselected by the rule, by year group."""
    draft = first_import.draft_of(school)
    if request.method == "POST":
        keys = as_ids(request.POST.getlist("class"))
        first_import.save_choices(school, keys, request.user)
        previews.forget(school.pk)
        return redirect("sync:import_match", school.code)
    is_read = SyncRun.objects.complete().filter(school=school).exists()
    now, due_at = read_again.standing(school), school.sync_settings.due_at
    is_first = school.sync_settings.enabled and not now.run and due_at and timezone.now() - due_at < read_again.LONGEST
    is_coming = not is_read and (now.is_going_on or is_first)
    if request.htmx and is_coming:
        return HttpResponse(status=204)
    rows = list(first_import.candidates(school))
    for row in rows:
        row.is_chosen = first_import.verdict(draft, row) == "in"
    near = [row for row in rows if row.reason != "other_subject" or row.is_chosen]
    context = {
        "near": sorted(near, key=lambda row: (row.year_group.zfill(3), row.sort_name)),
        "far": [row for row in rows if row not in near],
        "in_already": SchoolClass.objects.current().filter(school=school, wonde_id__isnull=False).count(),
        "run": now.run,
        "is_read": is_read,
        "is_coming": is_coming,
    }
    return show(request, school, "choose", context)


@for_lead_or_support(Task.REQUESTS)
@require_http_methods(["GET", "POST"])
def match(request, school, reason):
    """Which of them are classes you made by hand, and who is who?"""
    if request.method == "POST":
        classes = _pairs(request.POST, "class-")
        students = _pairs(request.POST, "student-", int_values=False)
        try:
            first_import.save_matches(school, classes, students)
        except first_import.ImportRefusedError as error:
            messages.error(request, str(error))
            return redirect("sync:import_match", school.code)
        previews.forget(school.pk)
        return redirect("sync:import_preview", school.code)
    context = {"form": UploadForm()}
    hands = first_import.hands_of(school)
    if hands:
        context["found"] = found = _prepared(request, school, previews.IMPORT_MATCH)
        if found and "pairs" in found:
            context |= _match_rows(school, found, hands)
    if request.htmx and "making" in context.get("found", {}):
        return HttpResponse(status=204)
    return show(request, school, "match", context)


def _match_rows(school, found, hands):
    """The choices of the page: a row per chosen class, and per student made by hand."""
    draft = first_import.draft_of(school)
    mine = list(SchoolClass.objects.current().filter(school=school, wonde_id=None).in_order())
    classes, students = draft.matches.get("classes", found["classes"]), draft.matches.get("students", {})
    rows = [row for row in first_import.candidates(school) if draft.choices.get(str(row.pk)) == "in"]
    for row in rows:
        row.match = classes.get(str(row.pk))
    told = []
    for hand in hands:
        key = str(hand.key)
        told.append(
            {
                "hand": hand,
                "how": found["how"].get(key, ""),
                "match": found["pairs"].get(key) or students.get(key, ""),
                "name": found["names"].get(found["pairs"].get(key), ""),
                "options": found["loose"].get(key, []),
            }
        )
    sure = [row for row in told if row["how"]]
    return {"rows": rows, "mine": mine, "sure": sure, "loose": [row for row in told if not row["how"]]}


def _pairs(posted, prefix, int_values=True):
    """{number in the field's name: its value} of the filled fields that begin with `prefix`."""
    pairs = {}
    for name, value in posted.items():
        key = as_id(name.removeprefix(prefix)) if name.startswith(prefix) else None
        said = as_id(value) if int_values else value[:32]
        if key is not None and said:
            pairs[key] = said
    return pairs


@for_lead_or_support(Task.REQUESTS)
@require_safe
def preview(request, school, reason):
    """What would happen now?"""
    draft = first_import.draft_of(school)
    if not draft.choices:
        return redirect("sync:import", school.code)
    made = _prepared(request, school, previews.IMPORT_PREVIEW)
    if request.htmx and "making" in made:
        return HttpResponse(status=204)
    context = {
        "made": made,
        "chosen": list(draft.choices.values()).count("in"),
        "outcome": first_import.foreseen(school, draft),
        "asks_first": school.sync_settings.asks_first,
    }
    return show(request, school, "preview", context)


def _prepared(request, school, step):
    """What was prepared for a step (`previews.last`); asked for where it was not yet."""
    made = previews.last(school.pk, step)
    if made is None or "again" in request.GET:
        tasks.queue_import_step(school, request.user, step)
        made = previews.last(school.pk, step)
    return made


@for_lead_or_support(Task.REQUESTS)
@require_POST
def start(request, school, reason):
    """Import."""
    try:
        with transaction.atomic():
            said = request.POST
            first_import.start(school, request.user, said.get("later") == "ask", empty_is_meant="empty" in said)
            tasks.queue_sync(school, request.user)
    except first_import.ImportRefusedError as error:
        messages.error(request, str(error))
        return redirect("sync:import_preview", school.code)
    return redirect("sync:import_progress", school.code)


@for_lead_or_support(Task.REQUESTS)
@require_safe
def progress(request, school, reason):
    """How far is it? The page asks again every second while the run goes on."""
    draft = first_import.draft_of(school)
    if not draft.imported_at:
        return redirect("sync:import", school.code)
    runs = SyncRun.objects.of_everybody().filter(school=school, started_at__gte=draft.imported_at)
    run = runs.applied().order_by("started_at").first() or runs.order_by("started_at").last()
    soon = school.sync_settings.enabled and timezone.now() - draft.imported_at < read_again.LONGEST
    context = {
        "run": run,
        "done": bool(run and run.status == "applied"),
        "follow": run.status == "running" if run else soon,
        "reading": read_again.steps(run),
    }
    if request.htmx:
        return render(request, "sync/wizard/_progress.html", {"school": school, **context})
    return show(request, school, "progress", context)


@for_lead_or_support(Task.REQUESTS)
@require_POST
def cancel(request, school, reason):
    """Forget what was chosen and matched."""
    first_import.cancel(school, request.user)
    previews.forget(school.pk)
    messages.success(request, "The import is cancelled. Nothing has changed.")
    return redirect("sync:school", school.code)
