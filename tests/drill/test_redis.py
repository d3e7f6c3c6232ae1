"""Redis killed for three seconds while a worker is busy: worker and beat work on, and a school is synced once.

Real processes: Celery's worker and beat, PostgreSQL, the sandbox over HTTP, and a Redis of the drill's own.
"""

import threading
import time

import pytest
from django.utils import timezone

from sync import tasks
from sync.models import SyncRun, SyncSettings
from tests.sync.world import school_at
from tests.tools.broker import queue_at
from tests.tools.waiting import wait_for
from tests.tools.workers import a_beat, a_worker

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
AWAY_S = 3


@pytest.fixture
def env(process_env, town, own_redis, monkeypatch):
    queue_at(own_redis.url, monkeypatch)
    return process_env | {"WONDE_BASE_URL": town.url, "WONDE_TOKEN": town.token, "REDIS_URL": own_redis.url}


def drop(server):
    server.kill()
    threading.Event().wait(AWAY_S)
    server.start()


def applied(school):
    return SyncRun.objects.applied().filter(school=school).count()


def test_a_busy_worker_works_on_when_redis_drops_for_three_seconds(town, env, own_redis):
    school = school_at(town)

    with a_worker(env) as worker:
        town.fault("late", path="schools/*/students", seconds=8.0)
        tasks.sync_school.delay(school.pk)
        wait_for(lambda: SyncRun.objects.filter(school=school, step="students").exists(), 60, "no sync began")
        drop(own_redis)
        back = time.monotonic()
        town.clear_faults()
        wait_for(lambda: applied(school), 60, "the sync did not end")
        assert SyncRun.objects.filter(school=school).count() == 1

        tasks.sync_school.delay(school.pk)
        wait_for(lambda: applied(school) == 2, 60, "what was queued afterwards was not done")
        print(f"the worker works {time.monotonic() - back:.1f} s after Redis is back")
        assert worker.poll() is None


def test_beat_works_on_when_redis_drops_for_three_seconds(town, env, own_redis):
    school = school_at(town)
    SyncSettings.objects.filter(school=school).update(due_at=timezone.now(), enabled=False)

    with a_worker(env), a_beat(env) as beat:
        wait_for(lambda: tasks.RecurringWork.objects.exclude(done_at=None).exists(), 90, "beat queued nothing")
        drop(own_redis)
        SyncSettings.objects.filter(school=school).update(enabled=True)
        wait_for(lambda: applied(school), 90, "beat queued nothing after Redis was back")
        assert beat.poll() is None
