"""What `manage.py check --deploy` finds where it runs."""

import pytest
import redis
import time_machine
from django.core.checks import run_checks
from django.db import connection

from config.embedded import free_port

pytestmark = pytest.mark.django_db


def found():
    return {
        message.id: message.msg for message in run_checks(include_deployment_checks=True) if "running." in message.id
    }


@pytest.fixture
def queue(settings):
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        yield client
        client.config_set("maxmemory-policy", "noeviction")


def test_a_redis_that_throws_the_queue_away_or_cannot_be_asked_and_hosts_that_anybody_may_choose_are_named(
    queue, settings
):
    assert found() == {}
    queue.config_set("maxmemory-policy", "allkeys-lru")
    settings.ALLOWED_HOSTS = ["rollbook.example.org", "*"]
    assert found().keys() == {"running.W001", "running.W003"}
    assert "allkeys-lru" in found()["running.W003"]

    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert found().keys() == {"running.W001", "running.W002"}


def test_a_clock_that_is_wrong_is_named_for_each_server_it_differs_from():
    connection.ensure_connection()
    with time_machine.travel("2026-06-01T12:00:00Z", tick=True):
        messages = [
            message.msg for message in run_checks(include_deployment_checks=True) if message.id == "running.W004"
        ]

    assert [message.partition(" differs")[0] for message in messages] == [
        "The clock of PostgreSQL",
        "The clock of Redis",
    ]
