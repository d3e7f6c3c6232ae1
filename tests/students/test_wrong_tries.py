"""Wrong tries to sign in: who sees them, who is told, how long they are kept."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry, Tries
from schools.sign_in import tries
from students.models import WrongTries
from sync.notices import wrong_tries
from sync.tasks import do_recurring_work
from tests.factories import (
    EnrolmentFactory,
    LeadRightFactory,
    StudentFactory,
    StudentUserFactory,
    SyncSettingsFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db
NINE = timezone.now().replace(hour=9, minute=2, second=0, microsecond=0)


@pytest.fixture
def school():
    return SyncSettingsFactory(school__name="Fenbrook Academy", school__timezone="UTC").school


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school, user__email="lead@fenbrook.example").user)


def tobi(school):
    student = StudentFactory(
        school=school, user=StudentUserFactory(school=school), forename="Tobi", surname="Okoro", sort_name="okoro tobi"
    )
    EnrolmentFactory(student=student, school=school, school_class__school=school)
    return student


def wrong(school, student=None, times=1):
    for _ in range(times):
        WrongTries.objects.note(school.pk, student and student.pk)


def page(school):
    return reverse("students:wrong_tries", args=[school.code])


# --- The page ----------------------------------------------------------------------------------------------------


def test_leads_and_support_see_whose_sign_in_was_tried_and_how_often(school, lead):
    student = tobi(school)
    wrong(school, student, times=3)
    wrong(school, times=4)
    wrong(SyncSettingsFactory().school, times=9)

    for client in (lead, support_client(looks_at=[school])):
        said = words(client.get(page(school)))

        assert said.index("no username of this school 4") < said.index("Okoro, Tobi 3")
        assert " 9 " not in said


def test_leavers_are_counted_without_a_name(school, lead):
    student = tobi(school)
    wrong(school, student)
    student.left_at = timezone.now()
    student.save()

    said = words(lead.get(page(school)))

    assert "a student who is not here now 1" in said
    assert "Okoro" not in said


def test_a_school_without_wrong_tries_is_told_so(school, lead):
    assert "No wrong tries" in words(lead.get(page(school)))


def test_the_page_costs_the_same_for_one_student_and_for_a_thousand(school, lead, django_assert_max_num_queries):
    students = [StudentFactory(school=school) for _ in range(60)]
    for student in students:
        wrong(school, student)

    with django_assert_max_num_queries(9):
        said = words(lead.get(page(school)))

    assert "next" in said.lower()


def test_a_students_own_page_says_how_many_wrong_tries_and_when(school, lead):
    student = tobi(school)
    wrong(school, student, times=2)

    assert "Wrong tries 2 in 90 days, the last today" in words(lead.get(reverse("students:detail", args=[student.pk])))


# --- Who is told -------------------------------------------------------------------------------------------------


def test_two_hundred_wrong_tries_in_an_hour_are_told_to_leads_and_support_once_a_day(
    school, lead, tasks_run_at_once, django_capture_on_commit_callbacks
):
    with time_machine.travel(NINE, tick=False) as clock, django_capture_on_commit_callbacks(execute=True):
        wrong(school, tobi(school), times=100)
        clock.shift(8 * 60)
        wrong(school, times=99)
        assert wrong_tries.tell() == 0
        wrong(school)
        assert [wrong_tries.tell(), wrong_tries.tell()] == [1, 0]
        clock.shift(60 * 60)
        wrong(school, times=300)
        assert wrong_tries.tell() == 0

    assert sorted(sent.to[0] for sent in mail.outbox) == ["help@example.org", "lead@fenbrook.example"]
    assert "200 wrong tries" in mail.outbox[0].subject
    assert "Between 09:02 and 09:10" in mail.outbox[0].body
    assert "Tobi" not in mail.outbox[0].body
    assert AuditEntry.objects.get(verb=wrong_tries.TOLD).reason == "200 between 09:02 and 09:10"


def test_leads_and_support_are_told_again_another_day(school, django_capture_on_commit_callbacks):
    told = []
    with time_machine.travel(NINE, tick=False) as clock, django_capture_on_commit_callbacks():
        for _ in range(2):
            wrong(school, times=200)
            told.append(wrong_tries.tell())
            clock.shift(25 * 60 * 60)

    assert told == [1, 1]


# --- How long ----------------------------------------------------------------------------------------------------


def test_wrong_tries_are_kept_for_ninety_days_and_counters_for_an_hour(school):
    for days in (91, 89, 0):
        with time_machine.travel(ago(days=days)):
            wrong(school)
    tries.take("now")
    with time_machine.travel(timezone.now() - timedelta(minutes=61)):
        tries.take("long ago")

    for work in ("forget tries to sign in", "forget wrong tries"):
        do_recurring_work(work)

    assert WrongTries.objects.count() == WrongTries.objects.lately().count() == 2
    assert [row.key for row in Tries.objects.all()] == ["now"]
