"""What the suite refuses, and what it needs: no network beyond this machine; a Chromium for the browser tests."""

import ipaddress
import os
import shutil
import socket

NO_BROWSER = "no Chromium or Chrome on the PATH; install one (Debian, Ubuntu: sudo apt-get install chromium)"


class NetworkRefusedError(RuntimeError):
    """A test tried to reach another machine. Not an OSError: our own error handling must not swallow it."""


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
