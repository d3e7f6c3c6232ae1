"""A running sandbox for tests, over real HTTP on this machine."""

import http.client

import pytest

from sync.sandbox.testing import running_sandbox


@pytest.fixture
def sandbox():
    """One secondary school with 120 students that grants everything."""
    with running_sandbox(students=120) as running:
        yield running


@pytest.fixture
def school(sandbox):
    """The path of the sandbox's school, below /v1.0/."""
    return f"schools/{sandbox.school_ids[0]}"


@pytest.fixture
def ask(sandbox):
    """Ask as a client does: ask(target, method=…, headers=…) -> (status, headers, body bytes). Sends the token."""

    def ask(target, method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
        try:
            standard = {"Authorization": f"Bearer {sandbox.token}"}
            connection.request(method, target, body, standard if headers is None else headers)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    return ask


@pytest.fixture
def day(sandbox):
    """Let a day with these events pass in the sandbox's school; returns what happened."""

    def day(*events):
        return sandbox.day(sandbox.school_ids[0], list(events))["events"]

    return day


@pytest.fixture
def table(sandbox, school):
    """Rows of a list by id: table("students", include="contacts")."""

    def table(path, **params):
        return {row["id"]: row for row in sandbox.every(f"{school}/{path}", per_page=200, **params)}

    return table
