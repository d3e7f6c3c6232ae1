"""Workers killed in the middle of a sync: nothing changed, and the school is synced again within two minutes. Killed
after the commit: who must know is told all the same.

Real processes: Celery's prefork worker and beat, the sandbox over HTTP, PostgreSQL and Redis.
"""

from contextlib import ExitStack, contextmanager

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone

from schools.locks import lock_school
from schools.models import School, User
from sync import tasks
from sync.engine import after_a_run
from sync.engine.runs import run_sync
from sync.models import Hold, SyncRun, SyncSettings
from sync.models.run import ANNOUNCING
from sync.sandbox.testing import running_sandbox
from tests.factories import LeadRightFactory
from tests.parents.mail import mailbox
from tests.sync.tables import RUNS, versions
from tests.sync.world import school_at
from tests.tools.waiting import wait_for
from tests.tools.workers import VICTIMS, a_beat, a_worker, strike

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

LIMIT_S = 120
STEPS = [
    "school", "classes", "members of classes", "registration groups", "staff", "students", "applying", "writing",
]  # fmt: skip
# While it reads, losing one process of the pool is the smaller harm: CI kills the whole worker there.
AT_EACH = [
    pytest.param(victim, step, marks=[pytest.mark.long] if victim == "pool child" and step in STEPS[:-2] else [])
    for victim in VICTIMS
    for step in STEPS
]
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


@contextmanager
def standing_after_the_commit(school):
    """Within the block a run that was queued is applied, and waits to say when the school is due next."""
    with transaction.atomic():
        SyncSettings.objects.select_for_update().get(school=school)
        tasks.sync_school.delay(school.pk)
        wait_for(lambda: run_applied(school, step=ANNOUNCING), 60, "no run was applied")
        yield


def run_applied(school, **which):
    return SyncRun.objects.applied().filter(school=school, **which).first()


def somebody_waits_for_a_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'sync_change'::regclass")
        return cursor.fetchone()[0]


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


@pytest.mark.parametrize(("victim", "step"), AT_EACH)
def test_a_worker_killed_at_any_step_changes_nothing_and_the_school_is_synced_within_two_minutes(
    town, env, victim, step
):
    school = school_at(town)
    before = versions(*RUNS)

    with ExitStack() as running:
        worker = running.enter_context(a_worker(env))
        with standing_at(step, town, school):
            strike(worker, victim)
            killed = timezone.now()
            assert versions(*RUNS) == before
        if victim == "whole worker":
            running.enter_context(a_worker(env))
        # Beat itself where the harm would be greatest; its two tasks alone spare a minute for each of the other steps.
        running.enter_context(a_beat(env) if step == "writing" else both_tasks_of_beat())
        run = wait_for(lambda: run_applied(school, ended_at__gte=killed), told="not synced again")
        assert (run.ended_at - killed).total_seconds() < LIMIT_S
        # The task that came back and the sweep may each bring a run; none of them stands still.
        wait_for(
            lambda: not SyncRun.objects.filter(school=school, status="running").exists(), told="a run stands still"
        )

    assert whole(school) == never_killed(town)


@pytest.mark.parametrize("step", [ANNOUNCING])
@pytest.mark.parametrize("victim", VICTIMS)
def test_what_a_worker_killed_after_the_commit_had_to_announce_is_announced_within_two_minutes(
    town, env, settings, victim, step
):
    school = school_at(town)
    after_a_run.finish(run_sync(school, SyncRun.Trigger.NIGHT))
    told = {LeadRightFactory(school=school).user.email, settings.SUPPORT_EMAIL}
    before = whole(school)
    leavers = [wonde_id for wonde_id, *_ in before[:20]]
    town.day(school.wonde_id, [{"event": "leave", "students": leavers}])

    with mailbox.running(settings) as box, ExitStack() as running:
        env |= {"EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}"}
        worker = running.enter_context(a_worker(env))
        with standing_after_the_commit(school):
            strike(worker, victim)
            killed, run = timezone.now(), run_applied(school, step=ANNOUNCING)
            assert box.mails == []
        if victim == "whole worker":
            running.enter_context(a_worker(env))
        running.enter_context(a_beat(env))
        wait_for(lambda: {address for address, _ in box.mails} >= told, told="not everybody was told")
        wait_for(lambda: run_applied(school, pk=run.pk, step=""), told="the run still says that it announces")
        assert (timezone.now() - killed).total_seconds() < LIMIT_S

    assert whole(school) == before
    assert set(Hold.objects.values_list("run", flat=True)) == {run.pk}
    assert SyncSettings.objects.get(school=school).due_at > timezone.now()


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
