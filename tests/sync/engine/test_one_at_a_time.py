"""One run of a school at a time, and what becomes of one whose worker is dead."""

import threading
import time

import pytest
from django.db import transaction
from django.utils import timezone

from schools.locks import lock_school
from students.models import Student
from sync.models import SyncRun
from tests.sync.world import synced
from tests.tools.threads import in_another_worker

APPLIED, FAILED, RUNNING = SyncRun.Status.APPLIED, SyncRun.Status.FAILED, "running"


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_the_same_moment_one_runs_and_the_other_leaves_quietly(sandbox, committed_school):
    sandbox.fault("late", "schools/*/students", count=1, seconds=0.5)

    first = in_another_worker(lambda: synced(committed_school))
    second = in_another_worker(lambda: synced(committed_school))
    runs = [first(), second()]

    (run,) = [each for each in runs if each is not None]
    assert run.status == APPLIED
    assert SyncRun.objects.filter(school=committed_school).count() == 1
    assert Student.objects.filter(school=committed_school).count() == 60


@pytest.mark.django_db(transaction=True)
def test_a_decision_of_a_person_and_a_run_wait_for_each_other(sandbox, committed_school):
    with transaction.atomic():
        lock_school(committed_school.pk)
        run = in_another_worker(lambda: synced(committed_school))
        wait_for_step(committed_school, "applying")
        assert not Student.objects.filter(school=committed_school).exists()

    assert run().status == APPLIED


def wait_for_step(school, step, limit_s=20):
    ends = time.monotonic() + limit_s
    while not SyncRun.objects.filter(school=school, status=RUNNING, step=step).exists():
        assert time.monotonic() < ends, f"no run came to {step} within {limit_s} s"
        threading.Event().wait(0.02)


def test_a_redelivered_task_takes_over_its_own_dead_run(sandbox, school):
    dead = SyncRun.objects.create(
        school=school, trigger="night", task_id="task-1", started_at=timezone.now(), step="staff"
    )

    run = synced(school, task_id="task-1")

    assert (run.pk, run.status) == (dead.pk, APPLIED)
    assert SyncRun.objects.filter(school=school).count() == 1


@pytest.mark.parametrize("task_id", ["task-2", ""])
def test_another_task_closes_the_dead_run_and_makes_its_own(sandbox, school, task_id):
    dead = SyncRun.objects.create(
        school=school, trigger="night", task_id=task_id and "task-1", started_at=timezone.now()
    )

    run = synced(school, task_id=task_id)

    dead.refresh_from_db()
    assert (dead.status, run.status) == (FAILED, APPLIED)
    assert "worker that ran this is gone" in dead.message
