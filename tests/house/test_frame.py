"""The ground the other tests stand on: real servers, a database of one's own, no network beyond this machine."""

import os
import socket
import subprocess
import sys
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from tests.planted import fifths
from tests.tools.guards import NetworkRefusedError
from tests.tools.template import ensure_template


@pytest.mark.django_db
def test_the_database_is_a_postgresql_that_the_product_supports():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone()

    assert connection.pg_version >= 160000
    assert name.startswith("test_")


def test_each_worker_has_its_own_redis_numbers_one_for_the_queue_and_one_for_the_cache():
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw"))

    assert settings.CELERY_BROKER_URL.endswith(f"/{2 * (worker + 1)}")
    assert settings.CACHES["default"]["LOCATION"].endswith(f"/{2 * (worker + 1) + 1}")


@pytest.mark.django_db
def test_a_workers_database_is_a_copy_of_one_migrated_once():
    template = connection.settings_dict["TEST"]["TEMPLATE"]

    assert ensure_template() == template
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [template])
        assert cursor.fetchall() == [(template,)]


@pytest.mark.parametrize("value", [1, 2])
def test_a_test_finds_redis_empty(value):
    found = cache.get("left-by-another-test")
    cache.set("left-by-another-test", value)

    assert found is None


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_a_connection_to_another_machine_is_refused(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    with socket.socket(family) as probe, pytest.raises(NetworkRefusedError, match=address):
        probe.connect((address, 443))


def test_another_machines_name_is_not_looked_up():
    with pytest.raises(NetworkRefusedError, match=r"api\.example\.org"):
        urlopen("https://api.example.org/")


def test_this_machine_may_be_reached():
    with pytest.raises(URLError, match="refused"):
        urlopen("http://localhost:9/")


def test_a_program_that_a_test_starts_sees_the_database_of_the_test(process_env):
    code = "import django; django.setup(); from django.db import connection; print(connection.settings_dict['NAME'])"

    told = subprocess.run([sys.executable, "-c", code], env=process_env, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == connection.settings_dict["NAME"]


def without_browser(tmp_path, **env):
    """Run the browser tests of this file where no Chromium is on the PATH."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "browser", "-p", "no:cacheprovider", __file__],
        env=os.environ | {"PATH": str(tmp_path)} | env,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_without_a_browser_its_tests_are_skipped_with_one_line_that_says_what_to_install(tmp_path):
    done = without_browser(tmp_path, REQUIRE_BROWSER="")

    assert done.returncode == 0
    assert done.stdout.count("2 browser tests skipped: no Chromium or Chrome on the PATH; install one") == 1


@pytest.mark.slow
def test_nothing_runs_without_a_browser_that_is_required(tmp_path):
    done = without_browser(tmp_path, REQUIRE_BROWSER="1")

    assert done.returncode != 0
    assert "REQUIRE_BROWSER is set, but there is no Chromium or Chrome on the PATH; install one" in done.stderr


@pytest.mark.browser
def test_a_page_runs_in_the_browser_against_the_live_server(live_server, page):
    page.goto(f"{live_server.url}/accounts/login/")

    assert page.locator("form").count() > 0


@pytest.mark.browser
def test_a_page_that_reaches_for_another_machine_is_noticed(page, browser_errors):
    page.set_content("<img src='https://cdn.example.org/logo.png'>")
    page.wait_for_load_state("networkidle")

    assert any("cdn.example.org" in error for error in browser_errors)
    browser_errors.clear()


WITH_LITTLE_CPU = """
import sys, pytest
from tests.tools import cpu
cpu.LIMIT_S = 0.3
folder = sys.argv[1]
sys.exit(pytest.main(["-q", "-c", folder + "/pytest.ini", "-p", "no:django", folder], plugins=[cpu.CpuLimit()]))
"""
BUSY = """
import time, pytest

def busy(seconds):
    ends = time.process_time() + seconds
    while time.process_time() < ends:
        pass

@pytest.fixture(scope="session")
def shared():
    busy(0.6)

@pytest.fixture
def own():
    busy(0.6)
"""


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("def test_it(): busy(0.6)", "1 failed"),
        ("def test_it(own): pass", "1 failed"),
        ("@pytest.mark.slow\ndef test_it(): busy(0.6)", "1 passed"),
        ("def test_it(shared): pass", "1 passed"),
        ("def test_it(): time.sleep(0.6)", "1 passed"),
    ],
)
def test_an_unmarked_test_may_use_only_so_much_cpu(tmp_path, test, outcome):
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    (tmp_path / "test_it.py").write_text(f"{BUSY}\n{test}\n")

    done = subprocess.run([sys.executable, "-c", WITH_LITTLE_CPU, tmp_path], capture_output=True, text=True)

    assert outcome in done.stdout, done.stdout
    assert ("mark it slow" in done.stdout) is (outcome == "1 failed")


def test_every_planted_bug_gets_its_turn():
    turns = [fifths.PATCHES[fifths.fifth(commit) :: 5] for commit in ("a0", "a1", "a2", "a3", "a4")]

    assert sorted(patch for turn in turns for patch in turn) == fifths.PATCHES
    assert all(turns)
    assert fifths.of_this_commit() in turns
