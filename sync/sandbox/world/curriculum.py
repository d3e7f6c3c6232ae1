"""Subjects, sets, classes by registration group, intervention groups and the oddities every school has."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from sync.sandbox.world import profiles
from sync.sandbox.world.people import age_moment
from sync.sandbox.world.records import SchoolClass, Subject, Teaching


class Course(NamedTuple):
    """short: its form in class names; sets: whether it is taught by ability in each half of a year; share: of the
    teachers."""

    name: str
    short: str
    sets: bool
    lessons: int
    share: float


COURSES = (
    Course("Mathematics", "Ma", True, 4, 0.15),
    Course("English", "En", True, 4, 0.15),
    Course("Science", "Sc", True, 4, 0.17),
    Course("History", "Hi", False, 2, 0.08),
    Course("Geography", "Gg", False, 2, 0.08),
    Course("French", "Fr", False, 2, 0.09),
    Course("Art", "Ar", False, 1, 0.06),
    Course("Computing", "Cp", False, 1, 0.06),
    Course("Physical Education", "Pe", False, 2, 0.09),
)
SET_SIZE = 27
MATHS = COURSES[0]


def course_name(world, course):
    return profiles.MIS[world.mis].maths[1] if course is MATHS else course.name


def course_code(world, course):
    mis = profiles.MIS[world.mis]
    return mis.maths[0] if course is MATHS else course.short if mis.codes else None


def class_name(world, course, year, half, number, form):
    mis = profiles.MIS[world.mis]
    pattern = mis.set_name if course.sets else mis.form_name
    return pattern.format(year=year, half=half, n=number, form=form, code=course.short, name=course_name(world, course))


def make_subjects(world, rng):
    """One subject per course, and one no longer active: {course name: subject id}."""
    found = {}
    for course in COURSES:
        name, code = course_name(world, course), course_code(world, course)
        found[course.name] = _subject(world, rng, name, code).id
    _subject(world, rng, "Latin", None).active = False
    _subject(world, rng, "Enrichment", None).active = None
    _subject(world, rng, None, "Zz")
    return found


def subjects_by_course(world):
    """{course name: subject id} for a school that already has its subjects, else nothing."""
    by_name = {subject.name: subject.id for subject in world.subjects.values()}
    found = {course.name: by_name.get(course_name(world, course)) for course in COURSES}
    return found if all(found.values()) else {}


def _subject(world, rng, name, code):
    moment = age_moment(world, rng, 400)
    row = Subject(
        id=world.new_id(), mis_id=world.new_mis_id(), created_at=moment, updated_at=moment, code=code, name=name
    )
    return world.add("subjects", row)


def make_class(world, rng, name, *, subject, year, members, teachers=(), slots=()):
    """Make a class of the present academic year, in the world's table.

    teachers: employee ids, the first is the main one.
    """
    moment = age_moment(world, rng, 80)
    row = SchoolClass(
        id=world.new_id(), mis_id=world.new_mis_id(), created_at=moment, updated_at=moment, name=name,
        code=name if profiles.MIS[world.mis].class_code else None, subject=subject, year=year,
        academic_year=world.academic_year, students=list(members), slots=list(slots),
        teachers=[Teaching(employee, main=n == 0) for n, employee in enumerate(teachers)],
    )  # fmt: skip
    return world.add("classes", row)


def split_into_sets(members, count):
    """Ability sets, as in schools: the first are the largest, the last the smallest."""
    weights = [1.25 - 0.5 * n / max(1, count - 1) for n in range(count)]
    cuts = [round(len(members) * share / sum(weights)) for share in itertools.accumulate(weights)]
    return [members[start:end] for start, end in zip([0, *cuts[:-1]], cuts, strict=True)]


def teach_year(world, rng, year, forms, subjects, staff, rooms):
    """Make all classes of one year group. Returns its maths sets.

    forms: {form name: [student]}; subjects: {course name: id}
    staff: {course name: cycle of employees}; rooms: cycle of ids
    """
    names = list(forms)
    halves = {"x": names[: (len(names) + 1) // 2], "y": names[(len(names) + 1) // 2 :]}
    if sum(map(len, forms.values())) < 150:
        halves = {"x": names}
    made = []
    for half, form_names in halves.items():
        members = [student for form in form_names for student in forms[form]]
        if not members:
            continue
        week = list(world.periods)
        rng.shuffle(week)
        for course in COURSES:
            slots, week = week[: course.lessons], week[course.lessons :]
            if course.sets:
                order = sorted(members, key=lambda student: rng.random())
                least = 2 if len(members) >= 10 else 1
                groups = split_into_sets(order, max(least, math.ceil(len(members) / SET_SIZE)))
                named = [(class_name(world, course, year, half, n, ""), group) for n, group in enumerate(groups, 1)]
            else:
                named = [(class_name(world, course, year, half, 0, form), forms[form]) for form in form_names]
            for name, group in named:
                teachers = [next(staff[course.name]).id]
                if rng.random() < 0.08 and (second := next(staff[course.name]).id) not in teachers:
                    teachers.append(second)
                room = next(rooms)
                row = make_class(
                    world,
                    rng,
                    name,
                    subject=subjects[course.name],
                    year=year,
                    members=[student.id for student in group],
                    teachers=teachers,
                    slots=[(period, room) for period in slots],
                )
                if course is MATHS:
                    made.append(row)
    return made


def maths_classes(world):
    """The mathematics classes, in the order they were made."""
    wanted = {subject.id for subject in world.subjects.values() if (subject.name or "").startswith("Math")}
    return [row for row in world.classes.values() if row.subject in wanted]


def is_intervention(school_class):
    return "Intervention" in school_class.name


def plant_oddities(world, rng, years, subjects, staff, sets):
    """Intervention groups, students in two maths sets, and classes that lack something.

    sets: this year's maths sets.
    """
    maths = subjects[MATHS.name]
    short = "Ma" if world.mis != "wcbs" else "MAT"
    year_of = {student.id: student.year for student in world.students.values()}
    for year in years[1:]:
        pupils = [student for row in sets for student in row.students[-4:] if year_of[student] == year]
        if len(pupils) >= 6:
            members = rng.sample(pupils, min(len(pupils), rng.randint(6, 9)))
            teacher = next(staff[MATHS.name]).id
            slots = [(list(world.periods)[-1], None)]
            make_class(
                world, rng, f"{short} Intervention Y{year}", subject=maths, year=year, members=members,
                teachers=[teacher], slots=slots,
            )  # fmt: skip
    for _ in range(min(5, len(world.students) // 100 + 1)):  # a change of set, with the old one left behind
        source = rng.choice([row for row in sets if row.students])
        mover = rng.choice(source.students)
        others = [
            row for row in sets if row is not source and row.students and year_of[row.students[0]] == year_of[mover]
        ]
        if others and mover not in others[0].students:
            rng.choice(others).students.append(mover)
    sets[len(sets) // 2].teachers = []
    sets[-1].academic_year = None
    make_class(world, rng, f"{years[0]}x/{short}9", subject=maths, year=years[0], members=[])
    crowd = rng.sample(list(world.students), min(18, len(world.students)))
    make_class(world, rng, "Chess Club", subject=None, year=None, members=crowd, teachers=[next(staff[MATHS.name]).id])
    make_class(world, rng, f"{years[0]} Numeracy", subject=None, year=years[0], members=sets[0].students[:12])
    if profiles.MIS[world.mis].states_academic_year:
        old = make_class(world, rng, f"{years[0]}z/Ma1", subject=maths, year=years[0], members=crowd)
        old.academic_year = world.academic_year - 1
