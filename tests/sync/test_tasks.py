"""The sweep, when a school is due next, and how due schools are queued."""

from datetime import timedelta

import pytest
from django.utils import timezone

from schools.locks import alone
from sync import tasks
from sync.engine import after_a_run
from sync.models import SyncRun, SyncSettings
from tests.sync.world import synced
from tests.tools.threads import in_another_worker

FAILED, RUNNING = SyncRun.Status.FAILED, "running"


def test_the_sweep_closes_a_run_whose_worker_is_gone_and_makes_the_school_due(sandbox, school):
    dead = SyncRun.objects.create(school=school, trigger="night", task_id="t", started_at=timezone.now())

    tasks.sweep()

    dead.refresh_from_db()
    connection_row = SyncSettings.objects.get(school=school)
    assert dead.status == FAILED
    assert connection_row.due_at <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_the_sweep_leaves_a_run_alone_whose_worker_lives(committed_school):
    run = SyncRun.objects.create(school=committed_school, trigger="night", task_id="t", started_at=timezone.now())

    with alone(committed_school.pk) as free:
        assert free
        in_another_worker(tasks.sweep)()

    run.refresh_from_db()
    assert run.status == RUNNING


def test_a_nightly_run_that_was_applied_makes_the_school_due_the_next_night(sandbox, school):
    after_a_run.schedule_next(synced(school))

    sync_settings = SyncSettings.objects.get(school=school)
    assert sync_settings.due_at > timezone.now() + timedelta(hours=12)
    assert sync_settings.night == timezone.localdate(timezone=school.zone)
    assert sync_settings.tries == 0


def test_a_refused_nightly_run_is_due_again_soon(sandbox, school):
    sandbox.fault("server_error")

    after_a_run.schedule_next(synced(school))

    sync_settings = SyncSettings.objects.get(school=school)
    assert sync_settings.due_at - timezone.now() < timedelta(minutes=11)
    assert (sync_settings.tries, sync_settings.night) == (1, None)


def test_a_run_a_person_asked_for_does_not_do_the_night(sandbox, school):
    after_a_run.schedule_next(synced(school, SyncRun.Trigger.PERSON))

    assert SyncSettings.objects.get(school=school).night is None


def test_due_schools_are_queued_once_and_come_again_if_their_task_is_lost(
    sandbox, school, django_capture_on_commit_callbacks
):
    SyncSettings.objects.filter(school=school).update(due_at=timezone.now())

    with django_capture_on_commit_callbacks() as queued:
        assert tasks.queue_due_schools() == 1
        assert tasks.queue_due_schools() == 0

    assert len(queued) == 1
    assert timezone.now() < SyncSettings.objects.get(school=school).due_at < timezone.now() + timedelta(hours=1)


def test_a_school_that_is_switched_off_is_not_queued(sandbox, school):
    SyncSettings.objects.filter(school=school).update(due_at=timezone.now(), enabled=False)

    assert tasks.queue_due_schools() == 0
