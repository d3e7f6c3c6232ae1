"""A whole school from its profile: the same profile and first day give the same school, to the byte."""

from __future__ import annotations

import itertools
import math

from sync.sandbox.world import chance, curriculum, names, profiles
from sync.sandbox.world.people import age_moment, make_families, make_student, plant_rarities
from sync.sandbox.world.records import Group, Period, Room
from sync.sandbox.world.staff import make_staff
from sync.sandbox.world.world import World

FORM_SIZE = 30
HOUSES = ("Austen", "Brunel", "Curie", "Drake")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
BELLS = (
    ("08:50:00", "09:50:00"),
    ("09:50:00", "10:50:00"),
    ("11:10:00", "12:10:00"),
    ("12:10:00", "13:10:00"),
    ("14:00:00", "15:00:00"),
)
LEAVERS_SHARE, STARTERS_SHARE = 0.03, 0.02


def make_world(profile, now):
    """The school on its first day. now: aware UTC datetime, the morning the sandbox's clock starts."""
    world = World(profile, now)
    rng = chance.dice(profile.seed, "school")
    world.academic_year = profiles.academic_year_of(profile.country, now.date())
    years = profiles.years_of(profile.country, profile.phase)
    make_families(world, rng, [years[n % len(years)] for n in range(profile.students)])
    plant_rarities(world, rng)
    staff = make_staff(world, rng, max(3, profile.students // 16), _staffing(profile))
    employees_are_parents_too(world)
    make_week(world, rng)
    make_standing_groups(world, rng, years, staff)
    teach(world, rng, years, staff)
    make_others(world, rng, years)
    return world


def _staffing(profile):
    if profiles.PHASES[profile.phase].publishes_classes:
        return [(course.name, course.share) for course in curriculum.COURSES]
    return [("Primary", 0.9)]


def employees_are_parents_too(world):
    """Two teachers have a child at the school: one UPI under two ids, as Wonde describes it."""
    for employee, contact in zip(list(world.employees.values())[1:3], list(world.contacts.values())[5:7], strict=False):
        contact.forename, contact.surname = employee.forename, employee.surname
        contact.mis_id, contact.upi = employee.mis_id, employee.upi


def make_week(world, rng):
    """Five periods on five days, and rooms."""
    for day, name in enumerate(DAYS):
        for number, (start, end) in enumerate(BELLS, 1):
            moment = age_moment(world, rng, 400)
            row = Period(
                id=world.new_id(), mis_id=world.new_mis_id(), created_at=moment, updated_at=moment,
                name=f"{name}:{number}", day=day, start_time=start, end_time=end,
            )  # fmt: skip
            world.add("periods", row)
    for number in range(1, max(4, world.profile.students // 25)):
        moment = age_moment(world, rng, 400)
        code = f"R{number}" if number % 9 else None
        row = Room(
            id=world.new_id(),
            mis_id=world.new_mis_id(),
            created_at=moment,
            updated_at=moment,
            name=f"Room {number}",
            code=code,
        )
        world.add("rooms", row)


def make_group(world, rng, name, code, kind, students=(), employees=()):
    moment = age_moment(world, rng, 300)
    row = Group(
        id=world.new_id(), mis_id=world.new_mis_id(), created_at=moment, updated_at=moment, name=name, code=code,
        type=kind, description=name, students=[row.id for row in students], employees=[row.id for row in employees],
    )  # fmt: skip
    return world.add("groups", row)


def make_standing_groups(world, rng, years, staff):
    """Groups that outlive an academic year: years, houses, boarding houses, a choir, the staff."""
    tutors = itertools.cycle(itertools.chain.from_iterable(staff.values()))
    for year in years:
        label = profiles.year_label(world.profile.country, year)
        make_group(world, rng, label, year, "YEAR", students_in(world, year), [next(tutors)])
    everyone = list(world.students.values())
    for number, house in enumerate(HOUSES):
        members = [row for n, row in enumerate(everyone) if n % 4 == number and n % 50]
        make_group(world, rng, house, house[:1], "HOUSE", members)
    if world.profile.phase == "independent":
        boarders = [student for student in everyone if student.year in years[2:]][::3]
        make_group(world, rng, "Lodge", "LG", "BOARDING", boarders[::2], [next(tutors)])
        make_group(world, rng, "Priory", "PR", "BOARDING", boarders[1::2], [next(tutors)])
    make_group(world, rng, "Choir", None, "USER", everyone[::17], [next(tutors)]).description = None
    make_group(world, rng, "Staff", None, "DEPARTMENT", [], list(itertools.chain.from_iterable(staff.values())))


def students_in(world, year):
    return [student for student in world.students.values() if student.year == year]


def teach(world, rng, years, staff):
    """What belongs to one academic year: registration groups and, if the school publishes them, classes.

    staff: {course name: [Employee]}
    """
    tutors = itertools.cycle(itertools.chain.from_iterable(staff.values()))
    forms = {}
    for year in years:
        members = students_in(world, year)
        rng.shuffle(members)
        count = max(1, math.ceil(len(members) / FORM_SIZE))
        forms[year] = {form_name(world, year, n): members[n::count] for n in range(count)}
        for name, group in forms[year].items():
            make_group(world, rng, name, name, "REGISTRATION", group, [next(tutors)])
    if not profiles.PHASES[world.profile.phase].publishes_classes:
        return
    subjects = curriculum.subjects_by_course(world) or curriculum.make_subjects(world, rng)
    cycles = {name: itertools.cycle(people) for name, people in staff.items()}
    rooms = itertools.cycle(list(world.rooms))
    made = [
        row for year in years for row in curriculum.teach_year(world, rng, year, forms[year], subjects, cycles, rooms)
    ]
    curriculum.plant_oddities(world, rng, years, subjects, cycles, made)


def form_name(world, year, number):
    if world.profile.phase == "primary":
        return f"{year} {('Oak', 'Elm', 'Ash', 'Fir', 'Yew')[number % 5]}"
    return f"{year}{chr(ord('A') + number % 26)}"


def make_others(world, rng, years):
    """Former students and those still to come, each in their own table, without contacts."""
    last, first = years[-1], years[0]
    for _ in range(max(1, int(world.profile.students * LEAVERS_SHARE))):
        student = _loose_student(world, rng, last)
        student.leaving_date = profiles.academic_year_start(world.profile.country, world.academic_year).replace(day=1)
        world.add("leavers", student)
    for _ in range(max(1, int(world.profile.students * STARTERS_SHARE))):
        student = _loose_student(world, rng, first)
        student.admission_date = profiles.academic_year_start(world.profile.country, world.academic_year + 1)
        world.add("pre_admissions", student)


def _loose_student(world, rng, year):
    surname, *pools = names.family(rng)
    return make_student(world, rng, surname, pools, year)
