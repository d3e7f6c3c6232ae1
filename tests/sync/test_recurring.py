"""Recurring work is due by a row, whatever restarts, whatever the clock does, and whatever else fails."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from parents.models import WeeklyMail
from sync import tasks
from sync.models import RecurringWork
from sync.models.recurring import LEASE
from tests.factories import StudentFactory, SyncSettingsFactory, ago
from tests.parents.world import MOTHER, a_family, a_school
from tests.parents.world import due as mail_due

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
EVERY = {"hourly": timedelta(hours=1), "daily": timedelta(days=1)}


def due(now):
    return RecurringWork.objects.take_due(EVERY, now)


def work_off(now):
    names = due(now)
    for name in names:
        RecurringWork.objects.done(name, now, EVERY[name])
    return names


def test_what_nobody_has_done_yet_is_due_at_once():
    assert due(NOON) == ["hourly", "daily"]


def test_each_is_due_again_when_its_time_has_passed():
    times = [NOON + timedelta(minutes=minutes) for minutes in range(0, 25 * 60, 10)]

    done = [name for now in times for name in work_off(now)]

    assert (done.count("hourly"), done.count("daily")) == (25, 2)


def test_what_is_lost_or_fails_is_due_again_after_the_lease_and_not_before():
    due(NOON)

    assert due(NOON + LEASE - timedelta(seconds=1)) == []
    assert due(NOON + LEASE) == ["hourly", "daily"]


def test_a_clock_that_ran_ahead_and_came_back_puts_nothing_off():
    work_off(NOON)
    work_off(NOON + timedelta(days=400))

    assert due(NOON + timedelta(minutes=1)) == ["hourly", "daily"]


def test_a_clock_that_goes_back_an_hour_delays_by_that_hour_at_most():
    work_off(NOON)

    assert "hourly" in due(NOON + timedelta(hours=1))


def test_the_tick_does_what_is_due_and_not_twice(tasks_run_at_once):
    student = StudentFactory(school=SyncSettingsFactory().school, left_at=ago(days=366))
    mail_due(a_family(a_school(), MOTHER), made_at=ago(days=398))

    tasks.queue_recurring_work()

    student.refresh_from_db()
    assert student.surname == ""
    assert not WeeklyMail.objects.exists()
    assert RecurringWork.objects.filter(done_at=None).count() == 0
    assert due_at(timezone.now()) == []


def test_after_fourteen_days_of_restarts_each_day_on_a_fresh_disk_everything_was_done_each_day(tasks_run_at_once):
    """Only the database remembers; beat asks once an hour here, from nothing each time."""
    with time_machine.travel(NOON, tick=False) as clock:
        done = set()
        for _ in range(14):
            tasks.queue_recurring_work()
            done |= set(RecurringWork.objects.values_list("name", "done_at"))
            clock.shift(timedelta(days=1))

    assert len(done) == 14 * len(tasks.RECURRING)


def test_work_that_fails_stops_no_other_and_is_due_again(monkeypatch):
    def broken():
        raise RuntimeError

    monkeypatch.setitem(tasks.RECURRING, "let go of old runs", (tasks.HOUR, broken))
    due_at(timezone.now())
    for name in tasks.RECURRING:
        with suppress(RuntimeError):
            tasks.do_recurring_work(name)

    often = {name for name, (interval, _) in tasks.RECURRING.items() if interval < LEASE}
    assert set(due_at(timezone.now() + LEASE)) - often == {"let go of old runs"}


def due_at(now):
    every = {name: interval for name, (interval, _) in tasks.RECURRING.items()}
    return RecurringWork.objects.take_due(every, now)


@pytest.mark.parametrize("name", tasks.RECURRING)
def test_twice_is_as_good_as_once(name):
    tasks.do_recurring_work(name)
    tasks.do_recurring_work(name)


def test_beat_only_asks_what_is_due_and_asks_often():
    """What runs by an interval or an hour of beat's own would wait for it anew after each restart."""
    assert all(entry["schedule"] <= 60 for entry in settings.CELERY_BEAT_SCHEDULE.values())
