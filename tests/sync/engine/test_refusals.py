"""A sync that is refused, or breaks, in the middle: everything stays as it was, and the run says why."""

import re
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest
from django.db import IntegrityError, connection

from sync.models import SyncRun
from sync.sandbox.choices import DEMO_TOKEN
from sync.sandbox.testing import FIRST_DAY, RunningSandbox
from tests.sync.tables import RUNS, versions
from tests.sync.world import a_sandbox, school_at, synced
from tests.tools.waiting import wait_for_line

REFUSED, FAILED = SyncRun.Status.REFUSED, SyncRun.Status.FAILED


@pytest.mark.parametrize(
    ("fault", "options", "says"),
    [
        ("unauthorised", {}, "WONDE_TOKEN"),
        ("server_error", {"path": "schools/*/students", "query": "page=1"}, "answered 500"),
        ("cut", {"path": "schools/*/students"}, "could not be reached"),
        ("not_json", {"path": "schools/*/classes"}, "could not be read in full"),
    ],
    ids=["token", "500", "cut", "not json"],
)
def test_a_refused_run_leaves_everything_as_it_was_and_says_so(sandbox, school, fault, options, says):
    synced(school)
    synced(school)
    if options.get("query") == "page=1":
        options = {"path": options["path"]}
    before = versions(*RUNS)
    sandbox.fault(fault, **options)

    run = synced(school)

    assert run.status == REFUSED
    assert says in run.message
    assert "Nothing was changed" in run.message
    assert versions(*RUNS) == before


@pytest.mark.parametrize("fault", ["server_error", "foreign_next", "cut", "repeat_page", "reset"])
def test_trouble_on_a_later_page_changes_nothing(settings, in_term, db, fault):
    with a_sandbox(settings, students=450) as running:
        school = school_at(running)
        synced(school)
        synced(school)
        before = versions(*RUNS)
        running.fault(fault, "schools/*/students", query="" if fault == "foreign_next" else "page=3")

        run = synced(school)

        assert run.status == REFUSED
        assert versions(*RUNS) == before


def test_a_sandbox_killed_in_the_middle_of_a_read_changes_nothing(settings, in_term, db):
    command = [sys.executable, "-m", "sync.sandbox", "--schools", "1", "--students", "450", "--port", "0"]
    command += ["--date", str(FIRST_DAY.date())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        address = re.search(r"http://127.0.0.1:\d+", wait_for_line(process.stdout, "http://127.0.0.1:"))[0]
        running = RunningElsewhere(address)
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = address, DEMO_TOKEN
        school = school_at(running)
        synced(school)
        synced(school)
        before = versions(*RUNS)
        running.fault("late", "schools/*/students", query="page=2", seconds=30.0)
        killer = threading.Thread(target=kill_when_struck, args=(running, process))
        killer.start()

        run = synced(school)
        killer.join()

    assert run.status == REFUSED
    assert "could not be reached" in run.message
    assert versions(*RUNS) == before


class RunningElsewhere(RunningSandbox):
    """A sandbox in a process of its own."""

    def __init__(self, url):
        self.url, self.port, self.token = url, urlsplit(url).port, DEMO_TOKEN

    @property
    def school_ids(self):
        return [row["id"] for row in self.control("GET", "schools") if row["access"] == "approved"]


def kill_when_struck(running, process):
    while not any(request["fault"] for request in running.requests()):
        threading.Event().wait(0.01)
    process.kill()


@pytest.fixture
def forbidden_change(committed_school):
    """A rule of the database that a sync breaks when somebody is new: it stands for any bug in the middle of apply."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sync_change ADD CONSTRAINT never CHECK (verb <> 'create') NOT VALID")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sync_change DROP CONSTRAINT never")


@pytest.mark.django_db(transaction=True)
def test_a_bug_of_ours_is_recorded_and_raised_and_changes_nothing(sandbox, committed_school, forbidden_change):
    before = versions(*RUNS)

    with pytest.raises(IntegrityError, match="never"):
        synced(committed_school)

    run = SyncRun.objects.get(school=committed_school)
    assert run.status == FAILED
    assert "Rollbook itself failed" in run.message
    assert versions(*RUNS) == before
