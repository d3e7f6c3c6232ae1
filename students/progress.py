"""Weekly progress: what each student did in an ISO week, according to the learning product."""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.utils import timezone

from students.models import Student

ROWS_LIMIT = 5_000
NOTE_LIMIT = 200
NAMES = ("student_id", "wonde_id", "username")  # a row names its student by exactly one of these
NUMBERS = {"tasks_set": 32_767, "tasks_done": 32_767, "minutes": 7 * 24 * 60, "points": 2_000_000_000}


class ProgressRefusedError(Exception):
    """Nothing was saved; the text says why and what to do."""


@dataclass
class Saved:
    """written: new or changed rows. unchanged: rows we already had. errors: (row number from 1, sentence)."""

    written: int = 0
    unchanged: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


def upsert_progress(school, rows):
    """Save up to 5,000 `rows` of one school, as dicts; the same rows again write nothing.

    A row has "week" ("2026-W41"), exactly one of student_id, wonde_id, username, and any of tasks_set, tasks_done,
    minutes, points (whole numbers) and note (up to 200 characters); anything left out becomes 0 or empty. A row that
    cannot be right is left out and reported; the others are saved. Raises ProgressRefusedError for too many rows.
    """
    rows = list(rows)
    if len(rows) > ROWS_LIMIT:
        raise ProgressRefusedError(
            f"{len(rows)} rows are too many at once; up to {ROWS_LIMIT} can be sent. Nothing was saved: "
            "send them in parts."
        )
    known, result, ready = _students(school, rows), Saved(), {}
    for number, row in enumerate(rows, 1):
        try:
            values = _read(row, known)
        except ValueError as error:
            result.errors.append((number, str(error)))
            continue
        if values[:3] in ready:
            result.errors.append((number, "The same student and week came before in these rows; the first was kept."))
            continue
        ready[values[:3]] = values
    result.written = _write(school, list(ready.values()))
    result.unchanged = len(ready) - result.written
    return result


def upsert_csv(school, text):
    """Save progress from a CSV file whose heading line names the columns of `upsert_progress`.

    Raises ProgressRefusedError for a file without those columns.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    heading = {(name or "").strip() for name in reader.fieldnames or ()}
    if "week" not in heading or not heading & set(NAMES):
        raise ProgressRefusedError(
            "The first line must name the columns: week, one of student_id, wonde_id or username, and any of "
            "tasks_set, tasks_done, minutes, points, note. Nothing was saved."
        )
    rows = [{(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)} for row in reader]
    return upsert_progress(school, [{name: value for name, value in row.items() if value} for row in rows])


def _students(school, rows):
    """(name, value) -> id, for the school's current students named by the rows."""
    asked = {name: {str(row[name]) for row in rows if isinstance(row, dict) and row.get(name)} for name in NAMES}
    here = Student.objects.current().filter(school=school)
    found = {}
    ids = [int(value) for value in asked["student_id"] if value.isascii() and value.isdecimal() and len(value) < 19]
    for pk in here.filter(pk__in=ids).values_list("pk", flat=True):
        found["student_id", str(pk)] = pk
    for wonde_id, pk in here.filter(wonde_id__in=asked["wonde_id"]).values_list("wonde_id", "pk"):
        found["wonde_id", wonde_id] = pk
    if asked["username"]:
        lowered = {value.lower() for value in asked["username"]}
        usernames = here.exclude(user=None).values_list("user__username", "pk")
        for username, pk in usernames.iterator():
            if username.lower() in lowered:
                found["username", username.lower()] = pk
    return found


def _read(row, known):
    """(student, year, week, set, done, minutes, points, note). Raises ValueError with a sentence about the row."""
    if not isinstance(row, dict):
        raise ValueError("This is not a row of named values.")
    given = [name for name in NAMES if row.get(name)]
    if len(given) != 1:
        raise ValueError("Name the student by exactly one of student_id, wonde_id or username.")
    name, value = given[0], str(row[given[0]])
    student = known.get((name, value.lower() if name == "username" else value))
    if student is None:
        raise ValueError(f"No current student of this school has this {name}.")
    week = re.fullmatch(r"(20\d\d)-W(\d\d)", str(row.get("week", "")))
    if not week:
        raise ValueError("Give the week as 2026-W41.")
    try:
        date.fromisocalendar(int(week[1]), int(week[2]), 1)
    except ValueError:
        raise ValueError("This year has no such week.") from None
    numbers = [_number(row, name, limit) for name, limit in NUMBERS.items()]
    if numbers[1] > numbers[0] > 0:
        raise ValueError("More tasks are done than were set.")
    note = " ".join(str(row.get("note") or "").replace("\x00", "").split())
    if len(note) > NOTE_LIMIT:
        raise ValueError(f"The note is longer than {NOTE_LIMIT} characters.")
    return (student, int(week[1]), int(week[2]), *numbers, note)


def _number(row, name, limit):
    value = row.get(name, 0)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise ValueError(f"{name} must be a whole number from 0 to {limit}.")
    return value


def _write(school, values):
    """One statement; returns how many rows it wrote."""
    if not values:
        return 0
    columns = [list(column) for column in zip(*values, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO students_weeklyprogress AS t (school_id, updated_at, student_id, iso_year, iso_week, "
            "tasks_set, tasks_done, minutes, points, note) SELECT %s, %s, u.* FROM unnest("
            "%s::bigint[], %s::int[], %s::int[], %s::int[], "
            "%s::int[], %s::int[], %s::int[], %s::text[]) u "
            "ON CONFLICT (student_id, iso_year, iso_week) DO UPDATE SET "
            "tasks_set = excluded.tasks_set, tasks_done = excluded.tasks_done, minutes = excluded.minutes, "
            "points = excluded.points, note = excluded.note, updated_at = excluded.updated_at "
            "WHERE (t.tasks_set, t.tasks_done, t.minutes, t.points, t.note) IS DISTINCT FROM "
            "(excluded.tasks_set, excluded.tasks_done, excluded.minutes, excluded.points, excluded.note)",
            [school.pk, timezone.now(), *columns],
        )
        return cursor.rowcount
