"""The clock of the installation: two may run, one acts."""

import pytest
import redis
from django.conf import settings
from django.db import connection

from config.celery import app
from config.embedded import free_port
from config.running.beat import LOOKS_AGAIN_S, OneOfAll
from schools.locks import BEATING
from tests.running.outages import another_session, postgresql_away
from tests.tools.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
ALL = len(settings.CELERY_BEAT_SCHEDULE)


@pytest.fixture
def beat():
    app.loader.import_default_modules()
    scheduler = OneOfAll(app=app)
    for entry in scheduler.schedule.values():
        entry.last_run_at = entry.last_run_at.replace(year=2020)  # due
    yield scheduler
    connection.close()  # and with it its lock


@pytest.fixture
def sent():
    """How many tasks have been queued."""
    queue = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    queue.flushdb()
    return lambda: queue.llen("celery")


def test_of_two_clocks_one_acts_and_the_other_takes_over_when_it_is_gone(beat, sent):
    with another_session() as first:
        first.execute("SELECT pg_advisory_lock(%s, 0)", [BEATING])
        waits = [beat.tick() for _ in range(ALL)]
        assert (set(waits), sent()) == ({LOOKS_AGAIN_S}, 0)

    wait_for(lambda: beat.tick() != LOOKS_AGAIN_S, 10, "PostgreSQL keeps the lock of a session that has ended")
    while beat.tick() == 0:
        pass
    assert sent() == ALL
    with another_session() as late:
        assert late.execute("SELECT pg_try_advisory_lock(%s, 0)", [BEATING]).fetchone() == (False,)


def test_without_postgresql_no_clock_acts_and_with_it_one_does_again(beat, sent):
    with postgresql_away():
        assert (beat.tick(), sent()) == (LOOKS_AGAIN_S, 0)

    wait_for(lambda: beat.tick() != LOOKS_AGAIN_S, 10, "it does not act again")
    assert sent() > 0


def test_without_redis_the_clock_goes_on_and_is_only_not_heard_of(beat, settings):
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {name: known | {"LOCATION": nowhere} for name, known in settings.CACHES.items()}

    wait_for(lambda: beat.tick() != LOOKS_AGAIN_S, 10, "it does not act")


def test_a_machine_that_vanishes_keeps_no_lock_for_hours(beat):
    wait_for(lambda: beat.tick() != LOOKS_AGAIN_S, 10, "PostgreSQL keeps the lock of a session that has ended")

    with connection.cursor() as cursor:
        cursor.execute("SHOW tcp_keepalives_idle")
        assert cursor.fetchone() == ("30",)
