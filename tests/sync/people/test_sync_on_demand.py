"""A sync that somebody asked for is a row: whatever the queue loses, it happens, once, and as it was confirmed."""

from datetime import timedelta

import pytest
import redis
import time_machine
from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone

from sync import tasks
from sync.models import AskedSync, SyncRun, SyncSettings
from sync.models.asked import LEASE, SOON
from tests.factories import SupportFactory, SyncRunFactory, SyncSettingsFactory, ago
from tests.sync.living import living_school
from tests.tools.broker import queued
from tests.tools.waiting import wait_for
from tests.tools.workers import a_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return SyncSettingsFactory(due_at=timezone.now() + timedelta(hours=5)).school


def empty_queue():
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.flushdb()


def by_the_clock(callbacks):
    with callbacks(execute=True):
        tasks.queue_due_schools()
    return [task for task in queued() if task.task == "sync.tasks.sync_school"]


def test_a_sync_that_the_queue_has_lost_is_queued_again_as_it_was_asked_for(school, django_capture_on_commit_callbacks):
    by = SupportFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        with django_capture_on_commit_callbacks(execute=True):
            asked = tasks.queue_sync(school, by, expected="f" * 32, rollover=True)
        (first,) = queued()
        empty_queue()
        assert by_the_clock(django_capture_on_commit_callbacks) == []  # its task may well be on its way

        clock.shift(SOON)
        (again,) = by_the_clock(django_capture_on_commit_callbacks)
        assert again == first
        assert again.id == asked.pk
        assert again.kwargs == {
            "asked_by_id": by.pk, "trigger": "person", "expected": "f" * 32, "rollover": True,
        }  # fmt: skip

        empty_queue()
        clock.shift(LEASE)
        assert by_the_clock(django_capture_on_commit_callbacks) == [first]


def test_a_sync_whose_transaction_failed_was_not_asked_for(school):
    with transaction.atomic():
        tasks.queue_sync(school, SupportFactory())
        transaction.set_rollback(True)

    assert not AskedSync.objects.exists()


def test_a_finished_sync_is_not_run_a_second_time(school):
    asked = tasks.queue_sync(school, SupportFactory())
    AskedSync.objects.end(asked.pk, SyncRunFactory(school=school))

    tasks.sync_school.apply([school.pk], asked.decided, task_id=asked.pk)

    assert SyncRun.objects.count() == 1


def test_a_nightly_task_needs_no_row(school, settings):
    settings.SYNC_READ_LIMIT_S = 1

    tasks.sync_school.apply([school.pk], task_id="a-night")

    assert SyncRun.objects.get().trigger == SyncRun.Trigger.NIGHT


def test_a_refused_sync_is_over_and_the_clock_does_not_bring_it_back(
    school, settings, django_capture_on_commit_callbacks
):
    settings.SYNC_READ_LIMIT_S = 1
    asked = tasks.queue_sync(school, SupportFactory())

    tasks.sync_school.apply([school.pk], asked.decided, task_id=asked.pk)

    asked.refresh_from_db()
    assert asked.run.status == SyncRun.Status.REFUSED
    AskedSync.objects.update(due_at=ago(hours=1))
    assert by_the_clock(django_capture_on_commit_callbacks) == []


def test_what_was_asked_is_forgotten_after_a_day(school):
    old = tasks.queue_sync(school, SupportFactory())
    AskedSync.objects.filter(pk=old.pk).update(asked_at=ago(hours=25))
    new = tasks.queue_sync(school, SupportFactory())

    AskedSync.objects.purge()

    assert AskedSync.objects.get() == new


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_redis_emptied_between_asking_and_the_worker_loses_no_sync_and_doubles_none(settings, process_env):
    with living_school(settings, students=30, read=False) as living:
        env = process_env | {
            "WONDE_BASE_URL": living.sandbox.url, "WONDE_TOKEN": living.sandbox.token,
            "REDIS_URL": django_settings.REDIS_URL,
        }  # fmt: skip
        SyncSettings.objects.update(due_at=None)
        asked = tasks.queue_sync(living.school, SupportFactory())
        assert len(queued()) == 1
        empty_queue()
        AskedSync.objects.update(due_at=ago(seconds=1))  # as SOON later
        with a_worker(env):
            for _ in range(2):
                tasks.queue_due_schools.delay()
            wait_for(lambda: AskedSync.objects.filter(over_at__isnull=False).exists(), told="no sync was made")

    run = SyncRun.objects.get()
    assert (run.status, run.task_id, run.trigger) == ("applied", asked.pk, "person")
