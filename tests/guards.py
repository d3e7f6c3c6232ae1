"""What the suite refuses, and what it needs: no network beyond this machine, no web request that reads Wonde; a
Chromium for the browser tests."""

import ipaddress
import os
import shutil
import socket
from threading import local

from celery.signals import task_postrun, task_prerun

NO_BROWSER = "no Chromium or Chrome on the PATH; install one (Debian, Ubuntu: sudo apt-get install chromium)"


class NetworkRefusedError(RuntimeError):
    """A test tried to reach another machine. Not an OSError: our own error handling must not swallow it."""


class WondeInARequestError(RuntimeError):
    """A page read Wonde while somebody waited for it. Not one of the sync's errors: no page may turn it into words."""


_here = local()  # requests: how many this thread is in the middle of. tasks: the same of tasks that run at once


def note_requests(get_response):
    """Middleware, the outermost: a request is going on in this thread."""

    def middleware(request):
        _here.requests = getattr(_here, "requests", 0) + 1
        try:
            return get_response(request)
        finally:
            _here.requests -= 1

    return middleware


def refuse_wonde_in_requests() -> None:
    """Let only workers and commands talk to Wonde; a task that a test runs at once, within a request, is a worker."""
    from sync.wonde import Wonde

    send = Wonde._once

    def guarded(self, url, params):
        if getattr(_here, "requests", 0) and not getattr(_here, "tasks", 0):
            raise WondeInARequestError("A web request reads Wonde. Put a question in the queue: sync.tasks.ask_wonde.")
        return send(self, url, params)

    Wonde._once = guarded
    task_prerun.connect(_begin_task, weak=False)
    task_postrun.connect(_end_task, weak=False)


def _begin_task(**_):
    _here.tasks = getattr(_here, "tasks", 0) + 1


def _end_task(**_):
    _here.tasks -= 1


def chromium() -> str | None:
    """The path of the system's Chromium or Chrome, if it has one."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return next((path for path in map(shutil.which, names) if path), None)


def browser_required() -> bool:
    return os.environ.get("REQUIRE_BROWSER", "") not in {"", "0"}


def is_this_machine(host: object) -> bool:
    if host in {None, "", "localhost", b"localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def refuse_network() -> None:
    """Let this process connect to this machine only. Programs that a test starts are not bound by it."""
    connect, connect_ex, sendto, getaddrinfo = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.socket.sendto,
        socket.getaddrinfo,
    )

    def check(host: object) -> None:
        if not is_this_machine(host):
            raise NetworkRefusedError(f"A test tried to reach {host!r}. Use the sandbox or a fake on this machine.")

    def checked(method):
        def guarded(self, *arguments):
            if self.family != socket.AF_UNIX:
                check(arguments[-1][0])  # the address, a (host, port, ...) tuple, comes last
            return method(self, *arguments)

        return guarded

    def guarded_getaddrinfo(host, *arguments, **options):
        check(host)
        return getaddrinfo(host, *arguments, **options)

    socket.socket.connect = checked(connect)
    socket.socket.connect_ex = checked(connect_ex)
    socket.socket.sendto = checked(sendto)
    socket.getaddrinfo = guarded_getaddrinfo
