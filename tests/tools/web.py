"""A real web process, for tests that kill it or the servers it depends on."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import requests

from config.embedded import free_port
from tests.tools.waiting import wait_for
from tests.tools.workers import kill_all

PROJECT = Path(__file__).parents[2]


class Web:
    """gunicorn at `url`; however often it is killed, `start` restarts it on the same port."""

    def __init__(self, env, workers=1):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # From the tests' settings, only the one for static files: none are collected for a test.
        self.env, self.workers, self.process = env | {"DJANGO_SETTINGS_MODULE": "tests.settings"}, workers, None

    def start(self):
        command = ["-m", "gunicorn", "config.wsgi", "--config", "python:config.web", "--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            [sys.executable, *command, "--workers", str(self.workers)], cwd=PROJECT, env=self.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        wait_for(self.answers, 60, "the web process did not start")

    def answers(self):
        try:
            return requests.get(f"{self.url}/.well-known/security.txt", timeout=5).ok
        except requests.ConnectionError:
            return False

    def kill(self):
        """SIGKILL all of it, at once."""
        kill_all(self.process)


def browser_of(client):
    """A `requests` session where the user of a Django test client is signed in."""
    session = requests.Session()
    for name, morsel in client.cookies.items():
        session.cookies.set(name, morsel.value)
    return session


@contextmanager
def a_web(env, workers=1):
    web = Web(env, workers)
    web.start()
    try:
        yield web
    finally:
        web.kill()
