"""No address reaches the log, whatever raises or logs it."""

import io
import logging
import logging.config
import uuid
from smtplib import SMTPRecipientsRefused

import pytest
from celery import signals
from celery.app.trace import build_tracer
from django.conf import settings
from django.db import IntegrityError, connection

from config import logs
from config.celery import app

PLANTED = "anne.o'brien+school@relay.example.org"
app.loader.import_default_modules()  # as a worker does, so that every task is registered
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


@pytest.fixture
def log():
    """What our handlers would write, as text."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.Formatter("lines"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def refused():
    return SMTPRecipientsRefused({PLANTED: (450, f"4.7.1 <{PLANTED}>: try again".encode())})


def run(name, body):
    """Run a task as a worker would, with `body` in place of what it does."""
    task = app.tasks[name]
    task.run, before = body, task.run
    try:
        build_tracer(name, task, app=app)(str(uuid.uuid4()), [], {}, {"id": str(uuid.uuid4()), "is_eager": False})
    finally:
        task.run = before


@pytest.mark.parametrize("name", OURS)
def test_a_task_that_fails_leaves_no_address_in_the_log(name, log):
    def fails(*arguments):
        raise refused()

    run(name, fails)

    assert "SMTPRecipientsRefused" in log.getvalue()
    assert "relay.example.org" not in log.getvalue()
    assert "brien" not in log.getvalue()


@pytest.mark.parametrize("name", OURS)
def test_a_task_that_is_tried_again_leaves_no_address_in_the_log(name, log):
    task = app.tasks[name]

    def again(*arguments):
        task.push_request(id="1", retries=0, is_eager=False, called_directly=False, delivery_info={})
        try:
            raise refused()
        except OSError as error:
            raise task.retry(exc=error, countdown=60) from error
        finally:
            task.pop_request()

    run(name, again)

    assert "retry" in log.getvalue().lower()
    assert "relay.example.org" not in log.getvalue()


def test_all_our_tasks_are_checked():
    assert {
        "schools.outgoing.send_one",
        "schools.outgoing.send_due",
        "parents.tasks.send_weekly_mail",
    } <= set(OURS)


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_is_not_in_the_log(log):
    names = ["Tobi Okoro", "Tobi Okoro"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE pupils (name text UNIQUE)")
        with pytest.raises(IntegrityError) as refusal:
            cursor.execute("INSERT INTO pupils VALUES (%s), (%s)", names)

    logging.getLogger("sync").error("it failed", exc_info=refusal.value)

    assert "pupils_name_key" in log.getvalue()
    assert "Okoro" not in log.getvalue()


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("to ada@example.org, refused", "to [address], refused"),
        ("<ada.lovelace+x@mail.example.org>", "<[address]>"),
        ("next=ada%40example.org", "next=[address]"),
        ("GET /find/?q=Okoro&page=2 failed", "GET /find/?[left out] failed"),
        ("GET /invitation/s3cr3t/ failed", "GET /invitation/[secret]/ failed"),
        ("UPN A123456789012 twice", "UPN [UPN] twice"),
        ("{'siân@ysgol.cymru': 550}", "{'[address]': 550}"),
        ("celery@worker1 ready", "celery@worker1 ready"),
        ("school A1930499544: 3 students", "school A1930499544: 3 students"),
    ],
)
def test_only_addresses_are_taken_out_of_a_line(said, written):
    assert logs.scrub(said) == written


def test_every_handler_of_ours_writes_through_the_formatter_that_scrubs():
    formatters = settings.LOGGING["formatters"]

    assert {handler["formatter"] for handler in settings.LOGGING["handlers"].values()} == set(formatters)
    assert {made["()"] for made in formatters.values()} == {"config.logs.Formatter"}
    assert not any(logger.get("handlers") for logger in settings.LOGGING["loggers"].values())


def test_a_worker_keeps_our_handlers():
    assert signals.setup_logging.receivers  # if there is one, Celery sets up none of its own
