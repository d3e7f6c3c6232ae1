"""PostgreSQL or Redis does not answer, is full, or takes no writes: no fault of ours, and it ends by itself.

Every such error of a request, wherever it is raised, comes to Django's handler of errors (`config.api.server_error`) or
to that of the API (`schools.rest.problems`). Both ask here, and answer 503 instead of 500.
"""

import redis
from django.db import InterfaceError, InternalError, OperationalError
from django.shortcuts import render
from kombu.exceptions import OperationalError as QueueError

from schools.web.context_processors import product

TRY_AGAIN_S = 30
READ_ONLY = "25006"  # SQLSTATE: "cannot execute INSERT in a read-only transaction", a standby
_REFUSES_WRITES = ("MISCONF", "OOM", "READONLY", "NOREPLICAS")


def is_outage(error):
    """Whether `error`, an exception or None, says that PostgreSQL or Redis is away or refuses writes.

    Of PostgreSQL: no connection, none free, it is shut down, its disk is full, a statement took too long, it is a
    standby. Of Redis the same, also where Celery hands a task to the queue.
    """
    match error:
        case OperationalError() | InterfaceError() | QueueError():
            return True
        case InternalError():
            return getattr(error.__cause__, "sqlstate", None) == READ_ONLY
    return is_of_redis(error)


def is_of_redis(error):
    """Whether `error` says that Redis is away or takes no writes. A command of ours that is wrong says neither."""
    if isinstance(error, redis.ResponseError):
        return str(error).startswith(_REFUSES_WRITES) or isinstance(
            error, redis.exceptions.ReadOnlyError | redis.exceptions.OutOfMemoryError
        )
    return isinstance(error, redis.ConnectionError | redis.TimeoutError)


def page():
    """The 503 page, from settings alone: no session, no `request.user`, no query."""
    response = render(None, "503.html", product(None), status=503)
    response["Retry-After"] = str(TRY_AGAIN_S)
    response["Cache-Control"] = "no-store"
    return response
