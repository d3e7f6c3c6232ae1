"""Whom somebody asks about: a student, a class, staff, a parent or carer, by name, UPN or Wonde id, on either side."""

import re
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import Q

from schools.text import identifiers
from schools.text.names import Search, fold
from students.models import Student
from students.sign_in.spelling import as_typed
from sync.facts.kinds import BY_THEMSELVES, KINDS, PEOPLE
from sync.wording import sentences

ASKED_OF = tuple(BY_THEMSELVES)
SHOWN = 20  # more matches than this: ask for more of the name


@dataclass(frozen=True)
class Asked:
    """What was typed. by: "name", "upn", "wonde_id", or "id" where a student was chosen. students: ids of those who are
    meant in any case: who was chosen, or has the username that was typed."""

    by: str
    text: str
    students: frozenset[int] = frozenset()

    def closeness(self, kind, key, row):
        """How near `row`, of either side, is to what was typed, 0 being just that; None where it is not meant."""
        if kind == "students" and key in self.students:
            return 0
        if self.by == "id":
            return None
        if self.by == "wonde_id":
            return 0 if row.wonde_id == _plain(self.text) else None
        if self.by == "upn":
            upn = identifiers.upn(self.text)
            return 0 if upn and getattr(row, "upn", "") == upn else None
        search = self._in_names if hasattr(row, "surname") else self._in_classes
        return search.closeness(row.sort_name) if search.finds(row.sort_name) else None

    @cached_property
    def _in_names(self):
        return Search(self.text)

    @cached_property
    def _in_classes(self):
        return Search(self.text, inside=True)


def asked(text):
    """What somebody typed into one box: a UPN, a Wonde id (a letter and digits) or a name."""
    if identifiers.upn(text):
        return Asked("upn", text)
    plain = _plain(text)
    return Asked("wonde_id", plain) if re.fullmatch(r"[A-Z]\d{6,}", plain) else Asked("name", text.strip())


def chosen(student_id):
    """One student of ours."""
    return Asked("id", "", frozenset({student_id}))


def with_usernames(asked, school):
    """The same, and whoever of `school` has the username that was typed, or had it before."""
    if asked.by != "name":
        return asked
    students, typed = Student.objects.filter(school=school), as_typed(asked.text)
    named = students.filter(Q(user__username__iexact=typed) | Q(former_usernames__username__iexact=typed))
    return replace(asked, students=frozenset(named.values_list("pk", flat=True)))


def _plain(wonde_id):
    return fold(wonde_id).replace(" ", "").upper()


@dataclass(frozen=True)
class Found:
    """One row that is meant. key: our primary key, or the Wonde id of somebody we don't hold. ours, theirs: the row as
    each side has it, or None. here: ours is current. closeness: how near to what was typed."""

    kind: str
    key: object
    ours: object
    theirs: object
    here: bool
    closeness: int = 0

    @property
    def row(self):
        return self.theirs or self.ours

    @property
    def wonde_id(self):
        return self.row.wonde_id

    @property
    def pk(self):
        return self.key if isinstance(self.key, int) else None


def find(asked, ours, preview=None, without=()):
    """Every row of either side that `asked` means: the nearest to what was typed first, and of equals those who are
    missing on either side, for they are why somebody asks.

    preview: what Wonde says now (`sync.engine.runs.Preview`), or None where it could not be asked. without: kinds
    nobody may be told about.
    """
    found = []
    for kind in ASKED_OF:
        if kind in without:
            continue
        mine = {**ours.former.get(kind, {}), **ours.rows[kind]}
        theirs = _theirs(kind, preview) if preview else {}
        for key in {**theirs, **mine}:
            near = [asked.closeness(kind, key, row) for row in (theirs.get(key), mine.get(key)) if row is not None]
            if near := [closeness for closeness in near if closeness is not None]:
                found.append(Found(kind, key, mine.get(key), theirs.get(key), key in ours.rows[kind], min(near)))

    def place(one):
        there = one.here and (one.theirs is not None or preview is None)
        return one.closeness, there, ASKED_OF.index(one.kind), one.row.sort_name, str(one.key)

    return sorted(found, key=place)


def _theirs(kind, preview):
    """Wonde's rows of a kind, in our shape, by key."""
    screened = preview.decision.screened
    if kind not in PEOPLE:
        return screened.theirs[kind]
    if kind not in screened.keys:
        return {}  # contacts that were not asked for or not granted
    keys, source = screened.keys[kind], preview.snapshot.people(kind)
    damaged = {keys[wonde_id]: KINDS[kind].row(wonde_id) for wonde_id in source.unreadable}
    return damaged | {keys[wonde_id]: row for wonde_id, row in source.rows.items()}


def says_of(one, preview):
    """What Wonde says now of a `Found`, as (label, value); identifiers that tie rows together stay out."""
    if preview is None:
        return []
    if one.theirs is None:
        return [("In Wonde", "not listed")]
    columns = KINDS[one.kind].columns
    told = [
        (column.label, getattr(one.theirs, name))
        for name, column in columns.items()
        if column.shown and not column.stamp and name != "reason" and getattr(one.theirs, name)
    ]
    return told + _dates(one, preview)


def days_told(one, preview):
    """(first day, last day) that Wonde says now of a student; None of everybody else, and where it does not say."""
    days = preview.snapshot.days if preview and one.kind == "students" else {}
    return days.get(one.wonde_id, (None, None))


def _dates(one, preview):
    """Evidence that is read and never stored."""
    days = zip(("starts", "leaves"), days_told(one, preview), strict=True)
    told = [(label, sentences.day_in_full(day)) for label, day in days if day]
    if one.kind == "employees" and one.wonde_id in preview.snapshot.current:
        words = {True: "yes", False: "no", None: "not known"}
        told.append(("current", words[preview.snapshot.current[one.wonde_id]]))
    return told
