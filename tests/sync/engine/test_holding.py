"""What a run holds, how it dissolves, and what counts against a limit."""

from datetime import timedelta

from classes.models import Enrolment, SchoolClass
from students.models import Student
from sync.models import Hold
from tests.sync.world import a_class_of, a_student_of, happen, in_class, synced, world_of


def test_what_is_held_is_written_down_once_and_dissolves_when_it_is_back(sandbox, school):
    synced(school)
    leavers = sorted(in_class(a_class_of(school, 7)))[:8]
    happen(sandbox, school, [{"event": "leave", "students": leavers}])

    run = synced(school)
    assert set(Hold.objects.filter(school=school, kind="students").values_list("row_id", flat=True)) == set(
        Student.objects.filter(school=school, wonde_id__in=leavers).values_list("pk", flat=True)
    )
    assert Student.objects.current().filter(wonde_id__in=leavers).count() == 8
    assert Enrolment.objects.current().filter(student__wonde_id__in=leavers).count() == 8
    assert {entry["code"] for entry in run.waiting} & {"removals", "class"}

    again = synced(school)
    assert set(Hold.objects.filter(school=school).values_list("run", flat=True)) == {run.pk}
    assert again.pk != run.pk

    happen(sandbox, school, [{"event": "return_same_id", "student": each} for each in leavers])
    synced(school)
    remaining = Hold.objects.filter(school=school, kind="students")
    assert not remaining.exists()


def test_classes_that_were_out_and_vanish_do_not_use_up_the_limit_of_those_that_are_in(sandbox, school):
    synced(school)
    out = SchoolClass.objects.filter(school=school, status="out", left_at=None)
    for row in list(out):
        world_of(sandbox).classes.pop(row.wonde_id, None)
    happen(sandbox, school, [])
    synced(school)
    assert not out.all().exists()
    row = min(SchoolClass.objects.current().filter(school=school), key=lambda each: len(in_class(each)))
    goal = next(
        each for each in SchoolClass.objects.current().filter(school=school, year_group=row.year_group) if each != row
    )
    world = world_of(sandbox)
    movers = world.classes[row.wonde_id].students
    world.classes[goal.wonde_id].students += [m for m in movers if m not in world.classes[goal.wonde_id].students]
    del world.classes[row.wonde_id]
    happen(sandbox, school, [])

    run = synced(school)

    row.refresh_from_db()
    assert run.waiting == []
    assert row.left_at is not None


def test_absences_of_a_week_add_up_from_the_database(sandbox, school, in_term):
    synced(school)
    classes = SchoolClass.objects.current().filter(school=school).order_by("pk")
    one_each = [a_student_of(row).wonde_id for row in classes][:6]
    happen(sandbox, school, [{"event": "leave", "students": one_each}])
    in_term.shift(timedelta(days=1))
    assert synced(school).waiting == []

    extra = a_student_of(classes[0])
    happen(sandbox, school, [{"event": "leave", "student": extra.wonde_id}])
    in_term.shift(timedelta(days=1))
    assert synced(school).waiting

    in_term.shift(timedelta(days=6))
    run = synced(school)
    assert run.waiting == []
    extra.refresh_from_db()
    assert extra.left_at is not None
