"""Events about students. Each is a function (world, rng, args) -> [what happened], args already checked."""

from datetime import date, timedelta

import msgspec

from sync.sandbox.events.picking import (
    EventError,
    find,
    maths_sets,
    memberships,
    pick,
    place,
    put,
    set_of,
    siblings_of,
    take,
    unlink_orphans,
    year_of,
)
from sync.sandbox.world import names, profiles
from sync.sandbox.world.people import make_household, make_student
from sync.sandbox.world.records import Link


def join(world, rng, args):
    """New students with contacts, in the classes of their year; with `sibling`, with the contacts of that student."""
    happened = []
    for _ in range(args.get("count", 1)):
        group = set_of(world, args["class"]) if args.get("class") else rng.choice(maths_sets(world))
        year = args.get("year") or year_of(world, group)
        if year not in profiles.years_of(world.profile.country, world.profile.phase):
            raise EventError(f"This school has no year {year!r}.")
        if year != year_of(world, group):
            group = None
        sibling = find(world.students, args["sibling"], "student") if args.get("sibling") else None
        surname, *pools = names.family(rng)
        if sibling:
            surname = sibling.surname or surname
        student = make_student(world, rng, surname, pools, year)
        student.admission_date = world.now.date()
        student.created_at = student.updated_at = world.stamp()
        if sibling:
            student.home, student.links = sibling.home, [msgspec.structs.replace(link) for link in sibling.links]
        for contact, fields in () if sibling else make_household(world, rng, surname, pools):
            contact.created_at = contact.updated_at = world.stamp()
            world.add("contacts", contact)
            student.links.append(Link(contact.id, *fields))
        world.add("students", student)
        place(world, rng, student, group)
        happened.append({"student": student.id, "contacts": [link.contact for link in student.links]})
    return happened


def leave(world, rng, args):
    """Students leave the roll and become leavers: a deletion for each, and for contacts without another child here."""
    happened = []
    for student in pick(rng, args, list(world.students.values()), "student"):
        take(world, student, *memberships(world, student))
        world.remove("students", student)
        student.leaving_date = world.now.date()
        world.add("leavers", student)
        gone = unlink_orphans(world, [link.contact for link in student.links])
        happened.append({"student": student.id, "contacts_deleted": [contact.id for contact in gone]})
    return happened


def return_same_id(world, rng, args):
    """Leavers back with the same MIS id: the old Wonde id, `restored_at` on the row and on its deletion."""
    happened = []
    for student in _leavers(world, rng, args):
        del world.leavers[student.id]
        _readmit(world, rng, student)
        world.restore(student)
        happened.append({"student": student.id})
    return happened


def return_new_id(world, rng, args):
    """Leavers back under a new Wonde id with the UPI they had."""
    happened = []
    for student in _leavers(world, rng, args):
        old = student.id
        del world.leavers[old]
        student.id = world.new_id(old[0])
        student.created_at = world.stamp()
        _readmit(world, rng, student)
        happened.append({"student": student.id, "old": old, "upi": student.upi})
    return happened


def _leavers(world, rng, args):
    """Leavers to bring back: named ones, else first those who left while the sandbox was watching."""
    seen = {row.id for row in world.deletions}
    recent = [student for student in world.leavers.values() if student.id in seen]
    return pick(rng, args, recent or list(world.leavers.values()), "student", world.leavers)


def _readmit(world, rng, student):
    student.leaving_date = None
    student.links = [link for link in student.links if link.contact in world.contacts or link.contact in world.archive]
    for link in student.links:
        if link.contact in world.archive:
            contact = world.add("contacts", world.archive.pop(link.contact))
            world.restore(contact)
    world.add("students", student)
    place(world, rng, student)


def move_class(world, rng, args):
    """Students from one set to another of the same subject and year; with `keep` they stay in the old one as well."""
    happened = []
    for student, source, goals in _movers(world, rng, args):
        goal = rng.choice(goals)
        if not args.get("keep"):
            take(world, student, source)
        put(world, student, goal)
        happened.append({"student": student.id, "from": source.id, "to": goal.id})
    return happened


def _movers(world, rng, args):
    """Who moves: [(student, set to leave, sets to choose from)]; as named in `args`, else those who can."""
    target = set_of(world, args["to"]) if args.get("to") else None
    sources = [set_of(world, args["from"])] if args.get("from") else maths_sets(world)
    able = {}
    for source in sources:
        others = [target] if target else siblings_of(world, source)
        for member in source.students:
            goals = [row for row in others if row is not source and member not in row.students]
            if goals and member in world.students:
                able.setdefault(member, (world.students[member], source, goals))
    movers = pick(rng, args, [able[member][0] for member in sorted(able)], "student", world.students)
    if stuck := [student.id for student in movers if student.id not in able]:
        raise EventError(f"Student {stuck[0]} has no other set to move to.")
    return [able[student.id] for student in movers]


def reset_class(world, rng, args):
    """Half a class (or `share` of it) moves to another set at once."""
    candidates = [row for row in maths_sets(world) if len(row.students) > 1 and siblings_of(world, row)]
    group = set_of(world, args["class"]) if args.get("class") else rng.choice(candidates or [None])
    if group is None:
        raise EventError("This school has no two sets of one year.")
    others = siblings_of(world, group)
    goal = set_of(world, args["to"]) if args.get("to") else rng.choice(others or [None])
    if goal is None:
        raise EventError(f"There is no other set to move half of {group.id} to.")
    movers = rng.sample(group.students, max(1, round(len(group.students) * args.get("share", 0.5))))
    for student in [world.students[member] for member in movers if member in world.students]:
        take(world, student, group)
        put(world, student, goal)
    return [{"class": group.id, "to": goal.id, "students": movers}]


def rename(world, rng, args):
    """Students get another first name."""
    happened = []
    for student in pick(rng, args, list(world.students.values()), "student"):
        girls, boys = names.family(rng)[1:]
        student.forename = args.get("forename") or rng.choice(
            [name for name in (boys if student.gender == "MALE" else girls) if name != student.forename]
        )
        world.touch(student)
        happened.append({"student": student.id, "forename": student.forename})
    return happened


def change_surname(world, rng, args):
    """Students get another surname."""
    happened = []
    for student in pick(rng, args, list(world.students.values()), "student"):
        student.surname = args.get("surname") or next(
            n for n in iter(lambda: names.family(rng)[0], None) if n != student.surname
        )
        world.touch(student)
        happened.append({"student": student.id, "surname": student.surname})
    return happened


def _day(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise EventError(f"{text!r} is not a date such as 2026-10-05.") from None


def set_date(field, default):
    """An event that writes a date of a student on roll; `default` is in days from today."""

    def event(world, rng, args):
        happened = []
        for student in pick(rng, args, list(world.students.values()), "student"):
            day = _day(args["date"]) if args.get("date") else world.now.date() + timedelta(days=default)
            setattr(student, field, day)
            world.touch(student)
            happened.append({"student": student.id, "date": str(day)})
        return happened

    event.__doc__ = f"Students on roll get the {field.replace('_', ' ')} given, or one {default} days from today."
    return event


def empty_upns(world, rng, args):
    """The UPN column goes null for every student, or for `share` of them."""
    students = [student for student in world.students.values() if student.upn]
    chosen = rng.sample(students, round(len(students) * args.get("share", 1.0)))
    for student in chosen:
        student.upn = None
        world.touch(student)
    return [{"students": len(chosen)}]
