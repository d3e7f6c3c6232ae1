"""Fixtures every app may use. PostgreSQL and Redis are already running: tests/settings.py started them."""

import os
from functools import cache
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as effort

from config.celery import app
from tests.planted import fifths
from tests.tools import guards
from tests.tools.cpu import CpuLimit
from tests.tools.emptying import empty_by_deleting
from tests.tools.template import ensure_template


def pytest_configure(config):
    if guards.browser_required() and not guards.chromium():
        raise pytest.UsageError(f"REQUIRE_BROWSER is set, but there is {guards.NO_BROWSER}.")
    guards.refuse_network()
    guards.refuse_waiting_in_requests()
    empty_by_deleting()
    # How fast input is made says something about how busy the machine is, and nothing about us.
    effort.register_profile("rollbook", suppress_health_check=[HealthCheck.too_slow])
    effort.load_profile("rollbook")
    config.pluginmanager.register(CpuLimit())


def pytest_report_header():
    return fifths.told()


@pytest.hookimpl(trylast=True)  # when those that no mark asks for are out
def pytest_collection_modifyitems(items):
    items[:] = slow_ones_first(items)
    if not guards.chromium():
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=guards.NO_BROWSER))


def slow_ones_first(items):
    """Each worker's share with its slow tests in front. It takes its run of the list, and then what another has left
    at the end: a slow test there would keep one worker busy while the others have nothing to do."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    kinds = [[item for item in items if bool(item.get_closest_marker("slow")) == slow] for slow in (True, False)]
    shares = [
        (kind, len(kind) * part // workers, len(kind) * (part + 1) // workers)
        for part in range(workers)
        for kind in kinds
    ]
    return [item for kind, begins, ends in shares for item in kind[begins:ends]]


def pytest_terminal_summary(terminalreporter):
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if guards.NO_BROWSER in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} browser tests skipped: {guards.NO_BROWSER}.")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """Each worker's database is a copy of one already migrated."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = ensure_template()


@cache
def our_redis():
    """This worker's two Redis databases. Connecting anew would cost more than most tests do."""
    return [redis.Redis.from_url(url) for url in (settings.REDIS_URL, settings.REDIS_CACHE_URL)]


@pytest.fixture(autouse=True)
def empty_redis():
    """Every test finds Redis empty: no cached page, throttle or queued task from another test."""
    for client in our_redis():
        client.flushdb()


@pytest.fixture
def tasks_run_at_once():
    """What is queued is done before the caller goes on, and its errors are raised to the caller."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


@pytest.fixture
def process_env(transactional_db):
    """The environment for a program of ours that a test starts: this worker's test database and Redis number.

    Uses `transactional_db`, because another process sees only what is committed.
    """
    database = connection.settings_dict["NAME"]
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl(),
        "AGREEMENT_REQUIRED": "false",  # as in tests/settings.py
    }


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium, started once for a worker."""
    from playwright.sync_api import sync_playwright

    flags = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    flags += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]  # only this machine
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright keeps an event loop in this thread; the ORM may run there
    )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=guards.chromium(), args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def browser_errors():
    """What went wrong in this test's pages: console errors, exceptions, requests that would leave this machine.

    `page` fails a test that leaves anything here; a test that provokes an error checks it and clears the list.
    """
    return []


@pytest.fixture
def page(browser, browser_errors):
    """A fresh tab that may reach only this machine. Its errors are in `browser_errors`."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")

    def note_where_to(request):  # noted and not routed, which takes the browser its cache
        if not guards.is_this_machine(urlsplit(request.url).hostname):
            browser_errors.append(f"request to another machine: {request.url}")

    context.on("request", note_where_to)
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    tab.on("console", lambda message: browser_errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: browser_errors.append(str(error)))
    yield tab
    context.close()
    assert browser_errors == []
