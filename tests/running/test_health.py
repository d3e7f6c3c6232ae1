"""What a monitor is told of this process, and of the whole installation."""

import logging
import time
from datetime import timedelta

import pytest
import redis
from django.conf import settings as known
from django.core.cache import cache
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from config.running import health, heard
from parents.models import AddressChoice
from schools.models import OutgoingMail
from tests.factories import SyncSettingsFactory, ago
from tests.running.outages import another_session
from tests.tools.waiting import wait_for
from tests.tools.workers import a_beat, a_worker, kill_all

TOKEN = "0123456789abcdef0123456789abcdef"
EVERY_PART = ["beat", "queue celery", "queue questions"]


@pytest.fixture
def monitor(settings):
    """Problems as /health/system tells them to whoever has the token."""
    settings.HEALTH_TOKEN = TOKEN
    cache.clear()

    def ask():
        answer = Client().get("/health/system", headers={"Authorization": f"Bearer {TOKEN}"})
        assert (answer.status_code, answer.json()["ok"]) == ((503, False) if answer.json()["problems"] else (200, True))
        return answer.json()["problems"]

    return ask


def test_a_probe_by_ip_address_is_answered_without_a_session_or_a_line_in_the_log(db, caplog):
    probe = Client()

    told = [probe.get(path, headers={"Host": "10.0.0.7"}) for path in ("/health/live", "/health/ready")]

    assert [(answer.status_code, answer.json()) for answer in told] == [(200, {"ok": True, "problems": {}})] * 2
    assert not probe.cookies
    assert not caplog.records
    assert probe.post("/health/ready").status_code == 405
    assert probe.head("/health/live").status_code == 200


def test_a_page_under_a_host_that_is_not_ours_is_refused_in_one_line_without_a_traceback(db, caplog, settings):
    settings.ALLOWED_HOSTS = ["rollbook.example.org"]

    answer = Client().get("/", headers={"Host": "10.0.0.7"})

    (line,) = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert (answer.status_code, line.exc_info, line.levelno) == (400, None, logging.WARNING)


def test_a_version_that_does_not_fit_the_database_is_not_ready_and_says_what_to_do(db):
    health._fits_the_database.cache_clear()
    applied = MigrationRecorder.Migration.objects.filter(app="parents")
    MigrationRecorder.Migration.objects.filter(pk=applied.latest("pk").pk).delete()

    answer = Client().get("/health/ready")

    assert answer.status_code == 503
    assert "manage.py migrate" in answer.json()["problems"]["migrations"]


def test_a_lost_key_is_not_ready(db, settings):
    health._fits_the_database.cache_clear()
    school = SyncSettingsFactory().school
    AddressChoice.objects.create(school=school, address_mark="0" * 32, key_number=7, cause="parent")

    answer = Client().get("/health/ready")

    assert answer.status_code == 503
    assert "lacks key 7" in answer.json()["problems"]["keys"]


def test_only_who_has_the_token_sees_the_whole(db, settings):
    asked = {"Authorization": f"Bearer {TOKEN}"}
    assert Client().get("/health/system", headers={"Authorization": "Bearer "}).status_code == 404
    settings.HEALTH_TOKEN = TOKEN
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}, {"Authorization": "Bearer é"}):
        assert Client().get("/health/system", headers=headers).status_code == 404
    assert Client().get("/health/system", headers=asked).status_code == 503


def test_a_part_that_has_not_been_heard_of_is_named(db, monitor):
    assert monitor().keys() == set(EVERY_PART)

    heard.note(*EVERY_PART)
    assert monitor() == {}
    cache.set("heard:beat", int(time.time()) - health.BEAT_SILENT_S - 1)
    cache.set("heard:queue:questions", int(time.time()) - health.WORKER_SILENT_S - 1)
    assert monitor().keys() == {"beat", "queue questions"}
    cache.set("heard:beat", int(time.time()) + 1000)  # the clock of its machine runs ahead
    assert monitor().keys() == {"queue questions"}


@pytest.mark.django_db(transaction=True)
def test_what_is_late_by_the_database_is_counted_and_nobody_is_named(monitor, monkeypatch):
    monkeypatch.setattr(health, "LONG_WRITE", timedelta())
    heard.note(*EVERY_PART)
    SyncSettingsFactory(due_at=ago(minutes=31))
    SyncSettingsFactory(due_at=ago(minutes=29))
    OutgoingMail.objects.create(letter="invitation", due_at=ago(minutes=31), until=timezone.now())
    with another_session() as other:
        other.execute("SELECT pg_current_xact_id()")
        told = monitor()
        other.rollback()

    assert told.keys() == {"schools", "mail", "feed"}
    assert told["schools"].startswith("Schools that have been due for more than half an hour: 1.")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_clock_and_a_real_worker_are_heard_of_and_missed_when_they_are_gone(monitor, process_env):
    env = process_env | {"REDIS_URL": known.REDIS_URL}
    with a_worker(env) as worker, a_beat(env):
        wait_for(lambda: monitor() == {}, 60, "not every part has been heard of")
        kill_all(worker)
    redis.Redis.from_url(known.REDIS_CACHE_URL).flushdb()  # as the minute would
    assert monitor().keys() == set(EVERY_PART)
