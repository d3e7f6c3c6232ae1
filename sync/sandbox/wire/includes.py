"""Rows with their includes: how relations are found, wrapped, and hidden if a scope is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sync.sandbox import choices
from sync.sandbox.wire import extras, shapes
from sync.sandbox.world.lessons import lessons_this_week


class Relation(NamedTuple):
    """How to follow an include.

    kind: of the rows found, a key of SHAPES
    find: (world, row) -> [(row, pivot or None)], a pivot being (key, value) that appears only on the nested row many:
    an array on the wire; otherwise the first row found, or choices.ABSENT_TO_ONE
    scope: without which the include is null
    """

    kind: str
    find: Callable
    many: bool
    scope: str | None = None


def itself(world, row):
    return [(row, None)]


def _contacts_of_student(world, student):
    contacts = world.index.shown_contacts
    return [
        (contacts[link.contact], ("relationship", shapes.relationship(link)))
        for link in student.links
        if link.contact in contacts
    ]


def _students_of_contact(world, contact):
    return [
        (student, ("relationship", shapes.relationship(link)))
        for student, link in world.index.links_of_contact.get(contact.id, ())
    ]


def _classes_of_student(world, student):
    return [(row, None) for row in world.index.classes_of_student.get(student.id, ())]


def _classes_of_employee(world, employee):
    return [
        (row, ("meta", shapes.teaching(teaching)))
        for row, teaching in world.index.teachings_of_employee.get(employee.id, ())
    ]


def _classes_of_subject(world, subject):
    return [(row, None) for row in world.index.classes_of_subject.get(subject.id, ())]


def _members(column, table):
    def find(world, row):
        shown = getattr(world.index, f"shown_{table}")
        return [(shown[member], None) for member in getattr(row, column) if member in shown]

    return find


def _teachers_of_class(world, school_class):
    shown = world.index.shown_employees
    return [
        (shown[teaching.employee], ("meta", shapes.teaching(teaching)))
        for teaching in school_class.teachers
        if teaching.employee in shown
    ]


def _one(table, column):
    def find(world, row):
        found = getattr(world, table).get(getattr(row, column))
        return [(found, None)] if found else []

    return find


def _groups_of_student(*types):
    def find(world, student):
        groups = world.index.groups_of_student.get(student.id, ())
        return [(row, None) for row in groups if not types or row.type in types]

    return find


def _groups_of_employee(world, employee):
    return [(row, None) for row in world.index.groups_of_employee.get(employee.id, ())]


def _siblings(world, student):
    found = {}
    for link in student.links:
        for other, _ in world.index.links_of_contact.get(link.contact, ()):
            if other.id != student.id:
                found[other.id] = other
    return [(other, None) for other in found.values()]


def _lessons_of_class(world, school_class):
    return [(row, None) for row in lessons_this_week(world, [school_class])]


def _employee_of_lesson(world, lesson):
    found = world.index.shown_employees.get(lesson.employee)
    return [(found, None)] if found else []


def _nothing(world, row):
    return []


def _extras(kind):
    def find(world, student):
        return [(row, None) for row in extras.of_student(world, kind, student.id)]

    return find


def _linked(name):
    """The people a row of `extras` links to under this include."""

    def find(world, row):
        found = []
        for table, person, pivot in row.links.get(name, ()):
            if person in getattr(world, table) and person not in world.hidden:
                found.append((getattr(world, table)[person], pivot))
        return found

    return find


def _doctor_of(world, student):
    doctors = extras.rows(world, "doctors")
    return [(doctors[int(student.mis_id) % len(doctors)], None)]


def _parts(name):
    return lambda world, row: [(part, None) for part in row.parts.get(name, ())]


MANY, ONE = True, False
NO_ROWS = Relation("plain", _nothing, MANY)
NOT_HELD = Relation("plain", _nothing, ONE)
_EXTRA = {
    "student": Relation("students", _linked("student"), ONE, "students.read"),
    "students": Relation("students", _linked("students"), MANY, "students.read"),
    "employee": Relation("employees", _linked("employee"), ONE, "employees.read"),
    "attendance_code": Relation("attendance-codes", _parts("attendance_code"), ONE, "attendance.read"),
    "aspect": Relation("assessment/aspects", _parts("aspect"), ONE, "assessment.read"),
    "resultset": Relation("assessment/resultsets", _parts("resultset"), ONE, "assessment.read"),
}

_STUDENT = {
    "education_details": Relation("education_details", itself, ONE, "students.education_details.read"),
    "extended_details": Relation("extended_details", itself, ONE, "students.extended_details.read"),
    "contact_details": Relation("contact_details", itself, ONE, "students.contact_details.read"),
    "contacts": Relation("contacts", _contacts_of_student, MANY, "contacts.read"),
    "classes": Relation("classes", _classes_of_student, MANY, "classes.read"),
    "year": Relation("groups", _groups_of_student("YEAR"), ONE, "groups.read"),
    "registration": Relation("groups", _groups_of_student("REGISTRATION"), ONE, "groups.read"),
    "house": Relation("groups", _groups_of_student("HOUSE"), ONE, "groups.read"),
    "boarding": Relation("groups", _groups_of_student("BOARDING"), ONE, "groups.read"),
    "campus": Relation("groups", _groups_of_student("CAMPUS"), ONE, "groups.read"),
    "groups": Relation("groups", _groups_of_student(), MANY, "groups.read"),
    "siblings": Relation("students", _siblings, MANY, "students.read"),
    "behaviours": Relation("behaviours", _extras("behaviours"), MANY, "behaviours.read"),
    "achievements": Relation("achievements", _extras("achievements"), MANY, "achievements.read"),
    "exclusions": Relation("exclusions", _extras("exclusions"), MANY, "exclusions.read"),
    "attendance_summary": Relation("attendance-summaries", _extras("attendance-summaries"), ONE, "attendance.read"),
    "photo": Relation("photos", _extras("photos"), ONE, "photos.read"),
    "medical_conditions": Relation("medical-conditions", _extras("medical-conditions"), MANY, "medical.read"),
    "medical_events": Relation("medical-events", _extras("medical-events"), MANY, "medical.read"),
    "medical_notes": Relation("medical-notes", _extras("medical-notes"), MANY, "medical.read"),
    "doctors": Relation("doctors", _doctor_of, MANY, "doctors.read"),
    "results": Relation("assessment/results", _extras("assessment/results"), MANY, "assessment.read"),
    "permissions": NOT_HELD,
    "identifiers": NOT_HELD,
    "enrolments": NO_ROWS,
}
_EMPLOYEE = {
    "contact_details": Relation("contact_details", itself, ONE, "employees.contact_details.read"),
    "employment_details": Relation("employment_details", itself, ONE, "employees.employment_details.read"),
    "classes": Relation("classes", _classes_of_employee, MANY, "classes.read"),
    "groups": Relation("groups", _groups_of_employee, MANY, "groups.read"),
}
_CLASS = {
    "subject": Relation("subjects", _one("subjects", "subject"), ONE, "subjects.read"),
    "students": Relation("students", _members("students", "students"), MANY, "students.read"),
    "employees": Relation("employees", _teachers_of_class, MANY, "employees.read"),
    "lessons": Relation("lessons", _lessons_of_class, MANY, "lessons.read"),
    "enrolments": NO_ROWS,
}
_LESSON = {
    "class": Relation("classes", _one("classes", "school_class"), ONE, "classes.read"),
    "employee": Relation("employees", _employee_of_lesson, ONE, "employees.read"),
    "employees": Relation("employees", _employee_of_lesson, MANY, "employees.read"),
    "period": Relation("periods", _one("periods", "period"), ONE, "periods.read"),
    "room": Relation("rooms", _one("rooms", "room"), ONE, "rooms.read"),
}
RELATIONS = {
    "students": _STUDENT,
    "employees": _EMPLOYEE,
    "classes": _CLASS,
    "lessons": _LESSON,
    "contacts": {
        "contact_details": Relation("contact_details", itself, ONE, "contacts.contact_details.read"),
        "students": Relation("students", _students_of_contact, MANY, "students.read"),
    },
    "groups": {
        "students": Relation("students", _members("students", "students"), MANY, "students.read"),
        "employees": Relation("employees", _members("employees", "employees"), MANY, "employees.read"),
        "campus": Relation("groups", _nothing, ONE, "groups.read"),
    },
    "subjects": {"classes": Relation("classes", _classes_of_subject, MANY, "classes.read")},
    **dict.fromkeys(extras.EXTRAS, _EXTRA),
}


class Renderer:
    """Rows of one school as they are on the wire, under the scopes this app has there."""

    def __init__(self, world):
        self.world = world
        self.hidden = {
            kind: [field for field, scope in fields.items() if scope not in world.scopes]
            for kind, fields in choices.FIELD_SCOPES.items()
        }

    def row(self, kind, record, tree, pivot=None):
        """One row. tree: the includes asked for, as `offered.parse` makes it; pivot: only for a row under another."""
        shaped = shapes.SHAPES.get(kind, shapes.plain)(record, self.world)
        for field in self.hidden.get(kind, ()):
            shaped[field] = None
        if pivot:
            name, told = pivot
            shaped[name] = told | dict.fromkeys(self.hidden.get(name, ()))
        for name, branch in tree.items():
            shaped[name] = self._include(kind, name, record, branch)
        return shaped

    def _include(self, kind, name, record, branch):
        relation = RELATIONS.get(kind, {}).get(name, NO_ROWS)
        if relation.scope and relation.scope not in self.world.scopes:
            return choices.INCLUDE_WITHOUT_SCOPE
        found = relation.find(self.world, record)
        if relation.many:
            return {"data": [self.row(relation.kind, row, branch, pivot) for row, pivot in found]}
        if not found:
            return choices.ABSENT_TO_ONE.get(name)
        row, pivot = found[0]
        return {"data": self.row(relation.kind, row, branch, pivot)}
