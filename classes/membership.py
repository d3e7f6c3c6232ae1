"""Who would be in two classes if these classes came in: a pure check, and the few queries that feed it.

Students are named by Wonde id, because most of them are not here yet; those made by hand, who have none, by "#" and our
id.
"""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import combinations

from django.db.models import Q

from classes.models import Choice, Enrolment, SchoolClass
from students.models import Student


@dataclass(frozen=True)
class ClassInCheck:
    """A class in the check. lessons: how many a week, None if the timetable is not known. known: whether its members
    are known."""

    key: int
    name: str
    sort_name: str
    members: frozenset = frozenset()
    lessons: int | None = None
    is_asked: bool = False
    known: bool = True

    @property
    def size(self):
        return len(self.members)

    @property
    def called(self):
        return self.name or "a class without a name"


@dataclass(frozen=True)
class Double:
    """A student who would be in two or more classes, in the order they would be chosen."""

    student: str
    classes: tuple


@dataclass(frozen=True)
class Suggestion:
    """Which class is the core class among an asked one and those it shares students with, and why."""

    asked: ClassInCheck
    core: ClassInCheck
    grounds: str


@dataclass(frozen=True)
class Check:
    """groups: every class that is or would be in, by key. shared: (key, key) -> how many students they share."""

    groups: dict
    doubles: list = field(default_factory=list)
    shared: dict = field(default_factory=dict)
    suggestions: list = field(default_factory=list)

    @property
    def asked(self):
        return sorted((group for group in self.groups.values() if group.is_asked), key=_order)

    @property
    def neighbours(self):
        """Classes that an asked one shares students with, in order."""
        keys = {key for pair in self.shared for key in pair}
        return sorted((self.groups[key] for key in keys if not self.groups[key].is_asked), key=_order)

    def matrix(self):
        """(columns, rows): the asked classes and the neighbours; and for each asked class (the class, [(column, how
        many students it shares with it, None for itself)], how many of its students any other has too)."""
        columns = self.asked + self.neighbours
        elsewhere = Counter(key for double in self.doubles for key in double.classes)
        return columns, [
            (row, [(column, None if row is column else self.between(row, column)) for column in columns],
             elsewhere[row.key])
            for row in self.asked
        ]  # fmt: skip

    def between(self, one, other):
        return self.shared.get(_pair(one.key, other.key), 0)

    def stays(self, double):
        """Where a student in two classes goes unless somebody says otherwise: where they are now, else the first."""
        return next((key for key in double.classes if not self.groups[key].is_asked), double.classes[0])

    @property
    def as_it_comes(self):
        """(student, class) of every membership left out unless somebody says otherwise."""
        return {(one.student, key) for one in self.doubles for key in one.classes if key != self.stays(one)}

    def emptied(self, left_out):
        """Classes asked for, and those they share students with, that are known to be empty once `left_out` ((student,
        class) pairs) is obeyed, including those that were empty before."""
        return [
            group
            for group in self.asked + self.neighbours
            if group.known and all((student, group.key) in left_out for student in group.members)
        ]

    @property
    def fingerprint(self):
        """Identifies exactly what was shown: which classes are asked for, whose members are known, and who would be in
        which two classes."""
        told = [(double.student, double.classes) for double in self.doubles]
        asked = [(group.key, group.known) for group in self.asked]
        return hashlib.sha256(repr((sorted(told), sorted(asked))).encode()).hexdigest()[:32]


def check(groups):
    """Check `groups`: the classes that are in, and those asked for, marked as such."""
    by_key = {group.key: group for group in groups}
    of_student = defaultdict(list)
    for group in sorted(groups, key=_order):
        for student in group.members:
            of_student[student].append(group)
    shared, doubles = Counter(), []
    for student, own in of_student.items():
        if len(own) < 2 or not any(group.is_asked for group in own):
            continue
        doubles.append(Double(student, tuple(group.key for group in own)))
        for one, other in combinations(own, 2):
            if one.is_asked or other.is_asked:
                shared[_pair(one.key, other.key)] += 1
    found = Check(by_key, sorted(doubles, key=lambda double: double.student), dict(shared))
    return replace(found, suggestions=[_suggest(found, group) for group in found.asked if _rivals(found, group)])


