"""PostgreSQL killed, away and back: every address says so with 503, and works again by itself; a sync that was under
way is made up for.

Real processes: gunicorn, Celery's worker, the sandbox over HTTP, and a PostgreSQL of the drill's own.
"""

import signal
import time

import pytest
import requests
from django.db import connection
from django.utils import timezone

from schools.models import Tries
from sync import tasks
from sync.models import Change, SyncRun
from sync.sandbox.testing import running_sandbox
from tests.drill.servers import connected_to
from tests.drill.walking import statuses
from tests.site.addresses import everywhere
from tests.site.roles import ROLES
from tests.site.world import browsers
from tests.sync.world import school_at
from tests.tools.waiting import wait_for
from tests.tools.web import a_web, browser_of
from tests.tools.workers import a_worker

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def elsewhere(transactional_db, own_postgresql):
    with connected_to(own_postgresql):
        yield own_postgresql


@pytest.fixture
def env(process_env, elsewhere):
    return process_env | {"DATABASE_URL": elsewhere.url}


def test_every_address_answers_503_while_postgresql_is_away_and_works_again_by_itself(env, elsewhere, world):
    clients = browsers(world)
    sessions = {role: browser_of(clients[role]) for role in [*ROLES, "the product"]}
    sessions["the product"].headers["authorization"] = clients["the product"].defaults["HTTP_AUTHORIZATION"]
    addresses = everywhere(world)
    leave = {url: name for url, name in addresses.items() if "logout" not in name and "sign_out" not in name}
    connection.close()

    with a_web(env, workers=2) as web:
        before = statuses(web, sessions, leave)
        elsewhere.kill(signal.SIGQUIT)
        away = statuses(web, sessions, leave)
        slowest = max(_seconds(session, web) for session in sessions.values())
        elsewhere.start()
        back = time.monotonic()
        wait_for(lambda: requests.get(f"{web.url}/health/ready", timeout=20).ok, 60, "not healthy again")
        took = time.monotonic() - back
        Tries.objects.all().delete()  # so many bad links of parents from one address are limited, which is no outage
        after = statuses(web, sessions, leave)

    assert [status for status in before if status >= 500] == []
    assert [status for status in away if status >= 500] == [503]
    assert after == before
    print(f"{len(away[503]):,} of {sum(map(len, away.values())):,} pages away, the slowest after {slowest:.2f} s; "
          f"healthy {took:.2f} s after PostgreSQL is back")  # fmt: skip


def _seconds(session, web):
    began = time.monotonic()
    session.get(f"{web.url}/", timeout=20, allow_redirects=False)
    return time.monotonic() - began


def test_a_sync_during_which_postgresql_restarts_is_made_up_for_and_nothing_is_doubled(env, elsewhere, settings):
    with running_sandbox(date=timezone.now().date()) as town:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = town.url, town.token
        env |= {"WONDE_BASE_URL": town.url, "WONDE_TOKEN": town.token, "REDIS_URL": settings.REDIS_URL}
        school = school_at(town)
        with a_worker(env) as worker:
            town.fault("late", path="schools/*/students", seconds=6.0)
            tasks.sync_school.delay(school.pk)
            wait_for(lambda: SyncRun.objects.filter(school=school, step="students").exists(), 60, "no sync began")
            connection.close()
            elsewhere.kill(signal.SIGQUIT)
            elsewhere.start()
            back = time.monotonic()
            town.clear_faults()

            def applied():
                tasks.sweep()
                tasks.queue_due_schools()
                return SyncRun.objects.applied().filter(school=school).exists()

            wait_for(applied, 120, "not synced again")
            print(f"synced {time.monotonic() - back:.1f} s after PostgreSQL is back")
            assert worker.poll() is None

        wait_for(lambda: not SyncRun.objects.filter(school=school, status="running").exists(), 60, "a run stands still")
        made = Change.objects.filter(school=school, verb="create", kind="students")
        assert made.count() == made.values("row_id").distinct().count() == school.students.count() == 60
