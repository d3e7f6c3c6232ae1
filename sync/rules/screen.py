"""Which rows are in. Everything else is withheld with a reason, and the ledger shows that nobody was forgotten."""

from collections import Counter
from collections.abc import Mapping, Set

from msgspec import Struct, UnsetType, structs

from sync.facts.kinds import (
    CLASSES,
    ENROLMENTS,
    KINDS,
    LINKS,
    PEOPLE,
    TEACHINGS,
    ClassRow,
    EnrolmentRow,
    Key,
    Row,
    TeachingRow,
)
from sync.facts.shapes import Many, Member, Teacher
from sync.facts.sides import Ledger, Ours, Part, Screened
from sync.facts.snapshot import Snapshot
from sync.rules.known import LEFT_OUT, SOMEONE_ELSE, Known, before_classes, denied_or_not_offered
from sync.rules.policy import Policy, is_at_the_years_end, top_year
from sync.rules.reasons import ASIDE, REASONS
from sync.rules.screen_contacts import screen_contacts
from sync.rules.screen_details import screen_details
from sync.rules.selection import Candidate, in_order, own_subject, select

Listed = Mapping[str, list[str]]  # class -> who is in it; a class of which that could not be read is missing
Choices = Mapping[Key, list[Key]]  # student -> the imported classes the MIS has them in


class Places(Struct, frozen=True):
    """The links of a kind that may come in. wanted: (class, person), as Wonde ids. expected: Wonde ids of people who
    would have a place, were they not withheld. present: links of ours with an end that could not be read in full.
    ledger: what became of the others."""

    wanted: list[tuple[str, str]]
    expected: Set[str]
    present: Set[Key]
    ledger: Ledger


def screen(snapshot: Snapshot, ours: Ours, policy: Policy) -> Screened:
    """Decide for everything Wonde has whether we may keep it. Raises LedgerError if a row got lost."""
    known = before_classes(snapshot, ours, policy)
    students_of = _listed({class_id: row.students for class_id, row in snapshot.members.items()})
    staff_of = _listed({class_id: row.employees for class_id, row in snapshot.members.items()})

    candidates = _candidates(known, students_of)
    chosen = select(candidates, policy, {wonde_id: row.year_group for wonde_id, row in snapshot.students.rows.items()})
    classes = _classes(known, chosen, students_of)
    stays = _places(known, "enrolments", chosen, students_of, classes.present)
    choices = _choices(known, stays, in_order(chosen, candidates))
    enrolments, second = _enrolments(known, stays, choices, classes.present)
    lessons = _places(known, "teachings", chosen, staff_of, classes.present)
    teachings = _teachings(known, lessons)
    students = _people(known, "students", stays, enrolments, classes.ended)

    parts: dict[str, Part[Row]] = {kind: Part() for kind in KINDS}
    parts |= {"classes": classes, "enrolments": enrolments, "teachings": teachings, "students": students}
    parts["details"] = screen_details(known, students.theirs)
    parts["employees"] = _people(known, "employees", lessons, teachings, classes.ended)
    if snapshot.contacts and "contacts" in known.matched:
        parts["contacts"], parts["guardianships"] = screen_contacts(known, snapshot.contacts, students.theirs)

    ledger = {name: structs.replace(part.ledger, aside=known.aside.get(name, "")) for name, part in parts.items()}
    for name, entry in ledger.items():
        entry.check(name)
    knows_places = "enrolments" not in known.aside and not classes.present
    return Screened(
        theirs={name: part.theirs for name, part in parts.items()},
        withheld={name: part.withheld for name, part in parts.items()},
        present={name: part.present for name, part in parts.items()},
        ended={name: part.ended for name, part in parts.items()},
        said={name: part.said for name, part in parts.items()},
        ledger=ledger,
        aside=known.aside,
        unsure={name for name in known.matched if snapshot.source(name).anonymous},
        second=second,
        keys={name: matching.keys for name, matching in known.matched.items()},
        members=_members(known, candidates, classes),
        over=_over(known, choices) if knows_places else [],
        unlike=_unlike(known, parts),
        graduates=_graduates(known),
        stated=known.stated,
        silent=known.silent,
    )


def _listed(members: Mapping[str, Many[Member] | Many[Teacher] | UnsetType | None]) -> Listed:
    """Wonde ids of the students or staff of each class, each once."""
    return {
        class_id: list(dict.fromkeys(member.id for member in listed.data))
        for class_id, listed in members.items()
        if isinstance(listed, Many)
    }


