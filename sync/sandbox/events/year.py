"""The two events that change nearly everything overnight: a new academic year, a new MIS.

Same form as in `people`.
"""

from datetime import UTC, datetime, time, timedelta

from sync.sandbox import choices
from sync.sandbox.events.picking import EventError, memberships, take, unlink_orphans
from sync.sandbox.world import chance, curriculum, generator, profiles
from sync.sandbox.world.people import make_families

ANNOUNCED_BEFORE = timedelta(days=7)


def rollover(world, rng, args):
    """A new academic year: the clock moves to its first day, everybody moves up, the oldest leave, new classes replace
    the old.
    """
    country = world.profile.country
    years = profiles.years_of(country, world.profile.phase)
    first_day = profiles.academic_year_start(country, world.academic_year + 1)
    world.next_day(to=datetime.combine(first_day, time(5, 0), UTC))
    world.academic_year += 1
    ended = _end_the_year(world)
    leaving = generator.students_in(world, years[-1])
    for student in leaving:
        take(world, student, *memberships(world, student))
        world.remove("students", student)
        student.leaving_date = first_day
        world.add("leavers", student)
    gone = unlink_orphans(world, list(dict.fromkeys(link.contact for student in leaving for link in student.links)))
    for student in world.students.values():
        student.year = student.current_nc_year = years[years.index(student.year) + 1]
        world.touch(student)
    starting = _start_the_year(world, rng, years[0], len(leaving))
    for group in [row for row in world.groups.values() if row.type == "YEAR"]:
        group.students = [student.id for student in generator.students_in(world, group.code)]
        world.touch(group)
    generator.teach(world, rng, years, _staff(world))
    _new_rows_are_of_today(world)
    return [
        {
            "academic_year": profiles.academic_year_name(country, world.academic_year),
            "ended": ended,
            "left": len(leaving),
            "contacts_deleted": len(gone),
            "started": starting,
        }
    ]


def _end_the_year(world):
    """Last year's classes and registration groups are removed, each with a deletion. Returns how many."""
    classes = list(world.classes.values())
    forms = [row for row in world.groups.values() if row.type == "REGISTRATION"]
    for row in classes:
        world.remove("classes", row)
    for row in forms:
        world.remove("groups", row)
    return len(classes) + len(forms)


def _start_the_year(world, rng, year, places):
    """Pre-admission students start under the ids they have; families are invented for the remaining places."""
    expected = list(world.pre_admissions.values())
    for student in expected:
        del world.pre_admissions[student.id]
        student.year = student.current_nc_year = year
        world.add("students", student)
        world.touch(student)
    before = set(world.students)
    make_families(world, rng, [year] * max(0, places - len(expected)))
    for student in [row for row in world.students.values() if row.id not in before]:
        student.created_at = world.stamp()
        world.touch(student)
    return max(places, len(expected))


def _staff(world):
    """{course name: current teachers}, as the generator wants it; anyone left over teaches what nobody else does."""
    teachers = [row for row in world.employees.values() if row.current and row.teaching_staff]
    if not teachers:
        raise EventError("This school has no current teachers for a new year.")
    if not profiles.PHASES[world.profile.phase].publishes_classes:
        return {"Primary": teachers}
    return {
        course.name: [row for row in teachers if row.role_text == f"Teacher of {course.name}"] or teachers
        for course in curriculum.COURSES
    }


def _new_rows_are_of_today(world):
    """Date what the generator just made to today, not weeks before the sandbox's clock began."""
    for row in [*world.classes.values(), *(row for row in world.groups.values() if row.type == "REGISTRATION")]:
        row.created_at = row.updated_at = world.stamp()


RENEWED = ("contacts", "employees", "subjects", "classes", "groups", "periods", "rooms")


def announce_mis(world, rng, args):
    """Wonde announces that the school will change its MIS; nothing else happens yet."""
    new = args.get("mis") or rng.choice([name for name in profiles.MIS if name != world.mis])
    at = args.get("scheduled_at", (world.now + ANNOUNCED_BEFORE).strftime(choices.WEBHOOK_MOMENT))
    return [{"mis": profiles.MIS[new].name, "scheduled_at": at}]


def change_mis(world, rng, args):
    """The school changes its MIS: every mis_id and UPI is new, and so is every id except those of most students."""
    new = args.get("mis") or rng.choice([name for name in profiles.MIS if name != world.mis])
    if new == world.mis:
        raise EventError(f"This school has {profiles.MIS[new].name} already.")
    world.mis = new
    kept = set(rng.sample(list(world.students), round(len(world.students) * args.get("keep_students", 0.9))))
    renamed = {}
    for table in RENEWED:
        for old, row in list(getattr(world, table).items()):
            renamed[old] = _renew(world, table, row)
    for old, student in list(world.students.items()):
        if old in kept:
            _new_mis_id(world, student)
        else:
            renamed[old] = _renew(world, "students", student)
    _follow(world, renamed)
    maths = next((row for row in world.subjects.values() if (row.name or "").startswith("Math")), None)
    if maths:
        maths.code, maths.name = profiles.MIS[new].maths
    return [
        {
            "mis": profiles.MIS[new].name,
            "students_kept": len(kept),
            "students_renewed": len(world.students) - len(kept),
            "at": world.now.strftime(choices.WEBHOOK_MOMENT),
        }
    ]


def _renew(world, table, row):
    """Give a row a new id, with a deletion for the old one if its kind has deletions. Returns the new id."""
    if table in choices.DELETION_TYPES:
        world.remove(table, row)
    else:
        del getattr(world, table)[row.id]
    row.id = world.new_id(row.id[0])
    row.created_at = world.stamp()
    _new_mis_id(world, row)
    world.add(table, row)
    return row.id


def _new_mis_id(world, row):
    row.mis_id = world.new_mis_id()
    if hasattr(row, "upi"):
        row.upi = chance.upi(world.profile.id, world.mis, row.mis_id)
    world.touch(row)


def _follow(world, renamed):
    """Make everything that refers to renamed rows refer to their new ids."""
    world.hidden = {renamed.get(hidden, hidden): kind for hidden, kind in world.hidden.items()}
    world.archive.clear()  # the new MIS knows nobody who had left under the old one
    for student in [*world.students.values(), *world.leavers.values()]:
        for link in student.links:
            link.contact = renamed.get(link.contact, link.contact)
    for row in world.classes.values():
        row.subject = renamed.get(row.subject, row.subject)
        row.students = [renamed.get(member, member) for member in row.students]
        row.slots = [(renamed.get(period, period), renamed.get(room, room)) for period, room in row.slots]
        for teaching in row.teachers:
            teaching.employee = renamed.get(teaching.employee, teaching.employee)
    for row in world.groups.values():
        row.students = [renamed.get(member, member) for member in row.students]
        row.employees = [renamed.get(member, member) for member in row.employees]
