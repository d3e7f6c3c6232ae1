"""What reaches the log, and how it is written: as lines for people or, with LOG_FORMAT=json, as JSON for machines.

Never an address, nor what an exception says: a mail server's refusal names the recipient, PostgreSQL's DETAIL the row,
a KeyError whatever was looked up, and they turn up in messages from Celery, gunicorn, Django and us. So both are
removed in the one place every line passes through. Names cannot be told from other words: nobody puts one into a
message.
"""

import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import redis
from django.db import IntegrityError, InterfaceError, OperationalError
from kombu.exceptions import OperationalError as QueueError
from structlog.contextvars import get_contextvars
from structlog.processors import JSONRenderer
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict

ADDRESS = re.compile(r"""[^\s@<>()\[\]{},;:"'=]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+""")
REMOVED = [
    (ADDRESS, "[address]"),
    (re.compile(r"\b[A-Z]\d{11}[A-Z\d]\b"), "[UPN]"),
    (re.compile(r"\brb_[0-9a-f]{8}_[\w-]+"), "[token]"),
    (re.compile(r"(?i)\b(Bearer) \S+"), r"\1 [secret]"),
    (re.compile(r"(/(?:hooks/wonde|invitation|accounts/password/reset/key)/)[^/\s?]+"), r"\1[secret]"),  # it opens them
    (re.compile(r"\?[\w.%+-]+=\S*"), "?[left out]"),
    (re.compile(r"^(DETAIL: ).*$", re.MULTILINE), r"\1[left out]"),  # from PostgreSQL: the row, with its values
    # gunicorn and Celery on what they cannot read: an IP address and a header, a task with its arguments.
    (re.compile(r"(Invalid request from|full contents of the message|decode message body:)(?s:.*)"), r"\1 [left out]"),
]
# What these say is about a server or a constraint, in their first line.
TELLING = (IntegrityError, InterfaceError, OperationalError, QueueError, redis.ConnectionError, redis.TimeoutError)


def scrub(text: str) -> str:
    """`text` without addresses, UPNs, secrets, query strings and the values of rows."""
    for pattern, instead in REMOVED:
        text = pattern.sub(instead, text)
    return text


def without_words(error: BaseException) -> str:
    """The traceback of `error` and of what it came from: where, and of which type, but not what they say."""
    return "\n\nThen:\n\n".join(reversed([_raised(each) for each in chain(error)]))


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """`error`, what it came from, and so on, as Python itself would show them."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _raised(error: BaseException) -> str:
    where = traceback.format_tb(error.__traceback__)
    said = str(error).partition("\n")[0] if isinstance(error, TELLING) else ""
    head = "Traceback (most recent call last):\n" if where else ""
    return head + "".join(where) + type(error).__qualname__ + (f": {said}" if said else "")


def _told(logger: Any, method: str, event: EventDict) -> EventDict:
    """structlog's processor: what is said of a record, in the order it is written in, all of it text and scrubbed."""
    record: logging.LogRecord = event["_record"]
    told = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": event["event"],
        **dict(sorted(get_contextvars().items())),
    }
    if error := (event.get("exc_info") or (None, None))[1]:
        told["exception"] = without_words(error)
    return {name: scrub(str(value)) for name, value in told.items()}


def _line(logger: Any, method: str, told: EventDict) -> str:
    time, level, name, message, error = (
        told.pop(part, "") for part in ("time", "level", "logger", "message", "exception")
    )
    when = datetime.fromisoformat(time).astimezone()
    around = " ".join(f"{known}={value}" for known, value in told.items())
    parts = [f"{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03}", level, name, around and f"[{around}]", message]
    return " ".join(filter(None, parts)) + (f"\n{error}" if error else "")


FORMATS = {"lines": _line, "json": JSONRenderer()}


class Formatter(ProcessorFormatter):
    """Writes whatever is logged, by us or by others, in one of `FORMATS`, with what is known of the request or task."""

    def __init__(self, form: str) -> None:
        super().__init__(processors=[_told, FORMATS[form]])


class WithoutTraceback(logging.Filter):
    """Lets lines through without the traceback, where it would only say how we found somebody else's mistake."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
        return True


class WithoutWords(logging.Filter):
    """Has Celery name the type of a task's error in its messages, and leave out what the error says."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict):
            record.args = {name: _type_of(value) if name == "exc" else value for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_type_of(value) if isinstance(value, Exception) else value for value in record.args)
        return True


def _type_of(error: Any) -> str:
    """The type at the beginning of an error's `repr`, or of a sentence that ends with one."""
    return (error if isinstance(error, str) else repr(error)).partition("(")[0]


def configuration(form: str) -> dict[str, Any]:
    """Settings for logging, for every process. form: one of `FORMATS`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {form: {"()": "config.logs.Formatter", "form": form}},
        "filters": {
            "without traceback": {"()": "config.logs.WithoutTraceback"},
            "without words": {"()": "config.logs.WithoutWords"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "loggers": {
            # Anybody may ask for a host that is not ours, and many programs do.
            "django.security.DisallowedHost": {"filters": ["without traceback"]},
            "celery.app.trace": {"filters": ["without words"]},
            "celery.worker.request": {"filters": ["without words"]},
            "gunicorn.error": {"handlers": [], "propagate": True},  # it comes with a handler of its own
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
    }
