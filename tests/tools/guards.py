"""What the suite refuses and what it needs: no network beyond this machine, no page that waits for Wonde or a mail
server; a Chromium for the browser tests."""

import ipaddress
import os
import shutil
import socket
from contextlib import contextmanager
from contextvars import ContextVar

from celery import current_task
from django.core import mail
from django.core.handlers.base import BaseHandler

NO_BROWSER = "no Chromium or Chrome on the PATH; install one (Debian, Ubuntu: sudo apt-get install chromium)"


class NetworkRefusedError(RuntimeError):
    """A test tried to reach another machine. Not an OSError: our own error handling must not swallow it."""


class WaitingInARequestError(RuntimeError):
    """A page asked Wonde or a mail server, and would hang if it did: `sync.tasks.ask_wonde` and
    `schools.mail.outgoing.put` have a worker do it. Not an error that a page would turn into words."""


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
    """Let this process connect only to this machine. Programs that a test starts are not restricted."""
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


_in_request = ContextVar("in_request", default=False)


@contextmanager
def in_request():
    """What happens inside is done by the web process while somebody waits."""
    token = _in_request.set(True)
    try:
        yield
    finally:
        _in_request.reset(token)


def refuse_waiting_in_requests() -> None:
    """Let nothing in a request, unless it is a task, talk to Wonde, a mail server or an address that somebody typed.

    Every way to a mail server starts with Django's `get_connection`.
    """
    from schools import outside
    from sync.wonde.client import Wonde

    get_response, get_connection, once = BaseHandler.get_response, mail.get_connection, Wonde._once

    def in_a_request(self, request):
        with in_request():
            return get_response(self, request)

    def refused(method, whom):
        def guarded(*arguments, **options):
            if _in_request.get() and not current_task:
                raise WaitingInARequestError(f"{whom} was asked in a web request.")
            return method(*arguments, **options)

        return guarded

    BaseHandler.get_response = in_a_request
    mail.get_connection = refused(get_connection, "A mail server")
    Wonde._once = refused(once, "Wonde")
    outside._addresses = refused(outside._addresses, "An address that somebody typed")
