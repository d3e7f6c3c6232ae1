"""A school's own list, page by page: choose the file → name its columns, where they are not known → look → add."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from classes.models import UploadedList
from classes.own_list import handmade, headings, uploads
from schools.access.visits import for_lead_or_support
from schools.files.spreadsheets import MOST_BYTES, FileRefusedError
from schools.locks import lock_school
from schools.models import Task
from sync.engine import previews
from sync.pages.wizard.import_steps import UploadForm, show
from sync.people import first_import

GOOD_SHOWN, ACCENTED_SHOWN, CELL_SHOWN = 20, 12, 60


@for_lead_or_support(Task.REQUESTS)
@require_GET
def template(request, school, reason):
    """The file to fill in."""
    return _download(handmade.as_csv([]), "classes-template.csv")


def _download(text, name):
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@for_lead_or_support(Task.REQUESTS)
@require_http_methods(["GET", "POST"])
def upload(request, school, reason):
    """Classes and students made by hand, from a file: first shown row by row, stored when the lead says so."""
    if request.method == "POST" and "file" in request.FILES:
        return _receive(request, school)
    kept = UploadedList.objects.find(school, request.user)
    if kept is None:
        return _choose_a_file(request, school)
    if request.method == "POST" and "say" in request.POST:
        return _say(request, school, kept)
    if not kept.current.columns:
        return redirect("sync:import_columns", school.code)
    try:
        rows = handmade.read(kept, school)
    except FileRefusedError as error:
        return _refused(request, school, error)
    wrong = [row for row in rows if row.wrong]
    if "wrong" in request.GET:
        return _download(handmade.as_csv(wrong), "rows-to-correct.csv")
    good = [row for row in rows if not row.wrong]
    is_certain = uploads.is_certain(kept)
    if request.method == "POST" and is_certain and (not wrong or request.POST.get("skip") == "yes"):
        return redirect("sync:import_match" if _store(request, school) else "sync:import_upload", school.code)
    kept.seen = len(good)
    UploadedList.objects.keep_on(school, request.user, kept)
    together = handmade.usually_together(rows) if kept.together is None else kept.together
    context = {
        "step": "match",
        "wrong": wrong,
        "good": len(good),
        "good_rows": sorted(good, key=lambda row: (row.forename + row.surname).isascii())[:GOOD_SHOWN],
        "classes": len(set(handmade.classes_of(good, together))),
        "kept": kept,
        "is_certain": is_certain,
        "spellings": _spellings(kept),
        "spread": [(key, name, years, key in together) for key, (name, years) in handmade.spread(rows).items()],
    }
    return show(request, school, "upload", context, 422 if request.method == "POST" else 200)


def _choose_a_file(request, school):
    messages.error(request, "Choose a file first. One that was uploaded more than an hour ago is forgotten.")
    return redirect("sync:import_match", school.code)


def _refused(request, school, error):
    return show(request, school, "match", {"form": UploadForm(), "refused": str(error)}, 422)


def _receive(request, school):
    try:
        received = uploads.receive(request.FILES["file"].read(MOST_BYTES + 1))
        if received.current.columns:
            handmade.read(received, school)
    except FileRefusedError as error:
        return _refused(request, school, error)
    UploadedList.objects.keep(school, request.user, received)
    return redirect("sync:import_upload", school.code)


def _say(request, school, kept):
    """Which sheet, how the names are spelt, which classes are one: whatever the form that was sent is about."""
    said = request.POST
    if said.get("sheet", "").isdecimal() and int(said["sheet"]) < len(kept.sheets):
        kept.sheet, kept.together = int(said["sheet"]), None
    if said.get("encoding") in kept.encodings:
        kept.chosen = said["encoding"]
    if said["say"] == "together":
        kept.together = said.getlist("together")
    UploadedList.objects.keep_on(school, request.user, kept)
    return redirect("sync:import_upload", school.code)


def _spellings(kept):
    """[(encoding, who writes so, the first names with accents, how many more)], where there is something to choose."""
    different = {tuple(names): (encoding, who) for encoding, who, names in reversed(uploads.spellings(kept)) if names}
    told = [
        (encoding, who, names[:ACCENTED_SHOWN], max(0, len(names) - ACCENTED_SHOWN))
        for names, (encoding, who) in reversed(different.items())
    ]
    return told if len(told) > 1 else []


def _store(request, school):
    """Store the good rows of the file, once, however often the button is pressed. Whether the file is done with: not
    where students have come meanwhile who make rows wrong that were good when somebody looked."""
    with transaction.atomic():
        lock_school(school.pk)
        kept = UploadedList.objects.find(school, request.user)
        if kept is None:
            return True
        rows = handmade.read(kept, school)
        good = [row for row in rows if not row.wrong]
        if len(good) != kept.seen:
            messages.error(
                request,
                "Since the file was looked at, students have come with a username or UPN that is in it. Nothing was "
                "stored. The lines are shown below.",
            )
            return False
        together = handmade.usually_together(rows) if kept.together is None else kept.together
        classes, students = handmade.store(good, school, request.user, together)
        UploadedList.objects.forget(school, request.user)
    first_import.forget_matches(school)
    previews.forget(school.pk)
    messages.success(request, f"Added. Students: {students:,}; new classes: {classes:,}. The file is not kept.")
    return True


@for_lead_or_support(Task.REQUESTS)
@require_http_methods(["GET", "POST"])
def columns(request, school, reason):
    """Which column is which, where the headings do not say it."""
    kept = UploadedList.objects.find(school, request.user)
    if kept is None:
        return _choose_a_file(request, school)
    sheet = kept.current
    if sheet.columns:
        return redirect("sync:import_upload", school.code)
    first, guessed = headings.best(sheet.rows)
    chosen = {place: column for column, places in guessed.items() for place in places[:1]}
    wrong = ""
    if request.method == "POST":
        first, chosen = _said(request.POST, len(sheet.rows))
        wrong = _not_yet(chosen)
        if not wrong:
            sheet.use(first, {column: [place] for place, column in chosen.items()})
            UploadedList.objects.keep_on(school, request.user, kept)
            return redirect("sync:import_upload", school.code)
    width = max(len(row) for row in sheet.rows[: headings.LOOKED_AT] if row)
    context = {
        "step": "match",
        "kept": kept,
        "wrong": wrong,
        "first": first + 1,
        "names": headings.COLUMNS,
        "columns": [(place, chosen.get(place, "")) for place in range(width)],
        "lines": [
            (number, [cell[:CELL_SHOWN] for cell in row + [""] * (width - len(row))])
            for number, row in enumerate(sheet.rows[: headings.LOOKED_AT], 1) if any(row)
        ][: uploads.SHOWN],
    }  # fmt: skip
    return show(request, school, "columns", context, 422 if wrong else 200)


def _said(posted, lines):
    """(how many lines stand above the first student, place -> our column) as a form says it."""
    first = posted.get("first", "")
    above = min(int(first), lines) - 1 if first.isdecimal() and int(first) > 0 else 0
    chosen = {}
    for name, column in posted.items():
        place = name.removeprefix("column-")
        if name.startswith("column-") and place.isdecimal() and column in headings.COLUMNS:
            chosen[int(place)] = column
    return above, chosen


def _not_yet(chosen):
    """What is still wrong with the choice, in a sentence; "" where nothing is."""
    said = list(chosen.values())
    if missing := [name for name in headings.NEEDED if name not in said]:
        return f"Say which column is the {' and which the '.join(missing)}."
    twice = next((name for name in said if said.count(name) > 1), "")
    return f"Only one column can be the {twice}." if twice else ""
