"""What Prometheus is told at /metrics, of web processes, workers and schools; no school or person is in a label.

Workers open no port: what they do stands in rows and in Redis, and any web process reads it there. So every web process
of an installation says the same of all this, and of requests only its own machine's (`config.running.counted`).
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from kombu.transport.redis import Channel
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.running import counted, figures, health, heard
from config.running.figures import Figures
from sync.wonde import answers

KEPT_S = 60  # what PostgreSQL says is asked for once in that time, by whichever process is asked first
PROBLEMS = ("postgresql", "redis", "migrations", "keys")  # of `health.here`
PRIORITIES = {"first": 0, "last": settings.BULK_PRIORITY}

TOLD = {  # what a metric says, and its labels
    "problem": ("1: something keeps this process from its work, as /health/ready says.", ("what",)),
    "queue_tasks": ("Tasks that wait for a worker.", ("queue", "priority")),
    "queue_wait_seconds": ("Seconds that the oldest of the tasks that wait has waited.", ("queue", "priority")),
    "silent_seconds": ("Seconds since the clock, or any worker of a queue, was last heard of.", ("part",)),
    "wonde_answers_total": ("Answers of Wonde by status; none: it did not answer.", ("status",)),
} | figures.TOLD


class _Headers(msgspec.Struct):
    queued_at: float | None = None


class _Queued(msgspec.Struct):
    """A task in Redis, of which we read only when it was queued (`config.celery`)."""

    headers: _Headers


def exposition(request: HttpRequest) -> HttpResponse:
    shown = CollectorRegistry()
    counted.show(shown)
    shown.register(_Installation())
    return HttpResponse(generate_latest(shown), content_type=CONTENT_TYPE_LATEST)


class _Installation(Collector):
    """All but requests, as it is when it is collected."""

    def collect(self) -> Iterable[Metric]:
        told = _now()
        for name, (text, labels) in TOLD.items():
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            family = kind(f"rollbook_{name}", text, labels=labels)
            for values, number in told.get(name, []):
                family.add_metric(values, number)
            yield family


def _now() -> Figures:
    """What cannot be known now is left out."""
    problems = health.here()
    told: Figures = {"problem": [((what,), what in problems) for what in PROBLEMS]}
    sources: dict[str, Callable[[], Figures]] = {"redis": _of_redis, "postgresql": _of_postgresql}
    for server, source in sources.items():
        if server not in problems:
            with suppress(Error, redis.RedisError):  # it has gone since
                told |= source()
    return told


def _of_redis() -> Figures:
    queues = [known.name for known in settings.CELERY_TASK_QUEUES]
    silent = heard.silent_s([heard.BEAT, *map(heard.queue, queues)])
    return _of_queues(queues) | {
        "silent_seconds": [((part,), float("inf") if for_s is None else for_s) for part, for_s in silent.items()],
        "wonde_answers_total": [((status,), number) for status, number in answers.counted().items()],
    }


def _of_queues(queues: list[str]) -> Figures:
    lists = {
        (name, word): f"{name}{Channel.sep}{priority}" if priority else name
        for name in queues
        for word, priority in PRIORITIES.items()
    }
    with health.redis_at(settings.CELERY_BROKER_URL) as client, client.pipeline(transaction=False) as pipe:
        for key in lists.values():
            pipe.llen(key)
            pipe.lindex(key, -1)  # the next to be taken
        said = pipe.execute()
    waits = {labels: _waited(oldest) for labels, oldest in zip(lists, said[1::2], strict=True)}
    return {
        "queue_tasks": list(zip(lists, said[::2], strict=True)),
        "queue_wait_seconds": [(labels, wait) for labels, wait in waits.items() if wait is not None],
    }


def _waited(message: bytes | None) -> float | None:
    """For how many seconds; 0 where nothing waits, None where the message does not say."""
    if message is None:
        return 0
    queued_at = msgspec.json.decode(message, type=_Queued).headers.queued_at
    return None if queued_at is None else max(0, time.time() - queued_at)


def _of_postgresql() -> Figures:
    told = cache.get("figures")
    if told is None:
        told = figures.now(timezone.now())
        cache.set("figures", told, KEPT_S)
    return told
