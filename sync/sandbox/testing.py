"""The sandbox inside a test: real HTTP on a free port of this machine, served by a thread of the same process."""

from __future__ import annotations

import asyncio
import http.client
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, time
from functools import partial
from urllib.parse import urlencode

import msgspec

from sync.sandbox import choices
from sync.sandbox.http.app import Sandbox
from sync.sandbox.http.server import Server
from sync.sandbox.registry import Registry
from sync.sandbox.wcbs.api import Wcbs
from sync.sandbox.world import catalogue

FIRST_DAY = datetime(2026, 10, 5, 5, 0, tzinfo=UTC)  # a Monday in term time in England and Scotland


class RunningSandbox:
    """What a test holds. url: such as http://127.0.0.1:PORT, without /v1.0; school_ids: of the approved schools."""

    def __init__(self, sandbox, server):
        self.sandbox = sandbox
        self.url = f"http://127.0.0.1:{server.port}"
        self.port = server.port
        self.token = sandbox.api.token

    @property
    def school_ids(self):
        return [entry.id for entry in self.sandbox.registry.entries.values() if entry.access == "approved"]

    def day(self, school_id, events=None, new_day=True):
        """Let a day pass: an ordinary one, or exactly `events`. Returns {"date", "events": what happened}.

        Raises AssertionError with the sandbox's sentence if it cannot.
        """
        body = {"new_day": new_day} if events is None else {"events": events, "new_day": new_day}
        return self.control("POST", f"schools/{school_id}/day", body)

    def fault(self, kind, path="", *, query="", count=None, after=0, probability=1.0, **parameters):
        """Set a fault (see strikes.KINDS); parameters are the kind's own, such as retry_after=1. Returns it."""
        body = {"kind": kind, "path": path, "query": query, "count": count, "after": after, "probability": probability}
        return self.control("POST", "faults", body | {"parameters": parameters})

    def clear_faults(self):
        self.control("DELETE", "faults")

    def webhooks(self):
        """What Wonde would have sent: [{type, school, body, status}], the oldest first."""
        return self.control("GET", "webhooks")["made"]

    def requests(self):
        """The requests for Wonde's paths since the last clear_requests: method, path, query, status, fault."""
        return self.control("GET", "requests")

    def clear_requests(self):
        self.control("DELETE", "requests")

    def get(self, path, **params):
        """GET a path below /v1.0/ with the token: the decoded JSON. Raises AssertionError unless the status is 200."""
        target = f"/v1.0/{path}" + (f"?{urlencode(params)}" if params else "")
        return self._ask("GET", target, headers={"Authorization": f"Bearer {self.token}"})

    def every(self, path, **params):
        """All rows of a list, following `next`."""
        rows, page = [], self.get(path, **params)
        while True:
            rows += page["data"]
            following = page["meta"]["pagination"]["next"]
            if not following:
                return rows
            target = following.removeprefix(self.url)
            page = self._ask("GET", target, headers={"Authorization": f"Bearer {self.token}"})

    def control(self, method, path, body=None):
        """Ask a control page; returns its `data`."""
        content = b"" if body is None else msgspec.json.encode(body)
        return self._ask(method, f"/_sandbox/{path}", content)["data"]

    def _ask(self, method, target, body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise AssertionError(f"{method} {target}: {response.status} {content[:500].decode(errors='replace')}")
        return msgspec.json.decode(content)


@contextmanager
def running_sandbox(
    schools=1, students=60, seed=7, *, mis="sims", country="england", phase="secondary", date=FIRST_DAY, demo=False,
    token=choices.DEMO_TOKEN, state=None, tls=None,
):  # fmt: skip
    """A sandbox for the length of a `with`. The arguments are those of the command line; date: the first morning.

    Takes about 10 ms; schools are made when first asked for (60 students: about 5 ms). Leaves no thread behind.
    """
    start = date if isinstance(date, datetime) else datetime.combine(date, time(5, 0), UTC)
    known = (
        catalogue.demo_schools(seed, start)
        if demo
        else catalogue.invented_schools(seed, start, schools, students, mis, country, phase)
    )
    registry = Registry([*known, *catalogue.strangers(seed, start, country)], start, state)
    sandbox = Sandbox(registry, token, seed)
    server = Server(sandbox.handle, tls=tls)
    with _served(server.start, server.stop):
        yield RunningSandbox(sandbox, server)


@contextmanager
def running_wcbs(folder):
    """The stand-in for WCBS, a `sync.sandbox.wcbs.api.Wcbs`, for the length of a `with`.

    folder: for its certificates
    """
    wcbs = Wcbs()
    with _served(partial(wcbs.start, folder), wcbs.stop):
        yield wcbs


@contextmanager
def _served(start, stop):
    """What these two coroutines start and stop, in a thread. Leaves none behind."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(start(), loop).result(timeout=5)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()
