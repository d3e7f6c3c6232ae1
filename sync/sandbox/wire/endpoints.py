"""What can be asked for below `schools/{id}/`: one line per list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from sync.sandbox.wire import extras, filters
from sync.sandbox.world.lessons import lessons_between, lessons_this_week


class Endpoint(NamedTuple):
    """A list of rows.

    kind: key of shapes.SHAPES and of includes.RELATIONS
    scope: without it the answer is 403; None if no scope is known
    rows: (world, params) -> records
    one: whether `/{id}` exists
    filters: key of filters.FILTERS
    """

    kind: str
    scope: str | None
    rows: Callable
    one: bool = True
    filters: str | None = None


def _shown(table):
    return lambda world, params: world.shown(table)


def _extra(name):
    return lambda world, params: extras.rows(world, name)


def _lessons(world, params):
    after = filters.parse_moment(params.get("lessons_start_after", ""))
    before = filters.parse_moment(params.get("lessons_start_before", ""))
    if after is None and before is None:
        return lessons_this_week(world)
    first = (after or before - timedelta(days=7)).date()
    last = (before or after + timedelta(days=7)).date()
    found = lessons_between(world, first, last)
    return [
        row for row in found if (after is None or row.start_at >= after) and (before is None or row.start_at < before)
    ]


ENDPOINTS = {
    "students": Endpoint("students", "students.read", _shown("students"), filters="students"),
    "students-leaver": Endpoint("students", "students-leaver.read", _shown("leavers"), filters="students"),
    "students-pre-admission": Endpoint(
        "students", "students-pre-admission.read", _shown("pre_admissions"), filters="students"
    ),
    "contacts": Endpoint("contacts", "contacts.read", _shown("contacts")),
    "employees": Endpoint("employees", "employees.read", _shown("employees"), filters="employees"),
    "groups": Endpoint("groups", "groups.read", _shown("groups"), filters="groups"),
    "classes": Endpoint("classes", "classes.read", _shown("classes"), filters="classes"),
    "subjects": Endpoint("subjects", "subjects.read", _shown("subjects"), filters="subjects"),
    "lessons": Endpoint("lessons", "lessons.read", _lessons),
    "periods": Endpoint("periods", "periods.read", _shown("periods")),
    "rooms": Endpoint("rooms", "rooms.read", _shown("rooms")),
    "deletions": Endpoint("deletions", None, _shown("deletions"), one=False, filters="deletions"),
}

EXTRA_SCOPES = {
    "attendance": "attendance.read",
    "attendance-codes": "attendance.read",
    "attendance-leavers": "attendance.read",
    "attendance-summaries": "attendance.read",
    "behaviours": "behaviours.read",
    "achievements": "achievements.read",
    "exclusions": "exclusions.read",
    "detentions": "detentions.read",
    "detention-types": "detentions.read",
    "detention-attendance-codes": "detentions.read",
    "medical-conditions": "medical.read",
    "medical-events": "medical.read",
    "medical-notes": "medical.read",
    "doctors": "doctors.read",
    "photos": "photos.read",
    "events": "events.read",
    "employee-absences": "employee-absences.read",
    "assessment": "assessment.read",
}
ENDPOINTS |= {
    name: Endpoint(name, EXTRA_SCOPES[name.partition("/")[0]], _extra(name), filters=name) for name in extras.EXTRAS
}

COUNTED = {
    "students": "students",
    "students-leaver": "leavers",
    "students-pre-admission": "pre_admissions",
    "contacts": "contacts",
    "employees": "employees",
    "classes": "classes",
    "groups": "groups",
    "subjects": "subjects",
    "periods": "periods",
    "rooms": "rooms",
    "deletions": "deletions",
}


def count(world, name):
    """How many rows `counts` reports for a list.

    People hidden by the school are counted or not: choices.COUNTS_INCLUDE_HIDDEN, unless an event says otherwise.
    """
    if name == "lessons":
        return len(lessons_this_week(world))
    table = COUNTED[name]
    return len(getattr(world, table)) if world.counts_hidden else len(world.shown(table))
