"""A change of MIS: most ids are new in one night. Recognised, matched as far as can be known, and held for a person.

Only here are names used for matching, and only as a proposal that a person confirms. Wonde tries to keep student ids by
UPN; staff ids always change (Wonde's help pages); of contacts and classes nothing is said [inferred: new ids].
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from schools.text.names import fold, listed
from sync.facts.kinds import EMPLOYEES, ENROLMENTS, KINDS, STUDENTS, Key
from sync.facts.rows import contact_row, employee_row, student_row
from sync.facts.sides import Ours
from sync.facts.snapshot import Snapshot
from sync.rules.change_of_mis_contacts import contact_pairs, contacts_offered
from sync.rules.match import may_be_one

NEW_SHARE = 50  # per cent of a kind's ids
CERTAIN = {"id"}  # the other ways are no word against another name in another year group: a person settles those
FEWEST = 5  # rows of a kind that must have gone, or small schools would look like this every September


class WhoIsWho(Struct):
    """pairs: kind -> Wonde id -> our key. how: kind -> how many by "id", "UPN", "name and year group", …
    theirs, ours: kind -> those nobody could be found for, with what to call them. offered: kind -> our key -> the Wonde
    ids it may be, for kinds where not everybody may be anybody. lost: kind -> how many of ours nobody can be."""

    pairs: dict[str, dict[str, Key]] = field(default_factory=dict)
    how: dict[str, dict[str, int]] = field(default_factory=dict)
    theirs: dict[str, dict[str, str]] = field(default_factory=dict)
    ours: dict[str, dict[Key, str]] = field(default_factory=dict)
    offered: dict[str, dict[Key, list[str]]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)


class Matched(Struct, frozen=True):
    """Of one kind: how many were found, by what; how many a person has to settle; how many nobody can be."""

    kind: str
    by: dict[str, int]
    to_settle: int
    lost: int = 0


def is_change_of_mis(snapshot: Snapshot, ours: Ours, known_mis: str) -> bool:
    """Whether the school's MIS has another name, not only another spelling, or most ids of a kind are gone while as
    many new ones came."""
    named = snapshot.school.mis or known_mis
    if known_mis and fold(named) != fold(known_mis) and any(ours.rows.values()):
        return True
    for kind in ("students", "employees", "classes"):
        mine = {row.wonde_id for row in KINDS[kind].of(ours.rows).values() if getattr(row, "status", "in") == "in"}
        source = snapshot.source(kind)
        if not source.read:
            continue
        former = ours.former.get(kind, {})
        known = {row.wonde_id for row in KINDS[kind].of({kind: {**former, **ours.rows[kind]}}).values()}
        theirs = source.rows.keys() | source.unreadable
        gone, came = len(mine - theirs), len(theirs - known)
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
    by id, email address, then full name. Whatever is not unique on both sides, or shares neither name nor year group,
    is left to the person. Parents and carers go by their students: who has nobody left to be there is lost, and whoever
    is new there comes in."""
    out = WhoIsWho()
    students = {row.id: student_row(row) for row in snapshot.students.rows.values()}
    employees = {row.id: employee_row(row) for row in snapshot.employees.rows.values()}
    _by(out, "students", students, ours, [
        ("id", lambda row: row.wonde_id),
        ("UPN", lambda row: row.upn),
        ("name and year group", lambda row: row.sort_name and f"{row.sort_name} {row.year_group}"),
    ])  # fmt: skip
    _by(out, "employees", employees, ours, [
        ("id", lambda row: row.wonde_id),
        ("email address", lambda row: row.email),
        ("name", lambda row: row.sort_name),
    ])  # fmt: skip
    _classes(out, snapshot, ours)
    out.pairs["contacts"], out.how["contacts"] = contact_pairs(snapshot, ours, out.pairs["students"])
    _contacts(out, snapshot, ours)
    return out


def matched(proposal: WhoIsWho) -> tuple[Matched, ...]:
    """How far it is known who is who, a line a kind."""
    return tuple(
        Matched(kind, proposal.how[kind], len(proposal.ours[kind]), proposal.lost.get(kind, 0))
        for kind in ("students", "classes", "employees", "contacts")
        # a school may never share its contacts
        if kind != "contacts" or proposal.how[kind] or proposal.ours[kind] or proposal.lost[kind]
    )