def _order(group):
    """The order a student's class is chosen in: by size, then lessons a week, then name, then id."""
    return (-group.size, -(group.lessons or 0), group.sort_name, group.key)


def _pair(one, other):
    return (one, other) if one < other else (other, one)


def _rivals(found, asked):
    return [group for group in found.groups.values() if group is not asked and found.between(asked, group)]


def _suggest(found, asked):
    rivals = _rivals(found, asked)
    core = min([asked, *rivals], key=_order)
    both = sum(1 for double in found.doubles if asked.key in double.classes)
    if core is asked:
        other = min(rivals, key=_order)
        grounds = f"{asked.name} is the core class: {_against(asked, other)}."
    else:
        grounds = f"{core.name} is the core class: {_against(core, asked)}. "
        some = f"{both} of its {asked.size} students {'is' if both == 1 else 'are'} in other classes"
        some = f"all of its students ({both}) are in other classes" if both == asked.size else some
        looks = f"{asked.name} looks like an intervention group" if 2 * both > asked.size else asked.name
        grounds += f"{looks}: {some}."
    return Suggestion(asked, core, grounds)


def _against(core, other):
    """Why `core` comes before `other`, in words."""
    if core.size != other.size:
        return f"it has {core.size} students, {other.name} has {other.size}"
    if (core.lessons or 0) != (other.lessons or 0):
        return f"both have {core.size} students, but it has {core.lessons} lessons a week, not {other.lessons or 0}"
    return f"both have {core.size} students, and its name comes first"


def of_school(school, asked, leaving=(), rolls=None):
    """Check the classes `asked` (primary keys) of `school`, in a fixed number of queries.

    leaving: classes treated as out. rolls: Wonde id of a class -> what Wonde says now (`sync.wonde.rolls.Roll`:
    students, lessons); without it, members of classes that are out are those of the last sync.
    """
    rolls = rolls or {}
    wanted = Q(status=SchoolClass.Status.IN) | Q(decision=SchoolClass.Status.IN) | Q(pk__in=asked)
    rows = [
        row
        for row in SchoolClass.objects.present().filter(wanted, school=school).exclude(pk__in=leaving)
        if row.decision != SchoolClass.Status.OUT or row.pk in asked
    ]
    placed = defaultdict(set)
    places = Enrolment.objects.current().filter(school=school, student__left_at=None)
    for school_class, student, wonde_id in places.values_list("school_class", "student", "student__wonde_id"):
        placed[school_class].add(wonde_id or f"#{student}")
    left_out = defaultdict(set)
    settled = Choice.objects.filter(school=school, verdict=Choice.Verdict.LEFT_OUT)
    for school_class, wonde_id, held in settled.values_list("school_class", "wonde_id", "student__wonde_id"):
        left_out[school_class].add(wonde_id or held)
    return check(
        [_group(row, placed[row.pk], left_out[row.pk], rolls.get(row.wonde_id), row.pk in asked) for row in rows]
    )


def _group(row, placed, left_out, roll, is_asked):
    members = placed if row.status == SchoolClass.Status.IN else set(row.member_ids)
    if roll and (is_asked or row.status == SchoolClass.Status.OUT):
        members = set(roll.students)
    return ClassInCheck(
        key=row.pk,
        name=row.name,
        sort_name=row.sort_name,
        members=frozenset(members - left_out),
        lessons=roll.lessons if roll else None,
        is_asked=is_asked,
        known=bool(roll or members or row.status == SchoolClass.Status.IN or row.reason == "no_students"),
    )


def names(school, students, rolls=None):
    """Wonde id -> name as in a list, for those who are here (one query) and those just read from Wonde (`rolls`)."""
    known = {}
    for roll in (rolls or {}).values():
        known |= roll.students
    held = Student.objects.current().filter(school=school, wonde_id__in=students)
    return {key: name for key, name in known.items() if key in students} | {row.wonde_id: row.list_name for row in held}
