"""Reading a few classes or people from Wonde for somebody waiting at a page (`sync.people.questions`)."""

from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from msgspec import UNSET, Struct, UnsetType

from classes.models import SchoolClass
from schools.text.names import listed
from sync.facts.errors import InvalidInclude, NotFound, ScopeDenied
from sync.facts.shapes import Group, Many, One, WondeId, one
from sync.wonde.client import Wonde


class _Student(Struct):
    id: WondeId
    forename: str | None = None
    surname: str | None = None


class _Person(Struct):
    id: WondeId
    forename: str | None = None
    surname: str | None = None
    year: One[Group] | None = None


class _Lesson(Struct):
    id: str


class _Class(Struct):
    id: WondeId
    students: Many[_Student] | UnsetType | None = UNSET
    lessons: Many[_Lesson] | UnsetType | None = UNSET


@dataclass(frozen=True)
class Roll:
    """Who is in a class now. students: Wonde id -> name as in a list. lessons: this week, None if not shared."""

    students: dict[str, str]
    lessons: int | None = None


def read_rolls(school, school_classes):
    """Wonde id of a class -> `Roll`, for those of `school_classes` that Wonde still has.

    Raises SyncError where Wonde can't be asked.
    """
    with Wonde(school.domain, limit_s=settings.ASKING_LIMIT_S) as wonde:
        read = {row.wonde_id: _read(wonde, school, row) for row in school_classes if row.wonde_id}
    return {wonde_id: roll for wonde_id, roll in read.items() if roll is not None}


def read_names(school, people):
    """(kind, Wonde id) -> name and year group as the MIS has them, for those of `people` that Wonde still has.

    people: (kind, Wonde id). Raises SyncError where Wonde can't be asked.
    """
    names = {}
    with Wonde(school.domain, limit_s=settings.ASKING_LIMIT_S) as wonde:
        for kind, wonde_id in people:
            include = {"include": "year"} if kind == "students" else {}
            with suppress(NotFound, ScopeDenied):
                row = wonde.one(f"schools/{school.wonde_id}/{kind}/{wonde_id}", _Person, **include)
                year = one(row.year)
                names[kind, wonde_id] = _name(row) + (f", {year.name or year.code}" if year else "")
    return names


def _read(wonde, school, school_class):
    if school_class.form == SchoolClass.Form.REGISTRATION:
        path, includes = f"schools/{school.wonde_id}/groups/{school_class.wonde_id}", ["students"]
    else:
        path, includes = f"schools/{school.wonde_id}/classes/{school_class.wonde_id}", ["students,lessons", "students"]
    for include in includes:
        try:
            row = wonde.one(path, _Class, include=include)
        except InvalidInclude:
            continue
        except NotFound:
            return None
        if not row.students:
            return None
        names = {student.id: _name(student) for student in row.students.data}
        return Roll(names, len(row.lessons.data) if row.lessons else None)
    return None


def _name(student):
    return listed(student) or "No name in the MIS"
