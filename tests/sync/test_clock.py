"""The clock under which the demo's past is lived."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sync.management.clock import set_back
from sync.models import Change, SyncRun
from tests.sync.living import living_school

WEEK = timedelta(days=7)


@pytest.mark.django_db(transaction=True)
def test_everything_written_while_the_clock_is_set_back_is_dated_then_even_by_the_database(settings):
    now = timezone.now()
    with living_school(settings, date=now.date() - 4 * WEEK, read=False) as living:
        with set_back(now - 3 * WEEK) as clock:
            living.read()
            clock.go(now - 2 * WEEK)
            living.day({"event": "join"})
            living.school.students.first().delete()
        living.day({"event": "join"})

    first, second, today = SyncRun.objects.order_by("pk")
    assert now - 3 * WEEK <= first.started_at <= first.ended_at < now - 2 * WEEK <= second.started_at
    assert now <= today.started_at
    for run, until in ((first, now - 2 * WEEK), (second, now - WEEK), (today, timezone.now())):
        moments = set(run.changes.values_list("at", flat=True))
        assert moments
        assert all(run.started_at <= at < until for at in moments)
    (erased,) = Change.objects.filter(run=None, verb=Change.Verb.ERASE, kind="students").values_list("at", flat=True)
    assert now - 2 * WEEK < erased < now - WEEK


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_was_set_back_only_goes_forward_and_never_ahead_of_the_real_one():
    now = timezone.now()
    with set_back(now - WEEK) as clock:
        clock.go(now - 2 * WEEK)
        assert now - WEEK <= timezone.now() < now

        clock.go(now + WEEK)
        assert now <= timezone.now() < now + timedelta(minutes=5)