def _candidates(known: Known, students_of: Listed) -> dict[str, Candidate]:
    snapshot, ours, keys = known.snapshot, known.ours, known.keys("classes")
    here = snapshot.students.rows.keys() - known.why["students"].keys()
    before = ours.ever(CLASSES)
    return {
        wonde_id: Candidate(
            remote,
            snapshot.form,
            before.get(keys[wonde_id]),
            frozenset(students_of[wonde_id]) & here if wonde_id in students_of else None,
            ours.decisions.classes.get(keys[wonde_id], ""),
        )
        for wonde_id, remote in snapshot.classes.rows.items()
    }


def _classes(known: Known, chosen: Mapping[str, ClassRow], students_of: Listed) -> Part[ClassRow]:
    """Every class is kept; those that are out are withheld with their reason as well, and end where we have them."""
    keys, source, here = known.keys("classes"), known.snapshot.classes, known.ours.rows["classes"]
    out = {keys[wonde_id]: row.reason for wonde_id, row in chosen.items() if row.status == "out"}
    unread = {keys[wonde_id] for wonde_id, row in chosen.items() if row.status == "in" and wonde_id not in students_of}
    return Part(
        theirs={keys[wonde_id]: row for wonde_id, row in chosen.items()},
        withheld=out,
        present=known.present["classes"] | unread,
        ended={key: reason for key, reason in out.items() if key in here},  # also one that a person put out since
        ledger=Ledger.of(source, len(chosen) - len(out), Counter(out.values())),
    )


def _members(known: Known, candidates: Mapping[str, Candidate], classes: Part[ClassRow]) -> dict[Key, list[str]]:
    """Of a class that is out we keep who is in it only by Wonde id, and only of the school's own subjects."""
    keys, before = known.keys("classes"), known.ours.decisions.members
    return {
        keys[wonde_id]: sorted(before.get(keys[wonde_id], ()) if each.students is None else each.students)
        for wonde_id, each in candidates.items()
        if keys[wonde_id] in classes.withheld
        and (each.form == "registration" or own_subject(each.remote, known.policy.subjects))
    }


def _places(
    known: Known, link: str, chosen: Mapping[str, ClassRow], listed: Listed, classes_present: Set[Key]
) -> Places:
    """Links of imported classes and people who are here; the rest goes into the ledger.

    A link of a class, or of a person, that could not be read in full is present: it stays as it is.
    """
    people = LINKS[link].parents[LINKS[link].member]
    source, why, keys, here = (
        known.snapshot.people(people),
        known.why[people],
        known.keys(people),
        known.ours.rows[people],
    )
    hidden = (
        ASIDE[denied_or_not_offered(people, known.snapshot)] if people in known.snapshot.denied else "hidden_at_source"
    )
    read = unreadable = 0
    withheld, expected, wanted = Counter[str](), set[str](), []
    for class_id, row in chosen.items():
        members = listed.get(class_id, [])
        read += len(members)
        if row.status == "out" and members:
            withheld[row.reason] += len(members)
            continue
        for person in members:
            if person in why:
                withheld[why[person]] += 1
                expected.add(person)
            elif person in source.rows:
                wanted.append((class_id, person))
            elif person not in source.unreadable:
                withheld[hidden] += 1
            elif keys[person] in here:
                wanted.append((class_id, person))
            else:
                unreadable += 1
    classes = known.keys("classes")
    unread = {classes[each] for each, row in chosen.items() if row.status == "in" and each not in listed}
    unsure = {"classes": classes_present | unread, people: known.present[people]}
    present = {
        key
        for column, parent in LINKS[link].parents.items()
        if unsure[parent]
        for key, stay in known.ours.rows[link].items()
        if getattr(stay, column) in unsure[parent]
    }
    return Places(wanted, expected, present, Ledger(read, withheld=withheld, unreadable=unreadable))


def _choices(known: Known, stays: Places, order: list[str]) -> Choices:
    """The imported classes of each student, in the order in which one of them is chosen."""
    place = {wonde_id: number for number, wonde_id in enumerate(order)}
    classes, students = known.keys("classes"), known.keys("students")
    choices: dict[Key, list[Key]] = {}
    for class_id, student in sorted(stays.wanted, key=lambda pair: place[pair[0]]):
        choices.setdefault(students[student], []).append(classes[class_id])
    return choices


