"""What happened at a school since the last sync becomes rows of ours and changes."""

from unittest.mock import ANY

import pytest

from classes.models import Enrolment, Teaching
from schools.models import User
from students.models import Student
from sync.models import Change
from sync.people.renames import asked_about
from tests.factories import StudentFactory
from tests.sync.world import a_class_of, a_student_of, changes, happen, in_class, synced, world_of


def test_a_student_who_joins_is_created_with_a_place_and_an_account(sandbox, school):
    synced(school)
    row = a_class_of(school)
    happened = happen(sandbox, school, [{"event": "join", "class": row.wonde_id}])
    wonde_id = happened[0]["student"]

    run = synced(school)

    student = Student.objects.get(school=school, wonde_id=wonde_id)
    assert wonde_id in in_class(row)
    assert student.user.username
    assert changes(run, "students", "create").get().row_id == student.pk


def test_a_student_who_leaves_keeps_the_row_and_the_account_and_the_stay_ends(sandbox, school):
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    happen(sandbox, school, [{"event": "leave", "student": student.wonde_id}])

    run = synced(school)

    student.refresh_from_db()
    assert student.left_at is not None
    assert student.user is not None
    stay = Enrolment.objects.get(student=student)
    assert (stay.school_class, stay.left_at) == (row, student.left_at)
    change = changes(run, "students", "remove").get()
    assert (change.row_id, change.cause, change.values) == (student.pk, "absence", None)


def test_a_student_who_moves_has_one_stay_after_the_other(sandbox, school):
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    (happened,) = happen(sandbox, school, [{"event": "move_class", "student": student.wonde_id, "from": row.wonde_id}])

    run = synced(school)

    first, second = Enrolment.objects.filter(student=student).order_by("pk")
    assert (first.school_class, second.school_class.wonde_id) == (row, happened["to"])
    assert first.left_at == second.joined_at
    assert second.left_at is None
    change = changes(run, "enrolments", "move").get()
    assert change.values == {"school_class": [row.pk, second.school_class_id]}
    assert not changes(run, "students", "remove").exists()


def test_a_student_who_is_renamed_keeps_the_username_and_the_change_keeps_both_names(sandbox, school):
    synced(school)
    student = a_student_of(a_class_of(school))
    username, before = student.user.username, student.forename
    happen(sandbox, school, [{"event": "rename", "student": student.wonde_id, "forename": "Zsófia"}])

    run = synced(school)

    student = Student.objects.select_related("user").get(pk=student.pk)
    assert (student.forename, student.user.username) == ("Zsófia", username)
    assert student.sort_name.endswith("zsofia")
    assert changes(run, "students", "update").get().values == {"forename": [before, "Zsófia"]}


def test_another_teacher_takes_a_class_over(sandbox, school):
    synced(school)
    row = a_class_of(school)
    before = set(Teaching.objects.current().filter(school_class=row).values_list("pk", flat=True))
    (happened,) = happen(sandbox, school, [{"event": "change_teacher", "class": row.wonde_id}])

    synced(school)

    teaching = Teaching.objects.current().get(school_class=row)
    assert teaching.employee.wonde_id == happened["employee"]
    assert teaching.pk not in before
    assert Teaching.objects.filter(pk__in=before, left_at=None).count() == 0


def leave_and_return(sandbox, school, event):
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    happen(sandbox, school, [{"event": "leave", "student": student.wonde_id}])
    synced(school)
    (happened,) = happen(sandbox, school, [{"event": event, "student": student.wonde_id}])
    sandbox.day(
        school.wonde_id,
        [{"event": "move_class", "student": happened["student"], "to": row.wonde_id}]
        if happened["student"] not in world_of(sandbox).classes[row.wonde_id].students
        else [],
    )
    return student, happened["student"], synced(school)


@pytest.mark.parametrize("event", ["return_same_id", "return_new_id"])
def test_a_student_who_comes_back_is_the_same_row_with_the_same_sign_in(sandbox, school, event):
    student, wonde_id, run = leave_and_return(sandbox, school, event)

    back = Student.objects.get(pk=student.pk)
    assert (back.left_at, back.wonde_id, back.user_id) == (None, wonde_id, student.user_id)
    assert Student.objects.filter(school=school, upi=student.upi).count() == 1
    assert changes(run, "students", "return").get().row_id == student.pk
    assert Enrolment.objects.filter(student=student).count() == 2


@pytest.mark.parametrize("renamed", [True, False])
def test_a_student_who_comes_back_under_another_first_name_is_asked_about(sandbox, school, renamed):
    """The card they have shows a username made of the name they had."""
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    student.user.username = "as.on.the.card"
    student.user.save()
    happen(sandbox, school, [{"event": "leave", "student": student.wonde_id}])
    synced(school)
    if renamed:
        world_of(sandbox).leavers[student.wonde_id].forename = "Zsófia"
    happen(
        sandbox,
        school,
        [
            {"event": "return_same_id", "student": student.wonde_id},
            {"event": "move_class", "student": student.wonde_id, "to": row.wonde_id},
        ],
    )

    run = synced(school)

    student.refresh_from_db()
    back = changes(run, "students", "return").get()
    assert asked_about(school, [student]) == ({student.pk: back.at} if renamed else {})
    assert back.values == ({"forename": [ANY, "Zsófia"]} if renamed else None)


def test_a_student_who_comes_back_under_a_new_id_and_upi_is_known_by_the_upn(sandbox, school):
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    world = world_of(sandbox)
    remote = world.students.pop(student.wonde_id)
    remote.id, remote.upi = "A999000111", "0" * 32
    world.students[remote.id] = remote
    for group in [*world.classes.values(), *world.groups.values()]:
        group.students = [remote.id if member == student.wonde_id else member for member in group.students]
    happen(sandbox, school, [])

    run = synced(school)

    student.refresh_from_db()
    assert student.wonde_id == "A999000111"
    assert student.left_at is None
    assert not Change.objects.filter(run=run, verb="remove").exists()


def test_usernames_are_never_given_twice_however_alike_the_names(sandbox, school):
    """Nor one that somebody gave up: a printed card may still show it."""
    for remote in world_of(sandbox).students.values():
        remote.forename, remote.surname = "Mohammed", "Ali"
    StudentFactory(school=school).former_usernames.create(school=school, username="MohammedA7")

    synced(school)

    usernames = list(User.objects.filter(school=school).values_list("username", flat=True))
    assert len({name.lower() for name in usernames}) == len(usernames) == 60
    assert {"mohammeda6", "mohammeda8"} < set(usernames)
    assert "mohammeda7" not in usernames


def test_evidence_ends_a_student_tonight_although_classes_still_list_them(sandbox, school):
    synced(school)
    student = a_student_of(a_class_of(school))
    happen(sandbox, school, [{"event": "leaving_date", "student": student.wonde_id}])
    members = sandbox.every(f"schools/{school.wonde_id}/classes", include="students")
    listed = {member["id"] for each in members for member in each["students"]["data"]}

    with_evidence = synced(school)

    student.refresh_from_db()
    change = changes(with_evidence, "students", "remove").get(row_id=student.pk)
    assert student.wonde_id in listed
    assert change.cause == Change.Cause.EVIDENCE
    assert student.left_at is not None
