"""Dirty data as schools type it: identifiers that are not identifiers, and identifiers of somebody else."""

from sync.sandbox.events.people import join
from sync.sandbox.events.picking import EventError, pick


def placeholder_upns(world, rng, args):
    """One text, such as "N/A", is in the UPN column of every student, or of `share` of them."""
    students = list(world.students.values())
    chosen = rng.sample(students, round(len(students) * args.get("share", 1.0)))
    for student in chosen:
        student.upn = args.get("text", "N/A")
        world.touch(student)
    return [{"students": len(chosen)}]


def zero_dates(world, rng, args):
    """A date nobody means, as an MIS uses for "none", is the leaving date of every student, or of `share`."""
    students = list(world.students.values())
    chosen = rng.sample(students, round(len(students) * args.get("share", 1.0)))
    for student in chosen:
        student.leaving_date = args.get("date", "-0001-11-30")
        world.touch(student)
    return [{"students": len(chosen)}]


def join_as_leaver(world, rng, args):
    """New students, each with the UPN of somebody who has left: mistyped in the MIS."""
    leavers = [student for student in world.leavers.values() if student.upn]
    if not leavers:
        raise EventError("No leaver has a UPN.")
    happened = []
    for leaver in pick(rng, args, leavers, "student", world.leavers):
        (joined,) = join(world, rng, {})
        world.students[joined["student"]].upn = leaver.upn
        happened.append({"student": joined["student"], "leaver": leaver.id})
    return happened
