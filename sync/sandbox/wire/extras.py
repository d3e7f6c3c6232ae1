"""The lists a roster does not need (attendance, behaviour, medical, assessment …): few rows, faithful keys, dull
content.

They are made from the current students and employees, so they follow every event without being stored.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import msgspec

from sync.sandbox.wire.shapes import day, moment
from sync.sandbox.world import chance
from sync.sandbox.world.lessons import lessons_between

MARKS = {
    "/": "Present (AM)",
    "\\": "Present (PM)",
    "N": "No reason yet provided",
    "M": "Medical appointment",
    "L": "Late",
}
MARK_TYPES = {"/": "PRESENT", "\\": "PRESENT", "N": "UNAUTHORISED", "M": "AUTHORISED", "L": "PRESENT"}


class Extra(msgspec.Struct):
    """A row of such a list.

    fields: as on the wire; links: {include: [(table, id, pivot or None)]}; parts: {include: [Extra]}
    """

    id: str
    fields: dict
    updated_at: datetime
    links: dict = {}
    parts: dict = {}

    @property
    def mis_id(self):
        return self.fields.get("mis_id")


def rows(world, kind):
    """The rows of a list, a key of EXTRAS; remembered until the school changes."""
    kept = world.index.extras
    if kind not in kept:
        kept[kind] = EXTRAS[kind](world)
    return kept[kind]


def of_student(world, kind, student_id):
    """The rows of a list that concern one student."""
    kept = world.index.extras
    key = (kind, "by student")
    if key not in kept:
        found = kept[key] = {}
        for row in rows(world, kind):
            for table, linked, _ in (*row.links.get("student", ()), *row.links.get("students", ())):
                if table == "students":
                    found.setdefault(linked, []).append(row)
    return kept[key].get(student_id, ())


def _make(world, kind, key, since, **fields):
    """A row whose id depends only on `kind` and `key`. since: its moment, aware UTC."""
    row_id = chance.wonde_id(world.profile.seed, kind, key)
    mis_id = str(chance.number(world.profile.seed, kind, key) % 90_000 + 10_000)
    stamps = {"created_at": moment(since), "updated_at": moment(since)}
    return Extra(row_id, {"id": row_id, "mis_id": mis_id} | fields | stamps, since)


def _some(world, kind, one_in, people="students"):
    """People chosen by a hash of their id: about one in `one_in`, and the same ones every day."""
    return [row for row in world.shown(people) if chance.number(kind, row.id) % one_in == 0]


def _past(world, key, days):
    return world.now - timedelta(days=chance.number(key) % days + 1)


def _per_student(kind, one_in, content, include="student", pivot=None):
    """A list with a row for about one student in `one_in`. content: (world, student, its moment) -> fields"""

    def make(world):
        made = []
        for student in _some(world, kind, one_in):
            since = _past(world, student.id + kind, 60)
            row = _make(world, kind, student.id, since, **content(world, student, since))
            row.links = {include: [("students", student.id, pivot)]}
            made.append(row)
        return made

    return make


def _fixed(kind, *contents):
    """A list that is the same in every school."""

    def make(world):
        return [_make(world, kind, n, world.now - timedelta(days=300), **fields) for n, fields in enumerate(contents)]

    return make


def attendance_codes(world=None):
    """Codes: `id`, `code`, `description`, `type` and nothing else, the same in every school."""
    made = []
    for code, description in MARKS.items():
        row_id = chance.wonde_id("attendance-code", code)
        fields = {"id": row_id, "code": code, "description": description, "type": MARK_TYPES[code]}
        made.append(Extra(row_id, fields, datetime(2020, 1, 1, tzinfo=UTC)))
    return made


def _session_marks(table):
    def make(world):
        codes = attendance_codes(world)
        today, made = datetime.combine(world.now.date(), time(0), UTC), []
        if today.weekday() > 4:
            return made
        for student in world.shown(table):
            for session in ("AM", "PM"):
                away = chance.number(student.id, session, today) % 20 == 0
                row = _make(
                    world, "session", f"{student.id}{session}{today}", world.now,
                    date=day(today.date()), session=session, student=student.id, employee=None, comment=None,
                )  # fmt: skip
                row.links = {"student": [(table, student.id, None)]}
                row.parts = {"attendance_code": [codes[2] if away else codes[session == "PM"]]}
                made.append(row)
        return made

    return make


def _lesson_marks(world):
    codes, made = attendance_codes(world), []
    for lesson in lessons_between(world, world.now.date(), world.now.date()):
        for student in world.classes[lesson.school_class].students:
            if student in world.index.shown_students:
                row = _make(
                    world,
                    "lesson-mark",
                    lesson.id + student,
                    world.now,
                    lesson=lesson.id,
                    student=student,
                    comment=None,
                )
                row.links = {"student": [("students", student, None)]}
                row.parts = {"attendance_code": [codes[0]]}
                made.append(row)
    return made


def _summary(world, student, since):
    possible = 2 * max(1, (world.now - since).days)
    missed = chance.number(student.id, "missed") % 6
    return {
        "possible_marks": possible, "present": max(0, possible - missed), "authorised_absences": missed,
        "unauthorized_absences": 0, "unexplained_absences": 0, "approved_education_activity": 0,
        "attendance_not_required": 0, "late_before_registration": 0, "late_after_registration": 0, "missing_marks": 0,
        "attendance_codes": {"/": max(0, possible - missed), "M": missed},
    }  # fmt: skip


def _behaviour(world, student, since):
    return {
        "type": "Late to lesson", "status": "Resolved", "comment": None, "location": None, "class": None,
        "subject": None, "points": 1, "total_points": 1, "action": None, "action_date": None,
        "incident_date": day(since.date()), "recorded_date": day(since.date()), "parents_notified": None,
    }  # fmt: skip


def _achievement(world, student, since):
    return {
        "type": "Good work", "status": None, "comment": None, "location": None, "class": None, "subject": None,
        "points": 2, "total_points": 2, "achievement_date": day(since.date()), "recorded_date": day(since.date()),
    }  # fmt: skip


def _exclusion(world, student, since):
    return {
        "academic_year": str(world.academic_year), "term": None, "type": "Fixed term", "type_code": "FIXD",
        "reason": "Persistent disruptive behaviour", "reason_code": "DB", "days": 1, "sessions": 2,
        "start_date": day(since.date()), "start_session": "AM", "end_date": day(since.date()), "end_session": "PM",
        "comments": None,
    }  # fmt: skip


def _events(world):
    """Calendar entries. Their fields are ours; see `choices`."""
    made = []
    for week, name in enumerate(("Sports Day", "Parents' Evening", "Open Morning")):
        starts = datetime.combine(world.now.date() + timedelta(days=7 * week + 3), time(14, 0), UTC)
        fields = {"name": name, "description": None, "location": None}
        fields |= {"start_at": moment(starts), "end_at": moment(starts + timedelta(hours=2))}
        made.append(_make(world, "event", name, world.now - timedelta(days=30), **fields))
    return made


def _employee_absences(world):
    made = []
    for employee in _some(world, "absence", 9, "employees"):
        since = _past(world, employee.id, 40)
        row = _make(
            world, "employee-absence", employee.id, since, start_date=day(since.date()), end_date=day(since.date())
        )
        row.links = {"employee": [("employees", employee.id, None)]}
        made.append(row)
    return made


def _results(world):
    aspects, sets = rows(world, "assessment/aspects"), rows(world, "assessment/resultsets")
    made = _per_student("result", 3, lambda world, student, since: {"result": str(chance.number(student.id) % 9 + 1)})(
        world
    )
    for row in made:
        row.parts = {"aspect": aspects[:1], "resultset": sets[:1]}
    return made


def _doctor(number):
    return {
        "title": "Dr", "forename": None, "middle_name": None, "surname": ("Ashworth", "Mensah", "Iyer")[number],
        "practice_name": f"Sluice Lane Surgery {number + 1}", "telephone": f"01632 96000{number}",
        "building_number": "2", "building_name": None,
        "street": "Sluice Lane", "district": None, "town": "Fenbrook", "county": None,
        "postcode": "CB25 9ZZ", "country": "United Kingdom",
    }  # fmt: skip


def _photo(world, student, since):
    return {"hash": chance.upi(world.profile.id, "photo", student.id), "content": "iVBORw0KGgo="}


def _named(**fields):
    return lambda world, student, since: dict(fields)


BEHAVIOUR_PIVOT = ("meta", {"points": 1, "role": None, "action": None})
EXTRAS = {
    "attendance-codes": attendance_codes,
    "attendance/session": _session_marks("students"),
    "attendance-leavers/session": _session_marks("leavers"),
    "attendance/lesson": _lesson_marks,
    "attendance/absence": _per_student("absence", 30, _named(reason="Illness")),
    "attendance/detention": _per_student("detention-mark", 80, _named(attended=True)),
    "attendance-summaries": _per_student("summary", 1, _summary),
    "behaviours": _per_student("behaviour", 12, _behaviour, "students", BEHAVIOUR_PIVOT),
    "behaviours/attributes": _fixed("behaviour-attribute", {"code": "LATE", "description": "Late"}),
    "achievements": _per_student("achievement", 8, _achievement, "students", ("meta", {"points": 2})),
    "achievements/attributes": _fixed("achievement-attribute", {"code": "GW", "description": "Good work"}),
    "exclusions": _per_student("exclusion", 150, _exclusion),
    "detentions": _per_student("detention", 80, _named(name="Lunchtime detention")),
    "detention-types": _fixed("detention-type", {"name": "Lunchtime"}, {"name": "After school"}),
    "detention-attendance-codes": _fixed("detention-code", {"code": "A", "description": "Attended"}),
    "medical-conditions": _per_student("condition", 25, _named(description="Hay fever"), "students"),
    "medical-events": _per_student("medical-event", 60, _named(description="Eye test"), "students"),
    "medical-notes": _per_student("medical-note", 60, _named(note="See office"), "students"),
    "doctors": _fixed("doctor", *(_doctor(number) for number in range(3))),
    "photos": _per_student("photo", 2, _photo),
    "events": _events,
    "employee-absences": _employee_absences,
    "assessment/aspects": _fixed("aspect", {"name": "Mathematics grade"}, {"name": "English grade"}),
    "assessment/resultsets": _fixed("resultset", {"name": "Autumn"}, {"name": "Spring"}),
    "assessment/results": _results,
    "assessment/templates": _fixed("template", {"name": "Key stage 3"}),
    "assessment/marksheets": _fixed("marksheet", {"name": "Mathematics, autumn"}),
}
