"""A school at the sandbox, read over real HTTP, on a day in term."""

import pytest
import time_machine

from sync.sandbox.testing import FIRST_DAY
from sync.wonde import client
from tests.sync.world import a_sandbox, school_at


@pytest.fixture(autouse=True)
def quick_waits(monkeypatch):
    """Patience in milliseconds: what is waited for is tested, not how long."""
    monkeypatch.setattr(client, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(client, "LONGEST_WAIT_S", 0.01)


@pytest.fixture
def in_term():
    """Our clock shows the sandbox's first morning. It goes on from there."""
    with time_machine.travel(FIRST_DAY) as clock:
        yield clock


@pytest.fixture
def sandbox(settings, in_term):
    """A sandbox with one secondary school of 60 students, which our settings point at."""
    with a_sandbox(settings) as running:
        yield running


@pytest.fixture
def large_sandbox(settings, in_term):
    """The same with 450 students: three pages of them."""
    with a_sandbox(settings, students=450) as running:
        yield running


@pytest.fixture
def school(sandbox, db):
    """Our school for the sandbox's, never read. In a transaction that is rolled back: one connection sees it."""
    return school_at(sandbox)


@pytest.fixture
def committed_school(sandbox, transactional_db):
    """The same for tests with several connections."""
    return school_at(sandbox)
