"""Errors told to an error tracker (Sentry, or what speaks its protocol): where they happened, never to whom.

Whatever goes wrong is logged: by Django, by Celery, by `manage.py`, or by us where we catch it. So one handler on the
log tells of them all. What leaves is made here from names in code; nothing else does, whatever the SDK has collected.
"""

import atexit
import logging
import traceback
from itertools import islice
from types import TracebackType

import sentry_sdk
from celery import current_task
from django.conf import settings
from sentry_sdk.types import Event, Hint

from config.logs import chain
from config.middleware import METHODS
from schools.web import request_ids

OURS = {"config", "schools", "students", "classes", "parents", "sync"}
LAST_WORDS_S = 2  # how long a process that ends waits for the tracker
CAUSES = 10
FRAMES = 50  # the innermost of each exception


class Teller(logging.Handler):
    """Tells the tracker of each exception that is logged as an error (settings.LOGGING). Another thread sends it."""

    def emit(self, record: logging.LogRecord) -> None:
        if not (record.exc_info and record.exc_info[0]):
            return
        try:
            sentry_sdk.capture_event({}, hint={"made": _made_of(record)})
        except Exception:  # noqa: BLE001 (as every handler of the standard library)
            self.handleError(record)


def start() -> None:
    """From now on errors of this process are told to the tracker that SENTRY_DSN names."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.SENTRY_RELEASE,
        before_send=only_what_we_made,
        before_send_transaction=nothing,
        default_integrations=False,  # they read requests, arguments and queries, and write headers into ours to Wonde
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
    )
    atexit.register(sentry_sdk.flush, LAST_WORDS_S)


def only_what_we_made(event: Event, hint: Hint) -> Event | None:
    """What leaves in place of `event`; None, nothing, for what no `Teller` has told."""
    made = hint.get("made")
    return made and {"event_id": event["event_id"], "timestamp": event["timestamp"], "platform": "python"} | made


def nothing(event: Event, hint: Hint) -> Event | None:
    """How long something took is not told."""
    return None


def _made_of(record: logging.LogRecord) -> dict[str, object]:
    """All that is told of an error."""
    tags, (_, error, trace) = _where(record), record.exc_info
    caused = [(each, trace if each is error else each.__traceback__) for each in islice(chain(error), CAUSES)]
    return {
        "level": "error",
        "release": settings.SENTRY_RELEASE or None,
        "transaction": tags.get("task") or tags.get("view"),
        "exception": {"values": [_told(*each) for each in reversed(caused)]},
        "tags": tags,
    }


def _where(record: logging.LogRecord) -> dict[str, str]:
    """Which page or task it was. Its lines in our own log are found by these."""
    found: dict[str, object] = {"request_id": request_ids.current()}
    if request := getattr(record, "request", None):
        match = request.resolver_match
        found["view"] = match and match.view_name
        found["method"] = request.method if request.method in METHODS else None
        found["status"] = getattr(record, "status_code", None)
    if current_task:
        found |= {"task": current_task.name, "task_id": current_task.request.id}
    return {name: str(value) for name, value in found.items() if value}


def _told(error: BaseException, trace: TracebackType | None) -> dict[str, object]:
    """An exception by its type and where it passed through our code, or through any where that is not in it. Never its
    message: nobody can tell a name from another word."""
    frames = [
        {
            "module": (module := frame.f_globals.get("__name__") or ""),
            "function": frame.f_code.co_name,
            "lineno": line,
            "in_app": module.partition(".")[0] in OURS,
        }
        for frame, line in traceback.walk_tb(trace)
    ]
    kept = [frame for frame in frames if frame["in_app"]] or frames
    return {"type": type(error).__name__, "module": type(error).__module__, "stacktrace": {"frames": kept[-FRAMES:]}}
