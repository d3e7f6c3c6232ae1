"""Telling leads and support by the clock: once a day at most of a red school and of a pause, and once of old data."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone

from sync.engine import after_a_run
from sync.models import SyncRun, SyncSettings
from sync.notices import overdue
from tests.factories import LeadRightFactory, SyncRunFactory, ago
from tests.last_read import runs_were
from tests.sync.ages import school_offline, school_read

pytestmark = pytest.mark.django_db


def test_support_is_mailed_about_a_red_school_once_a_day_until_it_is_read(
    tasks_run_at_once, django_capture_on_commit_callbacks
):
    school, now = school_read(hours=40), timezone.now()
    SyncRunFactory(school=school, started_at=ago(hours=2), status=SyncRun.Status.REFUSED, message="Wonde answered 500.")

    with django_capture_on_commit_callbacks(execute=True):
        assert overdue.red(now) == 1
        assert overdue.red(now) == 0
        assert overdue.red(now + timedelta(days=1)) == 1

    letter = mail.outbox[0]
    assert letter.to == [settings.SUPPORT_EMAIL]
    assert letter.subject == f"{school.name} was not synced in time"
    assert "Wonde answered 500." in letter.body
    assert "39 hours old" in letter.body or "40 hours old" in letter.body


def test_nobody_is_mailed_about_a_fresh_school(tasks_run_at_once, django_capture_on_commit_callbacks):
    school_read(hours=3)

    with django_capture_on_commit_callbacks(execute=True):
        assert overdue.red() == 0

    assert mail.outbox == []


def test_support_hears_of_a_link_that_is_down_every_day(tasks_run_at_once, django_capture_on_commit_callbacks):
    school = school_offline(8)

    with django_capture_on_commit_callbacks(execute=True):
        assert overdue.red() == 1

    letter = mail.outbox[0]
    assert letter.subject == f"{school.name} is synced, but has nothing new"
    assert "its link to SIMS is down" in letter.body
    assert "199 hours old" in letter.body or "198 hours old" in letter.body


def test_support_hears_that_wonde_stands_still(tasks_run_at_once, django_capture_on_commit_callbacks):
    school, newest = school_read(hours=3), ago(days=15)
    runs_were(school, wonde_newest=newest, as_of=newest)

    with django_capture_on_commit_callbacks(execute=True):
        overdue.red()

    assert mail.outbox[0].subject == f"{school.name} is synced, but has nothing new"
    assert "nothing has changed in Wonde since" in mail.outbox[0].body


@pytest.mark.parametrize(("nights", "told"), [(1, 0), (2, 1), (8, 1)])
def test_leads_are_told_once_when_what_we_have_is_older_than_two_days(
    nights, told, tasks_run_at_once, django_capture_on_commit_callbacks
):
    school = school_offline(nights)
    lead = LeadRightFactory(school=school).user

    with django_capture_on_commit_callbacks(execute=True):
        assert [overdue.stale(), overdue.stale(timezone.now() + timedelta(hours=1))] == [told, 0]

    assert [letter.to for letter in mail.outbox] == [[lead.email], [settings.SUPPORT_EMAIL]] * told


def test_it_is_told_again_only_after_something_newer_came(tasks_run_at_once, django_capture_on_commit_callbacks):
    school = school_offline(8)
    with django_capture_on_commit_callbacks(execute=True):
        overdue.stale()
        after_a_run.schedule_next(SyncRun.objects.filter(school=school).first())  # another night without the link
        assert overdue.stale() == 0

        after_a_run.schedule_next(SyncRunFactory(school=school, started_at=ago(hours=1)))

    assert SyncSettings.objects.get(school=school).old_told_at is None
