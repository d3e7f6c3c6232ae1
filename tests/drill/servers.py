"""Servers of a drill's own, which it kills and starts again. The suite's own are never touched."""

import os
import signal
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.core.management import call_command
from django.db import connection, connections

from config import embedded
from tests.tools.waiting import wait_until_ended


class Own:
    """A server as `config.embedded` starts it, at the same `url` and with the same data after every start.

    variable: DATABASE_URL or REDIS_URL. folder: one that the account nobody may pass through.
    """

    def __init__(self, variable, folder):
        self.variable, self.folder, self.port = variable, folder, embedded.free_port()
        self.running = None
        self.start()

    def start(self):
        given = os.environ.pop(self.variable, None)
        others = {name for name in embedded.SERVERS if name not in os.environ} - {self.variable}
        assert not others, f"the suite runs without {others}"
        try:
            self.running = embedded.services(self.folder, ports={self.variable: self.port})
            self.url = self.running.__enter__()[self.variable]
        finally:
            if given is not None:
                os.environ[self.variable] = given

    def kill(self, number=signal.SIGKILL):
        """End it at once, and its children."""
        pid = self._pid()
        os.kill(pid, number)
        wait_until_ended(pid)
        self.stop()

    def stop(self):
        if self.running:
            self.running.__exit__(None, None, None)
            self.running = None

    def revive(self):
        """Start it again if it has ended by itself, as systemd does in production."""
        try:
            os.kill(self._pid(), 0)
        except (OSError, redis.ConnectionError):
            self.stop()
            self.start()

    def _pid(self):
        if self.variable == "DATABASE_URL":
            return int((Path(self.folder) / "servers" / "postgres" / "postmaster.pid").read_text().split()[0])
        with redis.Redis.from_url(self.url) as client:
            return client.info("server")["process_id"]


@contextmanager
def connected_to(postgresql):
    """Within the block Django is connected to a PostgreSQL of the drill's own, and its tables are there."""
    as_before, parts = dict(connection.settings_dict), urlsplit(postgresql.url)
    connection.close()
    connection.settings_dict.update(PORT=parts.port, PASSWORD=parts.password, NAME=parts.path.strip("/"))
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connections.close_all()
        connection.settings_dict.update(as_before)
