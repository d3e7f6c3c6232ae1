"""Whom somebody asks about: a student, a class, staff, a parent or carer, by name, UPN or Wonde id, on either side."""

import re
from dataclasses import dataclass

from schools import identifiers
from schools.names import fold, words
from sync import telling
from sync.kinds import KINDS
from sync.rows import contact_row, employee_row, student_row

ASKED_OF = ("students", "employees", "classes", "contacts")
SHOWN = 5  # whoever is called like more than these has to be asked for by more of the name


@dataclass(frozen=True)
class Asked:
    """What was typed. by: "name", "upn" or "wonde_id"."""

    by: str
    text: str

    def matches(self, row):
        """Whether `row`, of either side, is meant."""
        if self.by == "wonde_id":
            return row.wonde_id == self.text.strip()
        if self.by == "upn":
            upn = identifiers.upn(self.text)
            return bool(upn) and getattr(row, "upn", "") == upn
        if hasattr(row, "surname"):
            typed = words(self.text) or fold(self.text).split()
            parts = words(row.sort_name) or row.sort_name.split()
            return bool(typed) and all(any(part.startswith(word) for part in parts) for word in typed)
        return bool(self.text.strip()) and fold(self.text) in fold(row.name)


def asked(text):
    """What somebody typed into one box: a UPN, a Wonde id (a letter and digits) or a name."""
    text = text.strip()
    if identifiers.upn(text):
        return Asked("upn", text)
    return Asked("wonde_id" if re.fullmatch(r"[A-Z]\d{6,}", text) else "name", text)


@dataclass(frozen=True)
class Found:
    """One row that is meant. key: our primary key, or the Wonde id of somebody we don't hold. ours, theirs: the row as
    each side has it, or None. here: ours is current."""

    kind: str
    key: object
    ours: object
    theirs: object
    here: bool

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
    """Every row of either side that `asked` means, those who are here first.

    preview: what Wonde says now (`sync.runs.Preview`), or None where it could not be asked. without: kinds nobody may
    be told about.
    """
    found = []
    for kind in ASKED_OF:
        if kind in without:
            continue
        mine = {**ours.former.get(kind, {}), **ours.rows[kind]}
        theirs = _theirs(kind, preview) if preview else {}
        for key in {**theirs, **mine}:
            rows = [row for row in (theirs.get(key), mine.get(key)) if row is not None]
            if any(asked.matches(row) for row in rows):
                found.append(Found(kind, key, mine.get(key), theirs.get(key), key in ours.rows[kind]))
    return sorted(found, key=lambda one: (not one.here, ASKED_OF.index(one.kind), one.row.sort_name, str(one.key)))


def _theirs(kind, preview):
    """Wonde's rows of a kind, in our shape, by key."""
    screened = preview.decision.screened
    if kind == "classes":
        return screened.theirs["classes"]
    row_of = {"students": student_row, "employees": employee_row, "contacts": contact_row}[kind]
    if kind not in screened.keys:
        return {}  # contacts that were not asked for or not granted
    keys, source = screened.keys[kind], preview.snapshot.source(kind)
    damaged = {keys[wonde_id]: KINDS[kind].row(wonde_id) for wonde_id in source.unreadable}
    return damaged | {keys[wonde_id]: row_of(row) for wonde_id, row in source.rows.items()}


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
    remote = preview.snapshot.source(one.kind).rows.get(one.wonde_id)
    return told + _dates(remote)


def _dates(remote):
    """Evidence that is read and never stored."""
    told = []
    education = getattr(getattr(remote, "education_details", None), "data", None)
    for name, label in (("admission_date", "starts"), ("leaving_date", "leaves")):
        moment = getattr(education, name, None)
        if moment and (day := moment.day()):
            told.append((label, telling.date_words(day)))
    employment = getattr(getattr(remote, "employment_details", None), "data", None)
    if employment is not None:
        words = {True: "yes", False: "no", None: "not known"}
        told.append(("current", words[getattr(employment, "current", None)]))
    return told