def _by(
    out: WhoIsWho, kind: str, theirs: Mapping[str, Any], ours: Ours, ways: list[tuple[str, Callable[[Any], str]]]
) -> None:
    pairs, how = out.pairs.setdefault(kind, {}), out.how.setdefault(kind, {})
    mine: dict[Key, Any] = dict(ours.rows[kind])
    for name, value_of in ways:
        taken = set(pairs.values())
        new = _unique({key: value_of(row) for key, row in theirs.items() if key not in pairs})
        old = _unique({key: value_of(row) for key, row in mine.items() if key not in taken})
        found = {new[value]: old[value] for value in new.keys() & old.keys()}
        if name not in CERTAIN:
            found = {wonde_id: key for wonde_id, key in found.items() if may_be_one(theirs[wonde_id], mine[key])}
        pairs |= found
        if found:
            how[name] = len(found)
    taken = set(pairs.values())
    out.ours[kind] = {key: _called(row) for key, row in mine.items() if key not in taken}
    out.theirs[kind] = {key: _called(row) for key, row in theirs.items() if key not in pairs}


def _unique(values: Mapping[Any, str]) -> dict[str, Any]:
    counts = Counter(values.values())
    return {value: key for key, value in values.items() if value and counts[value] == 1}


def _contacts(out: WhoIsWho, snapshot: Snapshot, ours: Ours) -> None:
    """Parents and carers to settle by hand, each with the new ones of the same children to choose from."""
    mine: dict[Key, Any] = ours.rows["contacts"]
    out.offered["contacts"] = offered = contacts_offered(snapshot, ours, out.pairs["students"], out.pairs["contacts"])
    out.ours["contacts"] = {key: _called(mine[key]) for key in offered}
    out.theirs["contacts"] = {
        wonde_id: _called(contact_row(snapshot.contacts.rows.rows[wonde_id]))
        for wonde_ids in offered.values()
        for wonde_id in wonde_ids
    }
    out.lost["contacts"] = len(mine) - len(set(out.pairs["contacts"].values()) & mine.keys()) - len(offered)


def _called(row: Any) -> str:
    return listed(row) + (f" (year {row.year_group})" if getattr(row, "year_group", "") else "")


def _classes(out: WhoIsWho, snapshot: Snapshot, ours: Ours) -> None:
    """A class is the one that has more than half of its members, best on both sides; ids first. Classes that are out
    have no members here; the same name and subject is enough for them."""
    pairs: dict[str, Key] = {}
    how: dict[str, int] = {}
    mine: dict[Key, Any] = dict(ours.rows["classes"])
    by_id = {row.wonde_id: key for key, row in mine.items()}
    for wonde_id in snapshot.classes.rows.keys() & by_id.keys():
        pairs[wonde_id] = by_id[wonde_id]
    members: dict[Key, set[Key]] = defaultdict(set)
    for stay in ENROLMENTS.of(ours.rows).values():
        members[stay.school_class].add(stay.student)
    shared: dict[tuple[str, Key], int] = {}
    home = {student: school_class for school_class, students in members.items() for student in students}
    for wonde_id, row in snapshot.members.items():
        listed: Any = row.students
        for member in listed.data if listed else ():
            student = out.pairs["students"].get(member.id)
            if student is not None and student in home:
                shared[wonde_id, home[student]] = shared.get((wonde_id, home[student]), 0) + 1
    best = _best(shared)
    for (wonde_id, key), count in shared.items():
        if wonde_id in pairs or key in pairs.values() or count * 2 <= len(members[key]):
            continue
        if best[wonde_id] == count and best[key] == count:
            pairs[wonde_id] = key
            how["shared members"] = how.get("shared members", 0) + 1
    _same_name(pairs, snapshot, mine)
    taken = set(pairs.values())
    out.pairs["classes"], out.how["classes"] = pairs, how
    out.ours["classes"] = {key: row.name for key, row in mine.items() if key not in taken and row.status == "in"}
    out.theirs["classes"] = {
        wonde_id: snapshot.classes.rows[wonde_id].name or wonde_id
        for wonde_id in snapshot.members
        if wonde_id not in pairs and wonde_id in snapshot.classes.rows
    }


def _best(shared: Mapping[tuple[str, Key], int]) -> dict[Key, int]:
    """The most members each side shares with anyone; a tie is nobody's best."""
    tops: dict[Key, list[int]] = defaultdict(list)
    for (wonde_id, key), count in shared.items():
        tops[wonde_id].append(count)
        tops[key].append(count)
    return {side: max(counts) if counts.count(max(counts)) == 1 else 0 for side, counts in tops.items()}


def _same_name(pairs: dict[str, Key], snapshot: Snapshot, mine: Mapping[Key, Any]) -> None:
    new = _unique({key: fold(row.name or "") for key, row in snapshot.classes.rows.items() if key not in pairs})
    out_of_use = {key: row for key, row in mine.items() if row.status == "out" and key not in pairs.values()}
    old = _unique({key: fold(row.name) for key, row in out_of_use.items()})
    for name in new.keys() & old.keys():
        if new[name] not in snapshot.members:
            pairs[new[name]] = old[name]
