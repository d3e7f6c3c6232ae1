"""Classes and students that a school made by hand: read from its own list, checked row by row, and stored.

Rows made by hand have no Wonde id: no sync looks at them until they are matched with the MIS.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from classes.models import Enrolment, SchoolClass
from classes.own_list import uploads
from classes.own_list.headings import COLUMNS, NEEDED
from schools import left_out
from schools.files import csv_out
from schools.files.spreadsheets import FileRefusedError
from schools.models import AuditEntry, User
from schools.text.identifiers import upn
from schools.text.names import fold, sort_name, year_group
from schools.text.tidy import tidied
from students.models import Student
from students.sign_in.spelling import usernames_for
from students.sign_in.usernames import taken

KEPT = timedelta(days=90)  # from a school's first import, for anything unmatched
MOST_ROWS = 10_000
LONGEST = {"class": 200, "year group": 20, "first name": 200, "surname": 200, "username": 40, "UPN": 20}
LONGEST_SORTED, LONGEST_SORTED_CLASS = 400, 220  # folded names, as some letters and all numbers make them longer
A_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?")
PRIMARY = {"N", "R", "1", "2", "3", "4", "5", "6"}


@dataclass
class StudentLine:
    """One student of the file. number: the line as a spreadsheet counts. wrong: what is wrong with it, in sentences."""

    number: int
    school_class: str
    year_group: str
    forename: str
    surname: str
    username: str
    upn: str
    wrong: list = field(default_factory=list)


def read(upload, school):
    """The students in an upload (`classes.own_list.uploads`), each with what is wrong with their line. Raises
    FileRefusedError."""
    sheet = upload.current
    rows = []
    for number, cells in enumerate(upload.lines()[sheet.first :], sheet.first + 1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MOST_ROWS:
            raise FileRefusedError(
                f"The file has more than {MOST_ROWS:,} students. Nothing was stored. Upload it in parts, for example "
                "one year group at a time."
            )
        rows.append(_row(number, cells, sheet))
    if not rows:
        raise FileRefusedError("The file has no students below its headings. Nothing was stored.")
    _check(rows, school)
    return rows


def _row(number, cells, sheet):
    said = {column: _tidy(uploads.cell(cells, sheet, column)) for column in COLUMNS}
    said["UPN"] = _upn(said["UPN"])
    wrong = [f"The {name} is missing." for name in NEEDED if not said[name]]
    wrong += [
        f"The {name} is longer than {most} characters." for name, most in LONGEST.items() if len(said[name]) > most
    ]
    wrong += _of_names(said)
    wrong += [
        f"A letter of the {name} was lost before the file was made (“{text[:60]}”). Correct it in the file."
        for name, text in said.items()
        if "\ufffd" in text
    ]
    if said["username"] and not re.fullmatch(r"[A-Za-z0-9._-]+", said["username"]):
        wrong.append("The username may have letters, digits, dots, dashes and underscores only.")
    if said["UPN"] and not upn(said["UPN"]):
        wrong.append(
            "A UPN is a letter and twelve digits, or eleven digits and a letter, and its first letter follows from the "
            "others: this one is mistyped. Correct it, or leave the cell empty."
        )
    year = year_group(re.sub(r"\.0+$", "", said["year group"]))
    return StudentLine(
        number, said["class"], year, said["first name"], said["surname"], said["username"], said["UPN"], wrong
    )  # fmt: skip


def _tidy(text):
    """A cell on one line, composed, without the apostrophe that stops a spreadsheet from calculating it."""
    text = " ".join(tidied(unicodedata.normalize("NFC", text.replace("\0", ""))).split())
    return text[1:] if text.startswith("'") and text[1:2] in csv_out.FORMULAS else text


def _of_names(said):
    """What is wrong with names: too long for a column, or mangled by a spreadsheet."""
    for name in NEEDED:
        if A_DATE.fullmatch(said[name]):
            yield f"The {name} is a date ({said[name]}): the spreadsheet has made one of it. Write it as text."
    if len(sort_name(said["surname"], said["first name"])) > LONGEST_SORTED:
        yield f"First name and surname together are longer than {LONGEST_SORTED} letters."
    if len(sort_name(said["class"])) > LONGEST_SORTED_CLASS:
        yield "The class has too many numbers or signs in its name. Give it a shorter one."


def _upn(typed):
    """The UPN in a cell; "N/A", "TBC" and "0" count as none, and a mistyped one stays, to be corrected."""
    return upn(typed) or (typed if re.search("[1-9]", typed) else "")


def _check(rows, school):
    """Finds what is wrong between rows, and with those the school already has."""
    used = {name.lower() for name in taken(school.pk)}
    upns = set(Student.objects.filter(school=school).exclude(upn="").values_list("upn", flat=True))
    out = left_out.of(school)
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
        elif row.upn and out.find("students", None, Student(upn=row.upn)):
            row.wrong.append("Whoever has this UPN is left out here. A school lead can let them back in.")


@transaction.atomic
def store(rows, school, by, together=()):
    """Make classes, students, logins without a secret, and memberships from `rows`. The caller has left out the wrong
    ones and holds the school's lock. together: folded names that are one class, whatever its students' year groups.
    """
    now = timezone.now()
    keys = classes_of(rows, together)
    classes = _classes_there(set(keys), school)
    years = defaultdict(Counter)
    for key, row in zip(keys, rows, strict=True):
        years[key][row.year_group] += 1
    new = {}
    for key, row in zip(keys, rows, strict=True):
        if key not in classes and key not in new:
            new[key] = SchoolClass(
                school=school, name=row.school_class, sort_name=sort_name(row.school_class),
                year_group=years[key].most_common(1)[0][0], status=SchoolClass.Status.IN, status_since=now,
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
        Enrolment(school=school, student=student, school_class=classes[key], joined_at=now)
        for key, student in zip(keys, students, strict=True)
    )
    AuditEntry.objects.note(by, f"added {len(students)} students by hand", school, school)
    return len(new), len(students)


def spread(rows):
    """{folded name of a class: (its name, its year groups)} for names that appear in more than one year group."""
    found = {}
    for row in rows:
        if not row.wrong and row.year_group:
            found.setdefault(fold(row.school_class), (row.school_class, set()))[1].add(row.year_group)
    return {key: (name, sorted(years, key=sort_name)) for key, (name, years) in found.items() if len(years) > 1}


def usually_together(rows):
    """Of these, the mixed-age classes that primary schools have; “Set 1” in two years is two classes."""
    return [key for key, (_, years) in spread(rows).items() if PRIMARY.issuperset(years)]


def classes_of(rows, together=()):
    """The key of each row's class: folded name and year group, "" for classes that are `together`. A student without a
    year group goes into the one class of that name, if there is only one."""
    years = defaultdict(set)
    for row in rows:
        years[fold(row.school_class)].add(row.year_group)
    keys = []
    for row in rows:
        name = fold(row.school_class)
        said = years[name] - {""}
        only = next(iter(said)) if len(said) == 1 else ""
        keys.append((name, "" if name in together else row.year_group or only))
    return keys


def _classes_there(keys, school):
    """Key -> the class already made by hand: with this name and year group, or the only one of that name if either has
    no year group."""
    mine = defaultdict(list)
    for row in SchoolClass.objects.current().filter(school=school, wonde_id=None):
        mine[fold(row.name)].append(row)
    found = {}
    for name, year in keys:
        same = [row for row in mine[name] if row.year_group == year]
        only = mine[name] if len(mine[name]) == 1 and "" in (year, mine[name][0].year_group) else []
        if same or only:
            found[name, year] = (same or only)[0]
    return found


def as_csv(rows):
    """Rows as a file to correct and upload again, saying what is wrong; cells that a spreadsheet would calculate are
    quoted."""
    head = [*COLUMNS, "what is wrong"] if rows else COLUMNS
    cells = [
        [row.school_class, row.year_group, row.forename, row.surname, row.username, row.upn, " ".join(row.wrong)]
        for row in rows
    ]
    return csv_out.as_csv(head, cells)


def unmatched(school):
    """How many students and classes made by hand are unmatched."""
    students = Student.objects.filter(school=school, wonde_id=None).count()
    return students, SchoolClass.objects.filter(school=school, wonde_id=None).count()


@transaction.atomic
def erase(school):
    """Erase what was made by hand and never matched, logins included."""
    students = Student.objects.filter(school=school, wonde_id=None)
    users = list(students.exclude(user=None).values_list("user_id", flat=True))
    AuditEntry.objects.note(None, f"erased {students.count()} students made by hand", school, school)
    students.delete()
    User.objects.filter(pk__in=users).delete()
    SchoolClass.objects.filter(school=school, wonde_id=None).delete()
