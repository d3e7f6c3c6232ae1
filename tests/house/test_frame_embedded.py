"""The embedded servers: started if no URL is given, kept between starts, gone when the program that started them
goes."""

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded
from config.embedded import EmbeddedError, services
from tests.tools.waiting import wait_for_line, wait_until_ended

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def no_urls(monkeypatch):
    """As on a newcomer's machine: neither URL is set."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")


@pytest.fixture
def folder(tmp_path):
    """Where servers keep their data. When run as root they keep it below /var/tmp: "nobody" cannot reach `tmp_path`."""
    yield tmp_path / "data"
    embedded.forget(tmp_path / "data")


def run_embedded(*command, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "config.embedded", "run", "--", *command], cwd=PROJECT, stdout=subprocess.PIPE, **options
    )


def postmaster(folder):
    """The process id of the PostgreSQL with its data in `folder`."""
    return int((embedded.home(folder, embedded.Account.current()) / "postgres/postmaster.pid").read_text().split()[0])


def test_given_urls_are_used_and_nothing_is_started(folder):
    with services(folder) as urls:
        assert urls == {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}

    assert not folder.exists()


def test_the_database_is_kept_from_one_start_to_the_next_until_it_is_deleted(no_urls, folder):
    with services(folder, durable=False) as urls, psycopg.connect(urls["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")

    with services(folder, durable=False) as urls, psycopg.connect(urls["DATABASE_URL"]) as connection:
        kept = connection.execute("SELECT value FROM kept").fetchone()
    place = embedded.home(folder, embedded.Account.current())
    embedded.forget(folder)

    assert kept == (42,)
    assert not folder.exists()
    assert not place.exists()


def test_both_servers_ask_for_a_password(no_urls, folder):
    with services(folder, durable=False) as urls:
        password = urls["REDIS_URL"].partition("@")[0].rpartition(":")[2]
        stranger = {name: url.replace(password, "guess") for name, url in urls.items()}
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(stranger["DATABASE_URL"])
        with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(stranger["REDIS_URL"]) as client:
            client.ping()


def test_the_status_of_the_command_is_passed_on(no_urls):
    with run_embedded("sh", "-c", 'test -n "$DATABASE_URL" -a -n "$REDIS_URL" && exit 7') as process:
        assert process.wait(60) == 7


def test_the_servers_end_when_the_program_that_started_them_is_killed(no_urls, folder):
    code = f"""
import pathlib
from config.embedded import services
with services(pathlib.Path({str(folder)!r}), durable=False):
    print("started", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        wait_for_line(process.stdout, "started")
        server = postmaster(folder)
        process.send_signal(signal.SIGKILL)

        wait_until_ended(server)


def test_another_platform_gets_one_sentence_with_both_variables(no_urls, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")

    with pytest.raises(EmbeddedError, match=r"set DATABASE_URL to .* and REDIS_URL to .*\.$"), services():
        pass


def test_a_missing_wheel_gets_one_sentence_with_its_variable(monkeypatch):
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setitem(embedded.SERVERS, "REDIS_URL", ("not_installed_here", "Redis", "a Redis"))

    with pytest.raises(EmbeddedError, match=r"No Redis .* set REDIS_URL to the address of a Redis\.$"), services():
        pass


def test_a_folder_that_cannot_be_written_gets_one_sentence(no_urls, tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")

    with pytest.raises(EmbeddedError, match="cannot be written"), services(tmp_path / "data"):
        pass
