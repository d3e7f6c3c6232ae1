"""Workers killed in the middle of a sync: nothing changed, and the school is synced again within two minutes.

Real processes: Celery's prefork worker and beat, the sandbox over HTTP, PostgreSQL and Redis.
"""

import os
import signal
from contextlib import ExitStack, contextmanager

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone

from schools.models import School, User
from sync import tasks
from sync.locks import lock_school
from sync.models import SyncRun
from sync.runs import run_sync
from sync.sandbox.testing import running_sandbox
from tests.sync.conftest import school_at
from tests.sync.tables import RUNS, versions
from tests.waiting import wait_for, wait_until_ended
from tests.workers import a_beat, a_worker, kill_all, pool_child

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

LIMIT_S = 120
STEPS = [
    "school", "classes", "members of classes", "registration groups", "staff", "students", "applying", "writing",
]  # fmt: skip
# Requests that a fault makes late, so that the run stands at a step. "applying" waits for the lock of the school;
# "writing" has written every row and waits for the table of changes.
WAITS_AT = {
    "school": {"path": "schools/*", "query": ""},
    "classes": {"path": "schools/*/classes", "query": "include=subject"},
    "members of classes": {"path": "schools/*/classes", "query": "class_subject"},
    "registration groups": {"path": "schools/*/groups"},
    "staff": {"path": "schools/*/employees"},
    "students": {"path": "schools/*/students"},
}


@pytest.fixture
def town(settings, step):
    """A sandbox of today: other processes cannot be told another date. Only a primary school has groups for classes."""
    phase = "primary" if step == "registration groups" else "secondary"
    with running_sandbox(date=timezone.now().date(), phase=phase) as running:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
        yield running


@pytest.fixture
def env(process_env, town):
    return process_env | {"WONDE_BASE_URL": town.url, "WONDE_TOKEN": town.token, "REDIS_URL": django_settings.REDIS_URL}


@contextmanager
def both_tasks_of_beat():
    """What beat does every 30 seconds, at once."""
    tasks.sweep()
    tasks.queue_due_schools()
    yield


def run_at(school, step):
    return SyncRun.objects.filter(school=school, status="running", step=step).first()


@contextmanager
def standing_at(step, town, school):
    """Within the block a run that was queued stands at `step`, and leaves it only after the block."""
    if step == "applying":
        with transaction.atomic():
            lock_school(school.pk)
            tasks.sync_school.delay(school.pk)
            wait_for(lambda: run_at(school, step), 60, f"no run came to {step}")
            yield
    elif step == "writing":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE sync_change IN SHARE MODE")
            tasks.sync_school.delay(school.pk)
            wait_for(somebody_waits_for_a_table, 60, "no run came to its changes")
            yield
    else:
        town.fault("late", seconds=20.0, **WAITS_AT[step])
        tasks.sync_school.delay(school.pk)
        wait_for(lambda: run_at(school, step), 60, f"no run came to {step}")
        yield
        town.clear_faults()


def somebody_waits_for_a_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'sync_change'::regclass")
        return cursor.fetchone()[0]


def synced_since(school, moment):
    return SyncRun.objects.applied().filter(school=school, ended_at__gte=moment).first()


def whole(school):
    """How a school that was synced looks, whatever happened before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.wonde_id, s.forename, s.surname, s.left_at IS NULL, u.username, c.wonde_id "
            "FROM students_student s JOIN schools_user u ON u.id = s.user_id "
            "LEFT JOIN classes_enrolment e ON e.student_id = s.id AND e.left_at IS NULL "
            "LEFT JOIN classes_schoolclass c ON c.id = e.school_class_id WHERE s.school_id = %s ORDER BY 1",
            [school.pk],
        )
        return cursor.fetchall()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("victim", ["pool child", "whole worker"])
def test_a_worker_killed_at_any_step_changes_nothing_and_the_school_is_synced_within_two_minutes(
    town, env, tmp_path, victim, step
):
    school = school_at(town)
    before = versions(*RUNS)

    with ExitStack() as running:
        worker = running.enter_context(a_worker(env))
        with standing_at(step, town, school):
            if victim == "pool child":
                child = pool_child(worker)
                os.kill(child, signal.SIGKILL)
                wait_until_ended(child)
            else:
                kill_all(worker)
            killed = timezone.now()
            assert versions(*RUNS) == before
        if victim == "whole worker":
            running.enter_context(a_worker(env))
        # Beat itself where the harm would be greatest; its two tasks alone spare a minute for each of the other steps.
        running.enter_context(a_beat(env, tmp_path) if step == "writing" else both_tasks_of_beat())
        run = wait_for(lambda: synced_since(school, killed), told="not synced again")
        assert (run.ended_at - killed).total_seconds() < LIMIT_S
        # The task that came back and the sweep may each bring a run; none of them stands still.
        wait_for(
            lambda: not SyncRun.objects.filter(school=school, status="running").exists(), told="a run stands still"
        )

    assert whole(school) == never_killed(town)


def never_killed(town):
    """The same school as a single quiet sync leaves it."""
    with transaction.atomic():
        School.objects.all().delete()
        User.objects.all().delete()
        school = school_at(town)
        assert run_sync(school, SyncRun.Trigger.NIGHT).status == SyncRun.Status.APPLIED
        expected = whole(school)
        transaction.set_rollback(True)
    assert len(expected) == 60
    return expected
