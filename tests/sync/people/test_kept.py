"""Some removed, some kept, and what the nights after make of it. Real HTTP, real database."""

import pytest

from schools.models import Employee
from students.models import Student
from sync.models import Approval, Hold
from sync.people import held
from tests.factories import SupportFactory
from tests.sync.imported import here, imported_school, many_leave, sync
from tests.sync.world import a_sandbox

pytestmark = pytest.mark.django_db

REASON = "Two of them are on a school trip."


@pytest.fixture
def sandbox(settings):
    with a_sandbox(settings, students=120) as running:
        yield running


@pytest.fixture
def school(sandbox):
    return imported_school(sandbox)


@pytest.fixture
def support():
    return SupportFactory()


@pytest.fixture
def answered(sandbox, school, support):
    """(kept, removed), by Wonde id, after an answer that kept two of forty."""
    run, leavers = many_leave(sandbox, school)
    held.approve(school, support, REASON, run.asked, keys(leavers[:2]))
    sync(school)
    return leavers[:2], leavers[2:]


def keys(students):
    return [("students", pk) for pk in Student.objects.filter(wonde_id__in=students).values_list("pk", flat=True)]


def kept(school):
    return Hold.objects.listed().filter(school=school, kept_at__isnull=False)


def test_who_was_ticked_goes_and_the_others_are_kept_by_that_word(school, support, answered):
    stay, gone = answered

    assert {*stay} <= here(school)
    assert here(school).isdisjoint(gone)
    assert set(kept(school).values_list("kind", "row_id", "kept_by", "kept_because")) == {
        (*key, support.pk, REASON) for key in keys(stay)
    }
    assert not Hold.objects.filter(school=school, kept_at=None).exists()
    assert sorted(Approval.objects.get().let_go) == sorted(map(list, keys(gone)))


def test_who_is_kept_stays_on_later_nights_although_few_are_left(sandbox, school, answered):
    more = sorted(here(school) - set(answered[0]))[:3]
    sandbox.day(school.wonde_id, [{"event": "leave", "students": more}])

    run = sync(school)

    assert {*answered[0]} <= here(school)
    assert here(school).isdisjoint(more), "whom a person keeps does not use up what may pass unasked"
    assert run.waiting == []


def test_who_is_kept_stays_through_a_pause_and_a_night_without_students(sandbox, school, support, answered):
    sandbox.day(school.wonde_id, [{"event": "withdraw_permission", "scope": "students.read"}])
    sync(school)
    sandbox.day(school.wonde_id, [{"event": "grant_permission", "scope": "students.read"}])
    type(school.sync_settings).objects.filter(school=school).update(paused_at=support.created_at)
    sync(school)
    held.resume(school, support)

    sync(school)

    assert {*answered[0]} <= here(school)
    assert kept(school).count() == 2


def test_the_word_ends_when_the_mis_has_the_student_again(sandbox, school, answered):
    (back, _), _ = answered
    sandbox.day(school.wonde_id, [{"event": "return_same_id", "students": [back]}])
    sync(school)
    assert kept(school).count() == 1

    sandbox.day(school.wonde_id, [{"event": "leave", "student": back}])
    sync(school)

    assert back not in here(school), "this is another absence, and one alone passes"


def test_evidence_ends_the_word(sandbox, school, answered):
    (ended, _), _ = answered
    sandbox.day(school.wonde_id, [{"event": "return_same_id", "students": [ended]}])
    sandbox.day(school.wonde_id, [{"event": "leaving_date", "student": ended, "date": "2026-10-01"}])

    sync(school)

    assert ended not in here(school)
    assert kept(school).count() == 1


def test_somebody_may_let_go_later_whom_another_kept(school, support, answered):
    run = sync(school)

    held.approve(school, support, "They have left after all.", run.asked)
    sync(school)

    assert here(school).isdisjoint(answered[0])
    assert not Hold.objects.filter(school=school).exists()


def test_another_question_about_the_same_students_is_asked_anew(sandbox, school, support):
    run, leavers = many_leave(sandbox, school)
    held.keep(school, support, REASON, run.asked)
    sandbox.day(school.wonde_id, [{"event": "return_same_id", "students": leavers}])
    sandbox.day(
        school.wonde_id,
        [{"event": "leaving_date", "student": each, "date": "2026-10-01"} for each in leavers],
    )

    run = sync(school)

    asked = Hold.objects.listed().filter(school=school, kind="students")
    assert set(asked.values_list("limit", "kept_at", "kept_because", "run")) == {("evidence", None, "", run.pk)}
    assert [entry["code"] for entry in run.waiting] == ["stated"]


def test_staff_who_are_kept_keep_their_access_and_the_others_lose_it(sandbox, school, support):
    staff = list(Employee.objects.current().filter(school=school).order_by("pk"))
    sandbox.day(school.wonde_id, [{"event": "teacher_not_current", "employee": each.wonde_id} for each in staff])
    run = sync(school)
    assert Employee.objects.filter(school=school, stopped_at=None).count() == 0

    held.approve(school, support, REASON, run.asked, [("employees", staff[0].pk)])
    for _ in range(2):
        sync(school)

    here_now = Employee.objects.current().filter(school=school)
    assert list(here_now.values_list("pk", "stopped_at")) == [(staff[0].pk, None)]
