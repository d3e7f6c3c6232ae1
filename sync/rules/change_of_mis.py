"""A change of MIS: most ids are new in one night. It is recognised, matched as far as possible, and held for a person.

Only here do names match anybody, and only as a proposal that a person confirms. Wonde tries to keep student ids by UPN;
staff ids always change (Wonde's help pages); nothing is said of contacts and classes [inferred: new ids].
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct

from schools.text.addresses import masked
from schools.text.names import fold, listed
from sync.facts.kinds import (
    CLASSES,
    CONTACTS,
    EMPLOYEES,
    ENROLMENTS,
    KINDS,
    STUDENTS,
    ClassRow,
    ContactRow,
    EmployeeRow,
    Key,
    StudentRow,
)
from sync.facts.shapes import Many
from sync.facts.sides import Ours
from sync.facts.snapshot import Snapshot
from sync.rules.change_of_mis_contacts import contact_pairs, contacts_offered, ties_of_ours, ties_of_theirs
from sync.rules.match import may_be_one

NEW_SHARE = 50  # per cent of a kind's ids
CERTAIN = {"id"}  # any other way counts for nothing against another name in another year group: a person decides
FEWEST = 5  # rows of a kind that must be gone, or small schools would look like this every September


Person = TypeVar("Person", StudentRow, EmployeeRow)
Either = TypeVar("Either")


class OfKind(Struct, frozen=True):
    """pairs: Wonde id -> our key. how: how many by "id", "UPN", "name and year group", … theirs, ours: those without a
    match, with what to call them. offered: our key -> the Wonde ids it may be; None if it may be any of them. lost: how
    many of ours nobody can be."""

    pairs: dict[str, Key]
    how: dict[str, int]
    theirs: dict[str, str]
    ours: dict[Key, str]
    offered: dict[Key, list[str]] | None = None
    lost: int = 0


class WhoIsWho(Struct, frozen=True):
    """By kind, as in `OfKind`."""

    pairs: dict[str, dict[str, Key]]
    how: dict[str, dict[str, int]]
    theirs: dict[str, dict[str, str]]
    ours: dict[str, dict[Key, str]]
    offered: dict[str, dict[Key, list[str]]]
    lost: dict[str, int]


class Matched(Struct, frozen=True):
    """For one kind: how many were found, and how; how many a person has to settle; how many nobody can be."""

    kind: str
    by: dict[str, int]
    to_settle: int
    lost: int = 0


def is_change_of_mis(snapshot: Snapshot, ours: Ours, known_mis: str, moving: bool = False) -> bool:
    """Whether the school's MIS has another name, not only another spelling, or most ids of a kind are gone and as many
    new ones have come; while a change is announced (moving), already one of a person gone and one come."""
    named = snapshot.school.mis or known_mis
    if known_mis and fold(named) != fold(known_mis) and any(ours.rows.values()):
        return True
    for kind in ("students", "employees", "classes"):
        mine = {row.wonde_id for row in KINDS[kind].of(ours.rows).values() if getattr(row, "status", "in") == "in"}
        source = snapshot.source(kind)
        if not source.read:
            continue
        known = {row.wonde_id for row in ours.ever(KINDS[kind]).values()}
        theirs = source.rows.keys() | source.unreadable
        gone, came = len(mine - theirs), len(theirs - known)
        if moving and kind != "classes" and gone and came:
            return True
        if gone > FEWEST and gone * 100 > NEW_SHARE * len(mine) and came * 2 > gone:
            return kind != "classes" or not _same_people(snapshot, ours)
    return False


def _same_people(snapshot: Snapshot, ours: Ours) -> bool:
    """Whether students and staff still have their ids: then new classes are a new timetable, not a new MIS."""
    return all(
        sum(row.wonde_id in snapshot.source(kind.name).rows for row in kind.of(ours.rows).values()) * 2
        >= len(ours.rows[kind.name])
        for kind in (STUDENTS, EMPLOYEES)
    )


def propose(snapshot: Snapshot, ours: Ours) -> WhoIsWho:
    """Match what can be matched: students by id, UPN, then full name and year group; classes by shared members; staff
    by id, email address, then full name. What is not unique on both sides, or shares neither name nor year group, is
    left to the person. Parents and carers go by their students: one whom nobody listed there can be is lost, and
    whoever is new there comes in."""
    students = _people(snapshot.students.rows, ours.to_match(STUDENTS), {
        "id": lambda row: row.wonde_id,
        "UPN": lambda row: row.upn,
        "name and year group": lambda row: row.sort_name and f"{row.sort_name} {row.year_group}",
    })  # fmt: skip
    employees = _people(snapshot.employees.rows, ours.to_match(EMPLOYEES), {
        "id": lambda row: row.wonde_id,
        "email address": lambda row: row.email,
        "name": lambda row: row.sort_name,
    })  # fmt: skip
    found = {
        "students": students,
        "employees": employees,
        "classes": _classes(snapshot, ours, students.pairs),
        "contacts": _contacts(snapshot, ours, students.pairs),
    }
    return WhoIsWho(
        pairs={kind: each.pairs for kind, each in found.items()},
        how={kind: each.how for kind, each in found.items()},
        theirs={kind: each.theirs for kind, each in found.items()},
        ours={kind: each.ours for kind, each in found.items()},
        offered={kind: each.offered for kind, each in found.items() if each.offered is not None},
        lost={kind: each.lost for kind, each in found.items()},
    )


def matched(proposal: WhoIsWho) -> tuple[Matched, ...]:
    """How far it is known who is who, one line per kind."""
    return tuple(
        Matched(kind, proposal.how[kind], len(proposal.ours[kind]), proposal.lost[kind])
        for kind in ("students", "classes", "employees", "contacts")
        # a school may never share its contacts
        if kind != "contacts" or proposal.how[kind] or proposal.ours[kind] or proposal.lost[kind]
    )


def _people(
    theirs: Mapping[str, Person], ours: Mapping[Key, Person], ways: Mapping[str, Callable[[Person], str]]
) -> OfKind:
    pairs: dict[str, Key] = {}
    how: dict[str, int] = {}
    for name, value_of in ways.items():
        taken = set(pairs.values())
        new = _unique({key: value_of(row) for key, row in theirs.items() if key not in pairs})
        old = _unique({key: value_of(row) for key, row in ours.items() if key not in taken})
        found = {new[value]: old[value] for value in new.keys() & old.keys()}
        if name not in CERTAIN:
            found = {wonde_id: key for wonde_id, key in found.items() if may_be_one(theirs[wonde_id], ours[key])}
        pairs |= found
        if found:
            how[name] = len(found)
    taken = set(pairs.values())
    return OfKind(
        pairs,
        how,
        theirs={key: _called(row) for key, row in theirs.items() if key not in pairs},
        ours={key: _called(row) for key, row in ours.items() if key not in taken},
    )


def _unique(values: Mapping[Either, str]) -> dict[str, Either]:
    counts = Counter(values.values())
    return {value: key for key, value in values.items() if value and counts[value] == 1}


def _contacts(snapshot: Snapshot, ours: Ours, students: Mapping[str, Key]) -> OfKind:
    """Parents and carers to settle by hand, each with the new ones of the same children to choose from."""
    pairs, how = contact_pairs(snapshot.contacts, ours, students)
    offered = contacts_offered(snapshot.contacts, ours, students, pairs)
    mine, theirs = CONTACTS.of(ours.rows), snapshot.contacts.rows.rows if snapshot.contacts else {}
    of_mine, of_theirs = ties_of_ours(ours), ties_of_theirs(snapshot)
    return OfKind(
        pairs,
        how,
        theirs={
            wonde_id: _with_ties(theirs[wonde_id], of_theirs[wonde_id])
            for wonde_ids in offered.values()
            for wonde_id in wonde_ids
        },
        ours={key: _with_ties(mine[key], of_mine[key]) for key in offered},
        offered=offered,
        lost=len(mine) - len(set(pairs.values()) & mine.keys()) - len(offered),
    )


def _with_ties(row: ContactRow, ties: list[str]) -> str:
    """What tells two people of one name apart: "Khan, Sana (Mother: Isla Khan; s…n@e….org)"."""
    beside = "; ".join([*sorted(ties), *([masked(row.email)] if row.email else [])])
    return f"{listed(row)} ({beside})" if beside else listed(row)


def _called(row: StudentRow | EmployeeRow) -> str:
    return listed(row) + (f" (year {row.year_group})" if isinstance(row, StudentRow) and row.year_group else "")


def _classes(snapshot: Snapshot, ours: Ours, students: Mapping[str, Key]) -> OfKind:
    """By id, then by members: a class is the one that holds more than half of its members, each the best match of the
    other. Classes that are out have no members here, so for them the same name is enough."""
    mine = CLASSES.of(ours.rows)
    by_id = {row.wonde_id: key for key, row in mine.items()}
    pairs = {wonde_id: by_id[wonde_id] for wonde_id in snapshot.classes.rows.keys() & by_id.keys()}
    by_members = _by_members(snapshot, ours, students, pairs)
    pairs |= by_members
    pairs |= _by_name(snapshot, mine, pairs)
    taken = set(pairs.values())
    return OfKind(
        pairs,
        {"shared members": len(by_members)} if by_members else {},
        theirs={
            wonde_id: snapshot.classes.rows[wonde_id].name or wonde_id
            for wonde_id in snapshot.members
            if wonde_id not in pairs and wonde_id in snapshot.classes.rows
        },
        ours={key: row.name for key, row in mine.items() if key not in taken and row.status == "in"},
    )


def _by_members(
    snapshot: Snapshot, ours: Ours, students: Mapping[str, Key], pairs: Mapping[str, Key]
) -> dict[str, Key]:
    """Classes not in `pairs` that hold more than half of the members of one of ours, each the best match of the
    other."""
    members: dict[Key, set[Key]] = defaultdict(set)
    for stay in ENROLMENTS.of(ours.rows).values():
        members[stay.school_class].add(stay.student)
    home = {student: school_class for school_class, those in members.items() for student in those}
    shared = Counter[tuple[str, Key]]()
    for wonde_id, row in snapshot.members.items():
        for member in row.students.data if isinstance(row.students, Many) else ():
            student = students.get(member.id)
            if student is not None and student in home:
                shared[wonde_id, home[student]] += 1
    best, taken = _best(shared), set(pairs.values())
    return {
        wonde_id: key
        for (wonde_id, key), count in shared.items()
        if wonde_id not in pairs and key not in taken and count * 2 > len(members[key])
        and best[wonde_id] == best[key] == count
    }  # fmt: skip


def _best(shared: Mapping[tuple[str, Key], int]) -> dict[Key, int]:
    """The most members each side shares with any other; 0 for a tie."""
    tops: dict[Key, list[int]] = defaultdict(list)
    for (wonde_id, key), count in shared.items():
        tops[wonde_id].append(count)
        tops[key].append(count)
    return {side: max(counts) if counts.count(max(counts)) == 1 else 0 for side, counts in tops.items()}


def _by_name(snapshot: Snapshot, mine: Mapping[Key, ClassRow], pairs: Mapping[str, Key]) -> dict[str, Key]:
    """Classes not in `pairs`, ours being out: those whose name is unique on both sides."""
    taken = set(pairs.values())
    new = _unique({key: fold(row.name or "") for key, row in snapshot.classes.rows.items() if key not in pairs})
    old = _unique({key: fold(row.name) for key, row in mine.items() if row.status == "out" and key not in taken})
    return {new[name]: old[name] for name in new.keys() & old.keys() if new[name] not in snapshot.members}
