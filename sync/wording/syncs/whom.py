"""Whom the changes of a sync are about: memberships, parents and carers stand with their student, who teaches what with
the member of staff."""

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import BigIntegerField, Case, IntegerField, Min, OuterRef, Q, Subquery, Value, When

from classes.models import Enrolment, SchoolClass, Teaching
from parents.models import Guardianship
from schools.models import Employee
from students.models import Details, Student
from sync.models import Change

# What became of somebody, in the order in which people read it: code -> its heading.
GROUPS = {
    "joined": "Joined",
    "left": "Left",
    "moved": "Moved class",
    "details": "Other details",
    "classes": "Classes",
    "staff": "Staff",
}
# How many it became of: one, many.
HAPPENED = {
    "joined": ("{} student joined", "{} students joined"),
    "left": ("{} student left", "{} students left"),
    "moved": ("{} student moved class", "{} students moved class"),
    "details": ("{} student with other details", "{} students with other details"),
    "classes": ("{} class changed", "{} classes changed"),
    "staff": ("{} member of staff changed", "{} members of staff changed"),
}
# What an undo does with each group: of the removals alone, and of everything.
BACK = {
    "left": ("{} student comes back", "{} students come back"),
    "moved": ("{} student is in the class again", "{} students are in their classes again"),
    "details": ("{} student has their parents or carers again", "{} students have their parents or carers again"),
    "classes": ("{} class comes back", "{} classes come back"),
    "staff": ("{} member of staff comes back", "{} members of staff come back"),
}
BEFORE = {
    "joined": ("{} student who joined goes", "{} students who joined go"),
    "left": BACK["left"],
    "moved": ("{} student goes back to the class before", "{} students go back to the class before"),
    "details": ("{} student has the details from before", "{} students have the details from before"),
    "classes": ("{} class is as it was before", "{} classes are as they were before"),
    "staff": ("{} member of staff is as before", "{} members of staff are as before"),
}
# Kind of a change -> the kind of the row in whose line it is told.
TOLD_WITH = {
    "students": "students",
    "details": "students",
    "enrolments": "students",
    "guardianships": "students",
    "contacts": "students",
    "employees": "employees",
    "teachings": "employees",
    "classes": "classes",
}
MODELS = {"students": Student, "employees": Employee, "classes": SchoolClass}
BEGAN, ENDED = {Change.Verb.CREATE, Change.Verb.RETURN}, {Change.Verb.REMOVE, Change.Verb.ERASE}


@dataclass(frozen=True)
class Line:
    """Whom one line is about, and in which of GROUPS it stands. pk: None where the row is not there any more."""

    run_id: int
    kind: str
    pk: int | None
    group: str


def with_whom(changes):
    """`changes`, each with the row in whose line it is told: `told_kind`, `told_pk`. Of a parent or carer that is the
    first of their children here."""
    stays, links = Enrolment.objects.filter(pk=OuterRef("row_id")), Guardianship.objects.filter(pk=OuterRef("row_id"))
    children = Guardianship.objects.filter(contact=OuterRef("row_id")).order_by("pk")
    teachings, details = Teaching.objects.filter(pk=OuterRef("row_id")), Details.objects.filter(pk=OuterRef("row_id"))
    return changes.annotate(
        told_kind=Case(*[When(kind=kind, then=Value(told)) for kind, told in TOLD_WITH.items()]),
        told_pk=Case(
            When(kind="details", then=Subquery(details.values("student"))),
            When(kind="enrolments", then=Subquery(stays.values("student"))),
            When(kind="guardianships", then=Subquery(links.values("student"))),
            When(kind="contacts", then=Subquery(children.values("student")[:1])),
            When(kind="teachings", then=Subquery(teachings.values("employee"))),
            default="row_id",
            output_field=BigIntegerField(),
        ),
    )


def lines(changes):
    """Whom `changes` are about, as `Line`s in the order in which people read them: joined, left, moved …, each by name.
    As many queries whatever their number."""
    order = list(GROUPS)
    rank = Case(
        When(kind="students", verb__in=BEGAN, then=order.index("joined")),
        When(kind="students", verb__in=ENDED, then=order.index("left")),
        When(kind="enrolments", then=order.index("moved")),
        When(kind="classes", then=order.index("classes")),
        When(kind__in=["employees", "teachings"], then=order.index("staff")),
        default=order.index("details"),
        output_field=IntegerField(),
    )
    whom = with_whom(changes).order_by().values("run_id", "told_kind", "told_pk").annotate(rank=Min(rank))
    found = list(whom.values_list("rank", "run_id", "told_kind", "told_pk"))
    names = {}
    for kind, model in MODELS.items():
        wanted = {pk for _, _, of, pk in found if of == kind}
        names |= {(kind, pk): name for pk, name in model.objects.filter(pk__in=wanted).values_list("pk", "sort_name")}
    found.sort(key=lambda row: (row[0], names.get(row[2:], ""), row[3] or 0))
    return [Line(run_id, kind, pk, order[rank]) for rank, run_id, kind, pk in found]


def how_many(changes):
    """How many lines each run has: {run's id: number}, 0 for any other."""
    whom = with_whom(changes).order_by().values_list("run_id", "told_kind", "told_pk").distinct()
    return Counter(run_id for run_id, _, _ in whom)


def changes_of(changes, told):
    """Those of `changes` that are told in the lines `told`, each `with_whom`; of their parents and carers also
    those who are told with a brother or sister."""
    students, employees, classes = ([one.pk for one in told if one.kind == kind] for kind in MODELS)
    wanted = {
        "students": students,
        "details": Details.objects.filter(student__in=students).values("pk"),
        "enrolments": Enrolment.objects.filter(student__in=students).values("pk"),
        "guardianships": Guardianship.objects.filter(student__in=students).values("pk"),
        "contacts": Guardianship.objects.filter(student__in=students).values("contact"),
        "employees": employees,
        "teachings": Teaching.objects.filter(employee__in=employees).values("pk"),
        "classes": classes,
    }
    these = [Q(kind=kind, row_id__in=rows) for kind, rows in wanted.items()]
    return with_whom(changes.filter(reduce(or_, these)))


def counted(lines, words=HAPPENED):
    """How many of each group, in words: ["12 students joined", "3 students left", …]."""
    numbers = Counter(line.group for line in lines)
    return [
        (one if numbers[code] == 1 else many).format(f"{numbers[code]:,}")
        for code, (one, many) in words.items()
        if numbers[code]
    ]
