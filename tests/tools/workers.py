"""Real Celery processes, for tests that kill them."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.tools.waiting import wait_for_line, wait_until_ended

PROJECT = Path(__file__).parents[2]
VICTIMS = ["pool child", "whole worker"]


@contextmanager
def celery(env, *arguments):
    """A Celery process in a session of its own; it and its children are gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", *arguments], cwd=PROJECT, env=env, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, bufsize=0, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        kill_all(process)
        process.stdout.close()


def kill_all(process):
    """SIGKILL a process and its children, at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


@contextmanager
def a_worker(env):
    with celery(env, "worker", "--concurrency", "1", "--without-mingle", "--without-gossip", "-l", "INFO") as process:
        wait_for_line(process.stdout, "ready.", limit_s=60)
        yield process


@contextmanager
def a_beat(env):
    with celery(env, "beat", "--pidfile=") as process:
        yield process


def strike(worker, victim):
    """SIGKILL one of VICTIMS: the process that runs the tasks, which its worker replaces, or both."""
    if victim == "whole worker":
        kill_all(worker)
        return
    (child,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGKILL)
    wait_until_ended(int(child))
