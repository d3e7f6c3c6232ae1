"""Students that the MIS has in a second imported class, and the class a person chooses for them."""

from collections import defaultdict
from dataclasses import dataclass

from django.db import transaction

from classes.models import Choice, Enrolment, SchoolClass
from schools.locks import lock_school
from schools.models import AuditEntry
from students.models import Student
from sync.models import SyncRun, SyncSettings


class ChoiceRefusedError(Exception):
    """Why a class cannot be chosen for a student, in a sentence for the person who chose."""


@dataclass(frozen=True)
class Second:
    """A student in two imported classes. now: where the student is here; further: where the MIS has them too. choice:
    what a person has decided about it, None if nobody has."""

    student: Student
    now: SchoolClass
    further: list
    choice: Choice | None

    @property
    def offered(self):
        return [self.now, *self.further]


def of_school(school):
    """Every student in two imported classes as of the last complete sync, unsettled ones first; seven queries."""
    runs = SyncRun.objects.complete().filter(school=school).order_by("-started_at").only("school_id", "second_classes")
    found = of_runs(runs[:1])
    return sorted(found, key=lambda second: (second.choice is not None, second.student.sort_name, second.student.pk))


def of_runs(runs):
    """The same of several schools, each by its run, in no order; as many queries whatever their number."""
    pairs = [(run.school_id, student, school_class) for run in runs for student, school_class in run.second_classes]
    students = _both_ways(Student.objects.current(), {(of, student) for of, student, _ in pairs})
    classes = _both_ways(SchoolClass.objects.current(), {(of, school_class) for of, _, school_class in pairs})
    further = defaultdict(list)
    for of, student, school_class in pairs:
        if (of, student) in students and (of, school_class) in classes:
            further[students[of, student]].append(classes[of, school_class])
    places = Enrolment.objects.current().filter(student__in=further).select_related("school_class")
    now = {place.student_id: place.school_class for place in places}
    choices = {choice.student_id: choice for choice in Choice.objects.filter(student__in=further).select_related("by")}
    return [
        Second(student, now[student.pk], others, choices.get(student.pk))
        for student, others in further.items()
        if student.pk in now and now[student.pk] not in others
    ]


def elsewhere(school_class):
    """How many students the MIS has in this class who are in another one here, as of the last complete sync; one
    query."""
    run = SyncRun.objects.complete().filter(school=school_class.school_id).order_by("-started_at")
    pairs = run.values_list("second_classes", flat=True).first() or []
    return len({str(student) for student, key in pairs if key in (school_class.pk, school_class.wonde_id)})


def _both_ways(rows, keys):
    """Rows by `keys`, (school's id, key): a run names what it made new by Wonde id, everything else by primary key."""
    rows = rows.filter(school__in={of for of, _ in keys})
    found = list(rows.filter(pk__in={key for _, key in keys if isinstance(key, int)}))
    found += rows.filter(wonde_id__in={key for _, key in keys if isinstance(key, str)})
    return {(row.school_id, row.pk): row for row in found} | {(row.school_id, row.wonde_id): row for row in found}


@transaction.atomic
def choose(school, student_id, class_id, by, reason=""):
    """Decide that a student belongs to one of the two classes; the next sync carries it out and keeps to it.

    Queue that sync in the same transaction. Raises ChoiceRefusedError if the MIS no longer has the student there.
    """
    lock_school(school.pk)
    second = next((one for one in of_school(school) if one.student.pk == student_id), None)
    chosen = next((row for row in second.offered if row.pk == class_id), None) if second else None
    if chosen is None:
        raise ChoiceRefusedError(
            "This student is not in those two classes any more: a sync came in between. Nothing was changed. The list "
            "is as it is now."
        )
    Choice.objects.filter(student=second.student).delete()
    choice = Choice.objects.create(
        school=school, student=second.student, school_class=chosen, verdict=Choice.Verdict.CHOSEN, by=by, reason=reason
    )
    AuditEntry.objects.note(by, "chose a class for a student", choice, school, reason)
    SyncSettings.objects.want(school)
    return second.student, chosen
