"""One school's world: its tables, its clock, and the few things every event does with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

import msgspec

from sync.sandbox import choices
from sync.sandbox.world import chance
from sync.sandbox.world.records import Contact, Deletion, Employee, Group, Period, Room, SchoolClass, Student, Subject


class Profile(msgspec.Struct, frozen=True):
    """What is decided about a school before anything in it is made."""

    id: str
    name: str
    seed: str
    mis: str  # key of profiles.MIS
    country: str  # key of profiles.COUNTRIES
    phase: str  # key of profiles.PHASES
    students: int
    access: str  # the list it stands in at first: approved, unaudited, pending, declined, revoked, offline, none
    scopes: tuple[str, ...]
    urn: int | None
    establishment_number: str | None
    la_code: str | None
    town: str
    postcode: str
    audited_at: datetime


class World:
    """Tables by Wonde id, in the order the rows were made. Change a row only through `touch`, `remove`, `add`."""

    def __init__(self, profile, now):
        self.profile = profile
        self.mis = profile.mis
        self.access = profile.access
        self.reason: str | None = None  # why it declined or revoked
        self.listed_at: datetime | None = None  # when its access last changed
        self.scopes = set(profile.scopes)
        self.permission_list = "both"  # of choices.PERMISSION_LISTS
        self.permissions_say: dict[str, dict] = {}  # scope -> what the list says of it, whatever is granted
        self.now: datetime = now
        self.students: dict[str, Student] = {}
        self.leavers: dict[str, Student] = {}
        self.pre_admissions: dict[str, Student] = {}
        self.contacts: dict[str, Contact] = {}
        self.employees: dict[str, Employee] = {}
        self.subjects: dict[str, Subject] = {}
        self.classes: dict[str, SchoolClass] = {}
        self.groups: dict[str, Group] = {}
        self.periods: dict[str, Period] = {}
        self.rooms: dict[str, Room] = {}
        self.deletions: list[Deletion] = []
        self.archive: dict[str, Contact] = {}  # deleted contacts, for students who come back
        self.hidden: dict[str, str] = {}  # ids the school does not share -> their type
        self.counts_hidden = choices.COUNTS_INCLUDE_HIDDEN
        self.academic_year = 0  # the calendar year in which the present academic year began
        self._made = 0
        self._ticks = 0
        self._taken: set[str] = set()
        self._index: Index | None = None

    @property
    def index(self):
        """Look-ups from the other side (a student's classes …), remade after every change."""
        if self._index is None:
            self._index = Index(self)
        return self._index

    def changed(self):
        self._index = None

    def new_id(self, letter="A"):
        """A Wonde id that this school has not used before."""
        while True:
            self._made += 1
            candidate = chance.wonde_id(self.profile.seed, "id", self._made, letter=letter)
            if candidate[1:] not in self._taken:
                self._taken.add(candidate[1:])
                return candidate

    def new_mis_id(self):
        """An MIS id as this school's MIS writes it. One sequence for everything: unique within the school."""
        self._made += 1
        return str(4000 + self._made)

    def stamp(self):
        """The present moment of the school's clock; each call is a millisecond later, so that changes are in order."""
        self._ticks += 1
        return self.now + timedelta(milliseconds=self._ticks)

    def next_day(self, to=None):
        """Move the clock to the next morning, or to `to` if that is later."""
        self.now = max(self.now + timedelta(days=1), to or self.now)
        self._ticks = 0

    def go_on(self, to):
        """Move the clock on to the moment `to`; never back."""
        if to > self.now:
            self.now, self._ticks = to, 0

    def touch(self, *rows):
        for row in rows:
            row.updated_at = self.stamp()

    def add(self, table, row):
        getattr(self, table)[row.id] = row
        return row

    def remove(self, table, row):
        """Take a row out and leave a deletion behind. The caller must fix what refers to it."""
        del getattr(self, table)[row.id]
        self.note_deletion(table, row)

    def note_deletion(self, table, row):
        self.deletions.append(Deletion(row.id, row.mis_id, choices.DELETION_TYPES[table], self.stamp()))

    def restore(self, row):
        """Mark the newest deletion of this id as undone; the row itself says so too."""
        moment = self.stamp()
        row.restored_at = row.updated_at = moment
        for deletion in reversed(self.deletions):
            if deletion.id == row.id:
                deletion.restored_at = moment
                return

    def shown(self, table):
        """The rows of a table that the school shares with this app, in the order they were made."""
        if table == "deletions":
            return self.deletions
        rows = getattr(self, table).values()
        if not self.hidden:
            return list(rows)
        return [row for row in rows if row.id not in self.hidden]


class Index:
    """The same facts seen from the other side: id -> rows. Hidden people are left out here once and for all."""

    def __init__(self, world):
        self.world = world
        self.extras = {}  # filled and read only by `extras`

    @cached_property
    def classes_of_student(self):
        return self._members("classes", "students")

    @cached_property
    def groups_of_student(self):
        return self._members("groups", "students")

    @cached_property
    def groups_of_employee(self):
        return self._members("groups", "employees")

    @cached_property
    def classes_of_subject(self):
        found = {}
        for school_class in self.world.classes.values():
            found.setdefault(school_class.subject, []).append(school_class)
        return found

    @cached_property
    def teachings_of_employee(self):
        found = {}
        for school_class in self.world.classes.values():
            for teaching in school_class.teachers:
                found.setdefault(teaching.employee, []).append((school_class, teaching))
        return found

    @cached_property
    def links_of_contact(self):
        """Contact id -> (student, link), students on roll only."""
        found = {}
        for student in self.world.shown("students"):
            for link in student.links:
                found.setdefault(link.contact, []).append((student, link))
        return found

    @cached_property
    def shown_students(self):
        return {student.id: student for student in self.world.shown("students")}

    @cached_property
    def shown_contacts(self):
        return {contact.id: contact for contact in self.world.shown("contacts")}

    @cached_property
    def shown_employees(self):
        return {employee.id: employee for employee in self.world.shown("employees")}

    def _members(self, table, column):
        found = {}
        for row in getattr(self.world, table).values():
            for member in getattr(row, column):
                found.setdefault(member, []).append(row)
        return found
