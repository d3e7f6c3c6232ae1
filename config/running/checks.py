"""`manage.py check --deploy`: what only shows once it runs where it shall run."""

import time
from typing import Any

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.db import Error, connection

from config.running.health import redis_at

APART_S = 5  # how far clocks may differ: codes of second factors, links and webhooks are judged by them


@register(deploy=True)
def hosts_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Mails and links are written for SITE_URL; whoever sends another host must not choose them."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "DJANGO_ALLOWED_HOSTS lets in every host.",
            hint="Leave it empty: then it is the host of SITE_URL.",
            id="running.W001",
        )
    ]


@register(deploy=True)
def nothing_queued_is_thrown_away(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        with redis_at(settings.CELERY_BROKER_URL) as client:
            policy = client.info("memory").get("maxmemory_policy", "noeviction")
    except redis.RedisError as error:
        return [
            Warning(f"Redis cannot be asked ({type(error).__name__}).", hint="Is REDIS_URL right?", id="running.W002")
        ]
    if policy == "noeviction":
        return []
    return [
        Warning(
            f"Redis throws away what is queued when its memory is full ({policy}).",
            hint="Start it with --maxmemory-policy noeviction.",
            id="running.W003",
        )
    ]


@register(deploy=True)
def clocks_agree(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The clock of this machine, and that of PostgreSQL's and Redis's."""
    apart = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            apart["PostgreSQL"] = float(cursor.fetchone()[0]) - time.time()
        with redis_at(settings.CELERY_BROKER_URL) as client:
            seconds, microseconds = client.time()
            apart["Redis"] = seconds + microseconds / 1e6 - time.time()
    except (Error, redis.RedisError):
        pass  # that they are away is said elsewhere
    return [
        Warning(
            f"The clock of {whose} differs from this machine's by {abs(seconds):.0f} seconds.",
            hint="Have every machine keep time (chrony, systemd-timesyncd).",
            id="running.W004",
        )
        for whose, seconds in apart.items()
        if abs(seconds) > APART_S
    ]
