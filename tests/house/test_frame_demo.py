"""What `make demo` refuses, each in one sentence; tests/house/test_demo.py runs all of it."""

import json
import socket
import stat
from datetime import date

import pytest

from config import demo
from config.demo import AlreadyRunningError, DemoError


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    "name", ["WEB_PORT", "SANDBOX_PORT", "SANDBOX_SMTP_PORT", "WCBS_PORT", "POSTGRES_PORT", "REDIS_PORT"]
)
def test_a_requested_port_that_is_taken_is_refused_with_the_next_step(name, taken_port):
    with pytest.raises(DemoError, match=rf"Port {taken_port} is taken: .* {name}=\d+ make demo"):
        demo.choose_ports({name: str(taken_port)})


def test_a_usual_web_port_that_is_taken_is_refused(monkeypatch, taken_port):
    monkeypatch.setitem(demo.PORTS, "WEB_PORT", taken_port)

    with pytest.raises(DemoError, match=f"Port {taken_port} is taken"):
        demo.choose_ports({})


def test_another_usual_port_that_is_taken_is_replaced_by_a_free_one(monkeypatch, taken_port):
    monkeypatch.setitem(demo.PORTS, "WEB_PORT", demo.free_port())
    monkeypatch.setitem(demo.PORTS, "REDIS_PORT", taken_port)

    assert demo.choose_ports({})["REDIS_PORT"] != taken_port


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "80.5"])
def test_an_invalid_port_is_refused(value):
    with pytest.raises(DemoError, match=r"WEB_PORT is .* between 1 and 65535"):
        demo.choose_ports({"WEB_PORT": value})


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path):
    with (
        demo.only_one(tmp_path),
        pytest.raises(AlreadyRunningError, match="is running: stop it with Ctrl-C"),
        demo.only_one(tmp_path),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")

    with pytest.raises(DemoError, match="cannot be written"), demo.only_one(tmp_path / "data"):
        pass


def test_the_next_day_cannot_come_without_a_running_demo(tmp_path):
    with pytest.raises(DemoError, match="not running: start it with `make demo`"):
        demo.running_environment(tmp_path)


def test_the_next_day_cannot_come_while_the_demo_starts_or_stops(tmp_path):
    with demo.only_one(tmp_path), pytest.raises(DemoError, match="not ready: wait"):
        demo.running_environment(tmp_path)


def test_keys_are_made_once_and_only_their_owner_may_read_them(tmp_path):
    first = demo.remembered(tmp_path)

    assert demo.remembered(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 29), date(2026, 10, 18)),
        (date(2026, 10, 13), date(2026, 9, 1)),
        (date(2026, 9, 1), date(2026, 9, 1)),
        (date(2026, 8, 31), date(2026, 7, 20)),
    ],
)
def test_the_past_is_of_six_weeks_and_of_this_school_year(today, first):
    assert demo.first_day(today) == first


def test_reset_refuses_while_the_demo_runs(tmp_path):
    with demo.only_one(tmp_path), pytest.raises(AlreadyRunningError):
        demo.reset(tmp_path)


def test_reset_forgets_everything(tmp_path):
    folder = tmp_path / "data"
    with demo.only_one(folder):
        (folder / "ports.json").write_text(json.dumps({}))

    demo.reset(folder)

    assert not folder.exists()
