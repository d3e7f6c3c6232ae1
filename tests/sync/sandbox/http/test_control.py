"""The control pages: for this machine only, and what they say."""

import json

import pytest

from sync.sandbox.http.control import _refusal
from sync.sandbox.http.messages import Request


def test_the_request_log_shows_what_was_asked_without_tokens(sandbox, school, ask):
    sandbox.fault("server_error", query="page=2")
    sandbox.clear_requests()
    ask(f"/v1.0/{school}/students?include=classes")
    ask(f"/v1.0/{school}/students?page=2", method="HEAD")

    asked = sandbox.requests()

    assert asked == [
        {"method": "GET", "path": f"/v1.0/{school}/students", "query": "include=classes", "status": 200, "fault": None},
        {
            "method": "HEAD",
            "path": f"/v1.0/{school}/students",
            "query": "page=2",
            "status": 500,
            "fault": "server_error",
        },
    ]
    assert sandbox.token not in json.dumps(asked)


def test_control_pages_are_not_among_the_requests(sandbox):
    sandbox.clear_requests()
    sandbox.control("GET", "schools")

    assert sandbox.requests() == []


def test_the_front_page_names_every_school_and_loads_nothing_from_elsewhere(sandbox, ask):
    status, headers, body = ask("/_sandbox/")

    page = body.decode()
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert sandbox.school_ids[0] in page
    assert "//" not in page.replace("<!doctype html>", "")


def test_control_needs_no_token(ask):
    assert ask("/_sandbox/schools", headers={})[0] == 200


@pytest.mark.parametrize("path", ["nonsense", "schools/A1", "schools/A1/day", "faults/x"])
def test_an_unknown_control_page_is_a_404(ask, path):
    assert ask(f"/_sandbox/{path}", method="POST", body=b"{}")[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"event": "leave"}',
        b'{"new_day": 1}',
        b'{"at": "2026-10-07T14:30:00"}',
        b'{"at": 1}',
        b"\xff",
        b'"day"',
    ],
)
def test_an_invalid_day_is_a_400_with_a_sentence(sandbox, ask, body):
    status, _, answer = ask(f"/_sandbox/schools/{sandbox.school_ids[0]}/day", method="POST", body=body)

    assert status == 400
    assert json.loads(answer)["error_description"].endswith(".")


def test_a_page_of_another_site_may_not_control_the_sandbox(sandbox, ask):
    target = f"/_sandbox/schools/{sandbox.school_ids[0]}/day"

    def post(**headers):
        return ask(target, method="POST", headers=headers, body=b"{}")[0]

    assert post(Origin="https://evil.example") == 403
    assert post(Origin="null") == 403
    assert post(Origin=sandbox.url) == 200
    assert post() == 200


def test_another_host_name_may_not_control_the_sandbox(ask):
    """A page may make its own name point here; the Host header then gives it away."""
    assert ask("/_sandbox/schools", headers={"Host": "evil.example"})[0] == 403


@pytest.mark.parametrize(
    ("peer", "refused"),
    [("127.0.0.1", False), ("127.8.8.8", False), ("::1", False), ("192.0.2.7", True), ("2001:db8::1", True)],
)
def test_another_machine_may_not_control_the_sandbox(peer, refused):
    request = Request("POST", "/_sandbox/faults", {"host": "localhost:8321"}, peer=peer)

    assert (_refusal(request) is not None) == refused
