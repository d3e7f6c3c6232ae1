"""Classes and students that a school made by hand: read from a CSV file, checked row by row, and stored.

Rows made by hand have no Wonde id: no sync looks at them until they are matched with the MIS.
"""

import csv
import io
import re
from dataclasses import asdict, dataclass, field

from django.db import transaction
from django.utils import timezone

from classes.models import Enrolment, SchoolClass
from schools.identifiers import upn
from schools.models import AuditEntry, User
from schools.names import fold, sort_name
from students.models import Student
from students.signin import usernames_for
from students.usernames import taken

COLUMNS = ("class", "year group", "first name", "surname", "username", "UPN")
NEEDED = ("class", "first name", "surname")
MOST_ROWS, MOST_BYTES = 10_000, 5_000_000
LONGEST = {"class": 200, "year group": 20, "first name": 200, "surname": 200, "username": 40, "UPN": 20}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class FileRefusedError(Exception):
    """Why a file cannot be used at all, in a sentence for whoever chose it."""


@dataclass
class Row:
    """One student of the file. number: the line as a spreadsheet counts. wrong: what is the matter, in sentences."""

    number: int
    school_class: str
    year_group: str
    forename: str
    surname: str
    username: str
    upn: str
    wrong: list = field(default_factory=list)


def read(content, school):
    """The rows of an uploaded file (bytes), each with what is wrong with it. Raises FileRefusedError."""
    lines = _lines(content)
    head = [fold(cell) for cell in next(lines, [])]
    columns = {name: head.index(fold(name)) for name in COLUMNS if fold(name) in head}
    if missing := [name for name in NEEDED if name not in columns]:
        raise FileRefusedError(
            f"The file has no column “{'”, “'.join(missing)}”. The first line names the columns: {', '.join(COLUMNS)}. "
            "Nothing was stored. The template has them all."
        )
    rows = []
    for number, cells in enumerate(lines, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MOST_ROWS:
            raise FileRefusedError(
                f"The file has more than {MOST_ROWS:,} students. Nothing was stored. Upload it in parts, for example "
                "one year group at a time."
            )
        rows.append(_row(number, cells, columns))
    if not rows:
        raise FileRefusedError("The file has no students below its first line. Nothing was stored.")
    _check(rows, school)
    return rows


def _lines(content):
    """The cells of each line. Raises FileRefusedError."""
    if not content.strip():
        raise FileRefusedError("The file is empty. Nothing was stored.")
    if len(content) > MOST_BYTES:
        raise FileRefusedError(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Nothing was stored.")
    if NOT_TEXT.search(content):
        raise FileRefusedError(
            "This is not a CSV file; it looks like a picture or a workbook. In a spreadsheet, choose “Save as” and "
            "then “CSV”. Nothing was stored."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.splitlines()[0] if text.splitlines() else ""
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error:
        raise FileRefusedError(
            f"The file can’t be read from line {reader.line_num:,} or a little before: most likely a cell begins with "
            "a quotation mark that is never closed. Nothing was stored. Remove it and upload the file again."
        ) from None


def _row(number, cells, columns):
    def cell(name):
        place = columns.get(name)
        text = cells[place].strip() if place is not None and place < len(cells) else ""
        return text[1:] if text.startswith("'") and text[1:2] in FORMULA else text

    row = Row(
        number, cell("class"), cell("year group"), cell("first name"), cell("surname"), cell("username"),
        _upn(cell("UPN")),
    )  # fmt: skip
    values = dict(
        zip(COLUMNS, [row.school_class, row.year_group, row.forename, row.surname, row.username, row.upn], strict=True)
    )
    row.wrong += [f"The {name} is missing." for name in NEEDED if not values[name]]
    row.wrong += [
        f"The {name} is longer than {most} characters." for name, most in LONGEST.items() if len(values[name]) > most
    ]
    if row.username and not re.fullmatch(r"[A-Za-z0-9._-]+", row.username):
        row.wrong.append("The username may have letters, digits, dots, dashes and underscores only.")
    if row.upn and not upn(row.upn):
        row.wrong.append(
            "A UPN is a letter and twelve digits, or eleven digits and a letter, and its first letter follows from the "
            "others: this one is mistyped. Correct it, or leave the cell empty."
        )
    return row


def _upn(typed):
    """The UPN of a cell; "N/A", "TBC" and "0" are none, and what is mistyped stays, to be corrected."""
    return upn(typed) or (typed if re.search("[1-9]", typed) else "")


def _check(rows, school):
    """What is wrong between rows, and against those the school has."""
    used = {name.lower() for name in taken(school.pk)}
    upns = set(Student.objects.filter(school=school).exclude(upn="").values_list("upn", flat=True))
    seen = {}
    for row in rows:
        for what, value in (
            ("username", row.username.lower()),
            ("UPN", row.upn),
            ("student", (fold(row.forename), fold(row.surname), fold(row.year_group), fold(row.upn or row.username))),
        ):
            if not value or (what == "student" and not (row.forename and row.surname)):
                continue
            if (what, value) in seen:
                also = seen[what, value]
                row.wrong.append(
                    f"The same student is in line {also} already; a student belongs to one class."
                    if what == "student"
                    else f"The {what} is in line {also} already."
                )
            else:
                seen[what, value] = row.number
        if row.username and row.username.lower() in used:
            row.wrong.append("Somebody at the school has this username, or had it not long ago.")
        if row.upn and row.upn in upns:
            row.wrong.append("Somebody at the school has this UPN already.")


@transaction.atomic
def store(rows, school, by):
    """Make classes, students, logins without a secret, and places of `rows`. The caller has left out the wrong ones and
    holds the school's lock.

    Raises FileRefusedError where somebody has come since then who has one of these usernames or UPNs.
    """
    _check(rows, school)
    if any(row.wrong for row in rows):
        raise FileRefusedError(
            "Since the file was looked at, students have come with a username or UPN that is in it. Nothing was "
            "stored. Upload the file again: it shows who."
        )
    now = timezone.now()
    mine = SchoolClass.objects.current().filter(school=school, wonde_id=None)
    classes = {fold(row.name): row for row in mine}
    new = {}
    for row in rows:
        key = fold(row.school_class)
        if key not in classes and key not in new:
            new[key] = SchoolClass(
                school=school, name=row.school_class, sort_name=sort_name(row.school_class), year_group=row.year_group,
                status=SchoolClass.Status.IN, status_since=now,
            )  # fmt: skip
    SchoolClass.objects.bulk_create(new.values())
    classes |= new
    used = taken(school.pk) | {row.username for row in rows if row.username}
    made = iter(usernames_for([(r.forename, r.surname) for r in rows if not r.username], used))
    users = [User(school=school, username=row.username or next(made), password="!") for row in rows]  # noqa: S106
    User.objects.bulk_create(users)
    students = [
        Student(
            school=school,
            user=user,
            forename=row.forename,
            surname=row.surname,
            year_group=row.year_group,
            sort_name=sort_name(row.surname, row.forename),
            upn=row.upn,
        )
        for row, user in zip(rows, users, strict=True)
    ]
    Student.objects.bulk_create(students)
    Enrolment.objects.bulk_create(
        Enrolment(school=school, student=student, school_class=classes[fold(row.school_class)], joined_at=now)
        for row, student in zip(rows, students, strict=True)
    )
    AuditEntry.objects.note(by, f"added {len(students)} students by hand", school, school)
    return len(new), len(students)


def as_data(rows):
    """Rows for the cache."""
    return [asdict(row) for row in rows]


def from_data(data):
    return [Row(**row) for row in data]


def as_csv(rows):
    """Rows as a file to correct and upload again, with what is wrong; cells that a spreadsheet would calculate are
    quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*COLUMNS, "what is wrong"] if rows else COLUMNS)
    for row in rows:
        cells = [
            row.school_class,
            row.year_group,
            row.forename,
            row.surname,
            row.username,
            row.upn,
            " ".join(row.wrong),
        ]
        writer.writerow(["'" + cell if cell.startswith(FORMULA) else cell for cell in cells])
    return "\ufeff" + out.getvalue()


def unmatched(school):
    """How many students and classes made by hand nothing has matched."""
    students = Student.objects.filter(school=school, wonde_id=None).count()
    return students, SchoolClass.objects.filter(school=school, wonde_id=None).count()


@transaction.atomic
def erase(school):
    """Erase what was made by hand and matched with nothing, logins included."""
    students = Student.objects.filter(school=school, wonde_id=None)
    users = list(students.exclude(user=None).values_list("user_id", flat=True))
    AuditEntry.objects.note(None, f"erased {students.count()} students made by hand", school, school)
    students.delete()
    User.objects.filter(pk__in=users).delete()
    SchoolClass.objects.filter(school=school, wonde_id=None).delete()
