"""What the demo restarts when it ends by itself."""

import signal
import subprocess
import sys

import pytest

from tests.tools.waiting import wait_for, wait_for_line

RESTARTED = "import sys; from config.running import restarted; restarted.AT_ONCE_S, restarted.PAUSE_S = {at_once}, 0; "
RESTARTED += "sys.exit(restarted.main(sys.argv[1:]))"
COUNTS = "import pathlib, sys; file = pathlib.Path(sys.argv[1]); file.write_text(file.read_text() + '.'); "


@pytest.fixture
def starts(tmp_path):
    """How often the program was started: one dot each time."""
    file = tmp_path / "starts"
    file.write_text("")
    return file


def restarted(program, starts, at_once=0):
    command = [sys.executable, "-c", RESTARTED.format(at_once=at_once), sys.executable, "-uc", COUNTS + program, starts]
    return subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)


def test_a_program_that_ends_by_itself_is_restarted_until_somebody_stops_it(starts):
    with restarted("sys.exit(1)", starts) as process:
        wait_for(lambda: len(starts.read_text()) >= 3, 30)
        process.send_signal(signal.SIGTERM)

    assert process.returncode in {1, 128 + signal.SIGTERM}


def test_a_program_that_ends_at_once_is_not_restarted(starts):
    with restarted("sys.exit(3)", starts, at_once=60) as process:
        assert process.wait(30) == 3

    assert starts.read_text() == "."


def test_a_program_is_told_to_stop_and_ends_in_its_own_time(starts):
    waits = "import signal; signal.signal(15, lambda *_: sys.exit(7)); print('ready'); signal.pause()"
    with restarted(waits, starts) as process:
        wait_for_line(process.stdout, "ready", limit_s=30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 7

    assert starts.read_text() == "."
