"""What an error tracker is told, read off the wire: where an error happened, and nothing about anybody."""

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import sentry_sdk
from celery.app.trace import build_tracer
from django.conf import settings as known
from django.db import connection
from django.test import Client

from config.celery import app
from config.running import errors
from tests.tools.waiting import wait_for
from tests.tools.workers import a_worker

PROJECT = Path(__file__).parents[2]
NAME, ADDRESS, UPN, TOKEN = "Tobi Okoro", "tobi.okoro@home.example", "H801200001001", "f00df00df00df00d"
REFERENCE = "9f86d081884c7d65"
PLANTED = f"{NAME} {UPN} {ADDRESS}"
MAY_BE_TOLD = {"event_id", "timestamp", "platform", "level", "release", "transaction", "exception", "tags"}
OF_A_FRAME = {"module", "function", "lineno", "in_app"}
app.loader.import_default_modules()  # as a worker does, so that every task is registered


class Tracker(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        zipped = self.headers.get("Content-Encoding") == "gzip"
        self.server.came.append(f"{self.path}\n{self.headers}".encode() + (gzip.decompress(body) if zipped else body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *said):
        pass


@pytest.fixture
def tracker():
    """A server on this machine: `dsn`, and `came`, what it was sent, as bytes."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Tracker) as server:
        server.came, server.dsn = [], f"http://key@127.0.0.1:{server.server_port}/7"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def told(tracker, settings):
    """What this process has told the tracker until now: (event, everything that came with it as bytes)."""
    settings.SENTRY_DSN, settings.SENTRY_RELEASE = tracker.dsn, "2026-11"
    teller = errors.Teller(logging.ERROR)
    logging.getLogger().addHandler(teller)
    errors.start()
    yield lambda: sentry_sdk.flush(10) or events(tracker)
    logging.getLogger().removeHandler(teller)
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def events(tracker):
    """The events that came, each of which says no more than it may; nothing else has come."""
    found = []
    for came in tracker.came:
        assert not [word for word in (*NAME.split(), UPN, "home.example", TOKEN) if word.lower() in str(came).lower()]
        event = json.loads(came.splitlines()[-1])
        frames = [frame for each in event["exception"]["values"] for frame in each["stacktrace"]["frames"]]
        assert event.keys() == MAY_BE_TOLD
        assert {tuple(each) for each in event["exception"]["values"]} == {("type", "module", "stacktrace")}
        assert frames
        assert all(frame.keys() == OF_A_FRAME for frame in frames)
        found.append(event)
    return found


def types(event):
    return [each["type"] for each in event["exception"]["values"]]


def places(event):
    """Where it happened last, in our code."""
    return [(frame["module"], frame["function"]) for frame in event["exception"]["values"][-1]["stacktrace"]["frames"]]


@pytest.mark.django_db
def test_an_error_of_a_page_says_which_page_and_where_and_nothing_that_was_sent_to_it(told):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{PLANTED} {TOKEN}' USING DETAIL = '{PLANTED}'; END $$"
        )
        cursor.execute("CREATE TRIGGER refuse BEFORE INSERT ON schools_tries EXECUTE FUNCTION refuse()")

    answer = Client(raise_request_exception=False).post(
        f"/accounts/login/?next=/{quote(PLANTED)}/",
        {"login": ADDRESS, "password": TOKEN, UPN: NAME},
        headers={
            "Referer": f"http://testserver/{UPN}",
            "User-Agent": NAME,
            "Authorization": f"Bearer {TOKEN}",
            "X-Request-ID": UPN,
        },
    )
    Client(raise_request_exception=False).generic(
        "OKORO", "/", headers={"Cookie": "sessionid=0123456789abcdef", "X-Request-ID": REFERENCE}
    )
    event, *of_an_odd_method = told()

    assert answer.status_code == 500
    assert [each["tags"] for each in of_an_odd_method] == [{"status": "500", "request_id": REFERENCE}] * 2
    assert event["transaction"] == "account_login"
    assert event["release"] == "2026-11"
    assert event["tags"] == {
        "view": "account_login", "method": "POST", "status": "500", "request_id": answer.headers["X-Request-ID"],
    }  # fmt: skip
    assert types(event) == ["RaiseException", "ProgrammingError"]
    assert places(event)[-1] == ("schools.sign_in.tries", "take")
    assert all(frame["in_app"] for frame in event["exception"]["values"][-1]["stacktrace"]["frames"])


@pytest.mark.django_db
def test_an_error_of_a_task_says_which_task_and_its_number_and_not_what_it_was_given(told):
    name, number = "schools.outgoing.send_one", str(uuid.uuid4())

    build_tracer(name, app.tasks[name], app=app)(number, [PLANTED], {"token": TOKEN}, {"id": number})
    build_tracer(name, app.tasks[name], app=app)(number, [PLANTED], {}, {"id": number})
    given_wrongly, not_found = told()

    assert types(given_wrongly) == ["TypeError"]
    assert types(not_found) == ["ValueError", "ValueError"]
    assert not_found["tags"] == {"task": name, "task_id": number}
    assert places(not_found)[0] == ("schools.mail.outgoing", "send_one")


def test_an_error_of_a_command_is_told_before_the_process_ends_and_its_log_has_no_address(tracker):
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{quote(PLANTED)}").geturl()
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database}

    done = subprocess.run(
        [sys.executable, "manage.py", "sync_school", PLANTED], cwd=PROJECT, capture_output=True, text=True,
        env=env | {"SENTRY_DSN": tracker.dsn, "WONDE_TOKEN": TOKEN},
    )  # fmt: skip
    (event,) = events(tracker)

    assert (done.returncode, done.stdout) == (1, "")
    assert "does not exist" in done.stderr
    assert ADDRESS not in done.stderr
    assert types(event) == ["OperationalError", "OperationalError"]
    assert places(event)[0] == ("sync.management.commands.sync_school", "handle")


@pytest.mark.long
def test_a_real_worker_tells_of_an_error_in_a_process_of_its_pool(tracker, process_env):
    env = process_env | {"SENTRY_DSN": tracker.dsn, "REDIS_URL": known.REDIS_URL}
    with a_worker(env):
        app.tasks["schools.outgoing.send_one"].delay(PLANTED)
        (event,) = wait_for(lambda: events(tracker), 60, "the tracker is told of nothing")

    assert event["tags"]["task"] == "schools.outgoing.send_one"
    assert places(event)[0] == ("schools.mail.outgoing", "send_one")


def test_what_does_not_come_through_the_log_is_not_told_whoever_tells_it(told):
    sentry_sdk.set_user({"email": ADDRESS})
    sentry_sdk.capture_message(PLANTED)
    sentry_sdk.capture_exception(ValueError(PLANTED))
    with sentry_sdk.start_transaction(name=PLANTED, sampled=True):
        pass
    logging.getLogger("sync").error(PLANTED)  # not an exception

    assert told() == []
