"""Logs in either format: what is in every line, that nobody's details are, and the id that leads from a page there."""

import io
import json
import logging

import pytest
import redis
from celery.app.trace import build_tracer
from celery.worker.consumer.consumer import UNKNOWN_TASK_ERROR
from django.conf import settings
from django.db import IntegrityError
from django.test import Client
from structlog.contextvars import get_contextvars

from config import logs
from config.celery import app
from sync.erasing import lines
from sync.models import Access
from sync.rules.access_states import State
from sync.tasks import sync_school
from tests.api.asking import Product
from tests.factories import ApiTokenFactory, SyncSettingsFactory
from tests.running.outages import postgresql_away
from tests.tools.pages import words

NAME, ADDRESS, UPN, TOKEN = "Quillon Marchbanks", "quillon@example.org", "A123456789012", f"rb_0a1b2c3d_{'s' * 43}"
PLANTED = [*NAME.split(), ADDRESS, UPN, TOKEN, "quillon"]
ALL = f"{NAME} {ADDRESS} {UPN} {TOKEN}"
A_UUID = "0b7e0f0c-8a52-4f7e-9d5e-3f1c2a4b5d6e"


@pytest.fixture
def written():
    """{format: what a process would write in it}."""
    streams, root = {form: io.StringIO() for form in logs.FORMATS}, logging.getLogger()
    handlers = []
    for form, stream in streams.items():
        handlers.append(logging.StreamHandler(stream))
        handlers[-1].setFormatter(logs.Formatter(form))
        root.addHandler(handlers[-1])
    yield lambda form: streams[form].getvalue()
    for handler in handlers:
        root.removeHandler(handler)


def as_data(text):
    return [json.loads(line) for line in text.splitlines()]


def fail():
    try:
        {}[ALL]
    except KeyError as error:
        raise ValueError(f"{ALL} cannot be matched") from error


def run(name, args, headers):
    """Run a task as a worker does that has taken it from the queue."""
    build_tracer(name, app.tasks[name], app=app)(headers["id"], args, {}, headers | {"is_eager": False})


@pytest.mark.django_db(transaction=True)
def test_what_exceptions_queries_and_tasks_hold_of_a_person_reaches_no_line(written, monkeypatch):
    monkeypatch.setattr(sync_school, "run", lambda *args: fail())

    run(sync_school.name, [ALL], {"id": A_UUID, "argsrepr": repr([ALL])})
    logging.getLogger("celery.worker.consumer.consumer").error(UNKNOWN_TASK_ERROR, "a.task", ALL, ALL, ALL)
    logging.getLogger("celery.worker.request").error("Task handler raised error: %r", ValueError(ALL))
    asked = f"/s/harbour/?q={NAME.replace(' ', '+')}&upn={UPN}&email={ADDRESS}&token={TOKEN}"
    logging.getLogger("gunicorn.error").error("Error handling request %s %s", "GET", asked)
    logging.getLogger("gunicorn.error").warning(f"Invalid request from ip=10.0.0.7: Invalid HTTP Header: '{ALL}'")
    with postgresql_away():
        assert Client(raise_request_exception=False).get(asked, headers={"referer": asked}).status_code == 503
    logging.getLogger("sync").warning("%s, %s, %s and Bearer %s", ADDRESS, UPN, TOKEN, "x" * 40)

    for form in logs.FORMATS:
        assert [planted for planted in [*PLANTED, "10.0.0.7", "x" * 40] if planted in written(form)] == []
    failed, *others = as_data(written("json"))
    assert failed["message"] == f"Task sync.tasks.sync_school[{A_UUID}] raised unexpected: ValueError"
    assert "{}[ALL]" in failed["exception"]  # where it was raised, in our code
    assert failed["exception"].endswith("\nValueError")
    assert (failed["level"], failed["logger"], failed["task"]) == (
        "ERROR",
        "celery.app.trace",
        "sync.tasks.sync_school",
    )
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in others)
    assert "GET /s/harbour/?[left out]" in written("lines")
    assert f"[task=sync.tasks.sync_school task_id={A_UUID}] Task sync.tasks.sync_school" in written("lines")


def test_what_a_server_says_of_itself_is_told_but_not_the_row_it_names():
    error = IntegrityError('duplicate key violates "students_upn"\nDETAIL: Key (upn)=(A123456789012) already exists.')

    assert logs.without_words(error) == 'IntegrityError: duplicate key violates "students_upn"'


def test_errors_that_came_of_each_other_in_a_circle_are_told_once():
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first

    assert logs.without_words(first) == "KeyError\n\nThen:\n\nValueError"


@pytest.mark.django_db(transaction=True)
def test_the_id_of_a_request_goes_with_the_task_it_queues_and_what_that_logs_says_school_and_run(written):
    school = SyncSettingsFactory().school
    Access.objects.create(school=school, state=State.ASKED)

    answer = Product(ApiTokenFactory(every_school=True)).client.post(
        f"/api/v1/schools/{school.pk}/sync/", headers={"X-Request-ID": A_UUID}
    )
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        headers = json.loads(broker.lindex("celery", 0))["headers"]
    between = get_contextvars()
    run(sync_school.name, [school.pk], headers)

    assert (answer.status_code, answer["X-Request-ID"], between) == (202, A_UUID, {})
    (line,) = [line for line in as_data(written("json")) if line["logger"] == "celery.app.trace"]
    assert (
        line
        | {
            "request_id": A_UUID,
            "school": school.wonde_id,
            "task": "sync.tasks.sync_school",
            "task_id": answer.json()["id"],
            "run": str(school.runs.get().pk),
        }
        == line
    )
    assert get_contextvars() == {}


def test_only_an_id_that_can_be_nothing_else_is_taken_and_every_answer_and_refusal_has_one(db, written):
    client = Client()

    for harmless in (A_UUID, "5F0C2A9E71D3B846", "a" * 64):
        assert client.get("/accounts/login/", headers={"X-Request-ID": harmless})["X-Request-ID"] == harmless
    for other in (NAME, UPN, "a" * 15, "a" * 65, "a" * 16 + "\n", "../" * 6):
        answer = client.get("/api/v1/students/", headers={"X-Request-ID": other})
        assert answer.json()["request_id"] == answer["X-Request-ID"] != other
        assert len(answer["X-Request-ID"]) == 16
    refused = [line["request_id"] for line in as_data(written("json")) if line["logger"] == "django.request"]
    assert refused[-1] == answer["X-Request-ID"]  # the line that Django writes once the middleware is done
    assert get_contextvars() == {}


@pytest.mark.django_db(transaction=True)
def test_a_page_about_an_error_shows_the_id_under_which_the_log_has_it(settings):
    client = Client(raise_request_exception=False)

    with postgresql_away():
        away = client.get("/s/harbour/")
    foreign = client.get("/", headers={"host": "elsewhere.example"})
    settings.LOGIN_URL = object()  # as a bug would
    broken = client.get("/schools/harbour/classes/")

    assert [page.status_code for page in (away, foreign, broken)] == [503, 400, 500]
    for page in (away, foreign, broken):
        assert f"give this reference: {page['X-Request-ID']}" in words(page)


def test_lines_of_erasures_are_read_from_json_too_whatever_a_collector_puts_before_them(written):
    told = '{"erasure": 7, "at": "2026-11-29T22:00:00+00:00", "school": "A1", "ids": {"students": [3, 4]}}'

    logging.getLogger(lines.__name__).info("%s%s", lines.MARK, told)

    (line,) = lines.read(written("lines"))
    assert (line.erasure, line.ids) == (7, {"students": [3, 4]})
    assert lines.read("worker-1  | " + written("json")) == [line]
