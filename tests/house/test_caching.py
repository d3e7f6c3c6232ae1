"""What the cache gives back, and what it refuses to keep."""

import pickle
from datetime import UTC, datetime

import pytest
import redis
from django.conf import settings
from django.core.cache import cache

from config.celery import app


@pytest.mark.parametrize(
    "value",
    [
        0, -7, 3.5, True, None, "", "5", "Siân", [1, "a", None], {"a": [1, 2], 7: "an integer as a key"},
        {"at": datetime(2026, 11, 28, 9, 10, tzinfo=UTC)}, {"waiting": True},
    ],
)  # fmt: skip
def test_plain_values_come_back_as_they_were(value):
    cache.set("kept", value)

    found = cache.get("kept")

    assert found == value
    assert type(found) is type(value)


def test_integers_are_counted_with():
    cache.set("tries", 1)

    assert cache.incr("tries") == 2


def test_anything_but_a_plain_value_is_refused_when_written():
    with pytest.raises(TypeError):
        cache.set("kept", object())


def test_a_pickle_in_the_cache_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "made"), "w"))

    with redis.Redis.from_url(settings.REDIS_CACHE_URL) as client:
        client.set(cache.make_key("kept"), pickle.dumps(Evil()))

    with pytest.raises(Exception, match="MessagePack"):
        cache.get("kept")

    assert not (tmp_path / "made").exists()


def test_tasks_travel_as_json_and_nothing_else_is_read():
    assert app.conf.task_serializer == "json"
    assert app.conf.accept_content == ["json"]


def test_emptying_the_cache_leaves_the_queue():
    with redis.Redis.from_url(settings.REDIS_URL) as queue:
        queue.set("a task", "waits")
        cache.clear()

        assert queue.get("a task") == b"waits"
