"""What a monitor asks: whether the servers this web process depends on answer it."""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schools.web.outages import TRY_AGAIN_S

PATIENCE_S = 2
FINE, READ_ONLY, AWAY = "fine", "read only", "away"


@require_safe
@login_not_required
@never_cache
def health(request):
    """{"postgresql": …, "redis": …}, each "fine", "read only" or "away".

    503 if PostgreSQL cannot be written to. Without Redis pages still open and people can sign in, so that is a 200.
    """
    told = {"postgresql": _postgresql(), "redis": _redis()}
    if told["postgresql"] == FINE:
        return JsonResponse(told)
    return JsonResponse(told, status=503, headers={"Retry-After": TRY_AGAIN_S})


def _postgresql():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")  # "on" for a standby too
            return READ_ONLY if cursor.fetchone() == ("on",) else FINE
    except Error:
        return AWAY


def _redis():
    """The worse of the queue's state and the cache's."""
    said = [_one_redis(url) for url in (settings.CELERY_BROKER_URL, settings.REDIS_CACHE_URL)]
    return max(said, key=[FINE, READ_ONLY, AWAY].index)


def _one_redis(url):
    patience = {"socket_timeout": PATIENCE_S, "socket_connect_timeout": PATIENCE_S}
    try:
        with redis.Redis.from_url(url, **patience) as client:
            client.set("health", 1, ex=60)
    except redis.ResponseError:
        return READ_ONLY
    except redis.RedisError:
        return AWAY
    return FINE
