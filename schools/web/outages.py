"""PostgreSQL or Redis does not answer, is full, or takes no writes: not our fault, and it passes.

Any such error in a request, wherever raised, reaches Django's error handler (`config.api.server_error`) or the API's
(`schools.rest.problems`). Both ask here, and answer 503 instead of 500.
"""

import redis
from django.db import InterfaceError, InternalError, OperationalError
from django.shortcuts import render
from kombu.exceptions import OperationalError as QueueError

from schools.web.context_processors import on_error

TRY_AGAIN_S = 30
READ_ONLY = "25006"  # SQLSTATE: "cannot execute INSERT in a read-only transaction", a standby
_REFUSES_WRITES = ("MISCONF", "OOM", "READONLY", "NOREPLICAS")


def is_outage(error):
    """Whether `error`, an exception or None, means that PostgreSQL or Redis is down or refuses writes.

    PostgreSQL: no connection, none free, shut down, disk full, a statement took too long, a standby. Redis: the same,
    including when Celery puts a task on the queue.
    """
    match error:
        case OperationalError() | InterfaceError() | QueueError():
            return True
        case InternalError():
            return getattr(error.__cause__, "sqlstate", None) == READ_ONLY
    return is_of_redis(error)


def is_of_redis(error):
    """Whether `error` means that Redis is down or takes no writes. A mistaken command of ours means neither."""
    if isinstance(error, redis.ResponseError):
        return str(error).startswith(_REFUSES_WRITES) or isinstance(
            error, redis.exceptions.ReadOnlyError | redis.exceptions.OutOfMemoryError
        )
    return isinstance(error, redis.ConnectionError | redis.TimeoutError)


def page():
    """The 503 page."""
    response = render(None, "503.html", on_error(), status=503)
    response["Retry-After"] = str(TRY_AGAIN_S)
    response["Cache-Control"] = "no-store"
    return response
