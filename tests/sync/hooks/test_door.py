"""The door for Wonde's webhooks: who may come in, what is kept of them, and that the answer tells nothing."""

import io
import logging

import pytest
from django.db import connection
from django.test import Client

from config import logs
from sync.hooks import door, hints
from sync.models import Hook
from tests.factories import SyncSettingsFactory
from tests.sync.hooks.sending import SECRET, TOKEN, a_body, send
from tests.sync.tables import tables

pytestmark = pytest.mark.django_db
NEXT = "fedcba9876543210fedcba9876543210"


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.WONDE_HOOK_SECRETS = [SECRET, NEXT]


def outcomes():
    return list(Hook.objects.order_by("pk").values_list("type", "outcome", "times"))


def test_only_a_secret_of_ours_opens_the_door_and_without_any_there_is_none(settings):
    body = a_body("accessRevoked", "A1")

    assert [send(body, secret).status_code for secret in (SECRET, NEXT, SECRET[:-1], f"{SECRET}0", "é")] == [
        204, 204, 404, 404, 404,
    ]  # fmt: skip
    assert Client(enforce_csrf_checks=True).post(f"/hooks/wonde/{SECRET}/").status_code == 400
    assert [Client().get(f"/hooks/wonde/{secret}/").status_code for secret in (SECRET, "other")] == [405, 404]
    settings.WONDE_HOOK_SECRETS = []
    assert send(body).status_code == 404


def test_the_answer_does_not_tell_whether_the_school_or_the_type_is_known():
    school = SyncSettingsFactory().school

    answers = [
        send(a_body(kind, wonde_id))
        for kind in ("accessRevoked", "writeback", "schoolDeleted", 7)
        for wonde_id in (school.wonde_id, "A404", 1203984756, None, ["x"], "no id", "A\0")
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
    assert Hook.objects.get(school=school, type="accessRevoked").outcome == Hook.Outcome.CHECK
    assert set(Hook.objects.filter(type="accessRevoked", school=None).values_list("outcome", flat=True)) == {
        Hook.Outcome.UNKNOWN_SCHOOL
    }


@pytest.mark.parametrize(
    ("body", "status", "kept"),
    [
        (b"<!doctype html><title>Maintenance</title>", 400, [("", "unreadable", 2)]),
        (b'["accessRevoked"]', 400, [("", "unreadable", 2)]),
        (b'{"payload_type":' + b"[" * 30_000 + b"]" * 30_000 + b"}", 400, [("", "unreadable", 2)]),
        (b'{"payload_type": "accessRevoked", "school_id": "\xff"}', 400, [("", "unreadable", 2)]),
        (b'{"payload_type": "\\ud83d"}', 400, [("", "unreadable", 2)]),
        (b"", 400, [("", "unreadable", 2)]),
        (b"{}", 204, [("", "unknown_type", 2)]),
        (a_body("accessRevoked", "A404").ljust(door.MOST_BYTES), 204, [("accessRevoked", "unknown_school", 2)]),
        (a_body("accessRevoked", "A404").ljust(door.MOST_BYTES + 1), 413, []),
    ],
)
def test_what_is_no_webhook_is_counted_and_one_that_is_too_long_is_not_even_read(body, status, kept):
    assert [send(body).status_code, send(body).status_code] == [status, status]

    assert outcomes() == kept


def test_the_token_of_a_school_stands_in_no_table_and_no_log_nor_does_our_secret():
    written, school = io.StringIO(), SyncSettingsFactory().school
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.Formatter("lines"))
    logging.getLogger().addHandler(handler)
    try:
        send(a_body("schoolApproved", school.wonde_id))
        send(a_body("schoolApproved", school.wonde_id)[:-1])  # cannot be read, and is logged as a bad request
        send(b"x" * (door.MOST_BYTES + 1))
        send(a_body("schoolApproved", TOKEN))
    finally:
        logging.getLogger().removeHandler(handler)

    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{TOKEN}%"])
            assert cursor.fetchone() == (0,), table
    assert "/hooks/wonde/[secret]/" in written.getvalue()
    assert SECRET not in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_a_flood_is_refused_before_anything_is_written(monkeypatch):
    monkeypatch.setattr(door, "A_MINUTE", 1)
    send(a_body("accessRevoked", "A1"))

    refused = send(a_body("accessRevoked", "A2"))

    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert list(Hook.objects.values_list("wonde_id", flat=True)) == ["A1"]


def test_a_webhook_costs_a_handful_of_queries_whatever_has_come_before(django_assert_max_num_queries):
    school = SyncSettingsFactory().school
    for number in range(20):
        send(a_body(("accessRevoked", "schoolApproved")[number % 2], school.wonde_id))

    with django_assert_max_num_queries(9):
        send(a_body("accessRevoked", school.wonde_id))


def test_the_same_said_otherwise_is_the_same_and_a_value_of_the_wrong_type_is_read_or_left():
    known = hints.read(b'{"payload_type": "accessRevoked", "school_id": "A1", "revoke_reason": "no"}')

    assert known == hints.read(b'{"school_id": "A1", "payload_type": "accessRevoked", "school_urn": 149901}')
    assert known.digest == hints.Hint("accessRevoked", "A1").digest
    assert hints.read(b'{"payload_type": true, "school_id": {"id": "A1"}}') == hints.Hint("", "")
    assert hints.read(b'{"payload_type": "accessRevoked", "school_id": 12}') == hints.Hint("accessRevoked", "12")