def _enrolments(
    known: Known, stays: Places, choices: Choices, classes_present: Set[Key]
) -> tuple[Part[EnrolmentRow], list[tuple[Key, Key]]]:
    """One class per student: the one a person chose, else the present one, else the first in order. Also (student,
    class) of every further class."""
    decisions = known.ours.decisions.with_keys(known.keys("students"))
    ours = ENROLMENTS.of(known.ours.rows)
    theirs: dict[Key, EnrolmentRow] = {}
    second: list[tuple[Key, Key]] = []
    for student, offered in choices.items():
        now = ours[student].school_class if student in ours else None
        school_class = now if now is not None and now in classes_present else decisions.place(student, offered, now)
        theirs[student] = EnrolmentRow(student, school_class)
        second += [(student, key) for key in offered if key != school_class]
    ledger = structs.replace(
        stays.ledger,
        imported=len(stays.wanted) - len(second),
        withheld=stays.ledger.withheld + Counter(second_class=len(second)),
    )
    return Part(theirs, present=stays.present, ledger=ledger), second


def _teachings(known: Known, lessons: Places) -> Part[TeachingRow]:
    classes, staff, members = known.keys("classes"), known.keys("employees"), known.snapshot.members
    theirs: dict[Key, TeachingRow] = {}
    for class_id, employee in lessons.wanted:
        listed = members[class_id].employees
        teachers = listed.data if isinstance(listed, Many) else []
        main = any(each.id == employee and each.meta and each.meta.is_main_teacher for each in teachers)
        row = TeachingRow(classes[class_id], staff[employee], main)
        theirs[TEACHINGS.key_of(row)] = row
    ledger = structs.replace(lessons.ledger, imported=len(lessons.wanted))
    return Part(theirs, present=lessons.present, ledger=ledger)


def _people(known: Known, kind: str, places: Places, links: Part[Row], classes_ended: Mapping[Key, str]) -> Part[Row]:
    """Keep who is in an imported class, or whose place there could not be read; the others are counted."""
    placed = _placed(known, kind, links, classes_ended)
    keys, why, source = known.keys(kind), known.why[kind], known.snapshot.people(kind)
    nowhere = "not_in_imported_class" if kind == "students" else "teaches_no_imported_class"
    theirs: dict[Key, Row] = {}
    withheld: dict[Key, str] = {}
    for wonde_id, row in source.rows.items():
        key = keys[wonde_id]
        reason = why.get(wonde_id)
        if reason == SOMEONE_ELSE and wonde_id not in places.expected:
            reason = None  # nobody needs to ask about somebody who would not come in
        if reason is None and key not in placed:
            reason = nowhere
        if reason is None:
            theirs[key] = row
        else:
            withheld[key] = reason
    return Part(
        theirs,
        withheld,
        known.present[kind],
        ended={key: reason for key, reason in withheld.items() if REASONS[reason].evidence},
        ledger=Ledger.of(source, len(theirs), Counter(withheld.values())),
    )


def _placed(known: Known, kind: str, links: Part[Row], classes_ended: Mapping[Key, str]) -> Set[Key]:
    """Who is in an imported class, or would stay in one of ours for want of news."""
    link = LINKS[PEOPLE[kind].link]
    ours = link.of(known.ours.rows)
    placed: set[Key] = {getattr(row, link.member) for row in links.theirs.values()}
    placed |= {
        getattr(row, link.member) for key, row in ours.items() if link.name in known.aside or key in links.present
    }
    if known.policy.between:
        excluded = {key for key, reason in classes_ended.items() if reason == "excluded_class"}
        put_out = {getattr(row, link.member) for row in ours.values() if row.school_class in excluded}
        placed |= known.ours.rows[kind].keys() - put_out
    return placed


def _over(known: Known, choices: Choices) -> list[tuple[Key, Key]]:
    """Choices about a conflict that is over; not of those left out here, who come back to the class chosen for them."""
    keys = known.keys("students")
    out = {keys[wonde_id] for wonde_id, why in known.why["students"].items() if why == LEFT_OUT}
    over = known.ours.decisions.with_keys(keys).over(choices)
    return [(student, key) for student, key in over if student not in out]


def _unlike(known: Known, parts: Mapping[str, Part[Row]]) -> list[tuple[str, str, Key]]:
    """(kind, Wonde id, key) of new rows that would come in, if only a person said whether they are one of ours."""
    return [
        (kind, wonde_id, key)
        for kind, matching in known.matched.items()
        for wonde_id, key in matching.unlike.items()
        if parts[kind].withheld.get(wonde_id) == SOMEONE_ELSE
    ]


def _graduates(known: Known) -> Set[Key]:
    """Students of the top year who have left at the year's end."""
    rows, keys, today = known.snapshot.students.rows, known.keys("students"), known.policy.today
    top = top_year(row.year_group for row in rows.values())
    return {
        keys[wonde_id]
        for wonde_id, (starts, leaves) in known.snapshot.days.items()
        if leaves and leaves < today and not (starts and starts > today)
        and top and rows[wonde_id].year_group == top
        and is_at_the_years_end(leaves, known.policy.last_day)
    }  # fmt: skip
