"""HTTP itself: connections kept, requests in order, limits."""

import socket
import threading

import pytest

from sync.sandbox.testing import running_sandbox


@pytest.fixture
def line(sandbox):
    """A bare connection to the sandbox."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) as connection:
        yield connection


def read_until_closed(line):
    content = b""
    while data := line.recv(65536):
        content += data
    return content


def test_requests_sent_at_once_on_one_connection_are_answered_in_order(line, sandbox):
    head = f"Host: x\r\nAuthorization: Bearer {sandbox.token}\r\n"
    line.sendall(
        f"GET /v1.0/schools HTTP/1.1\r\n{head}\r\n"
        f"GET /v1.0/nonsense HTTP/1.1\r\n{head}\r\n"
        f"GET /v1.0/schools/all HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode()
    )

    statuses = [part[:3] for part in read_until_closed(line).split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"404", b"200"]


def test_a_request_may_arrive_byte_by_byte(line, sandbox):
    request = f"GET /v1.0/schools HTTP/1.1\r\nAuthorization: Bearer {sandbox.token}\r\nConnection: close\r\n\r\n"
    for byte in request.encode():
        line.sendall(bytes([byte]))

    assert read_until_closed(line).startswith(b"HTTP/1.1 200")


def test_http_1_0_is_answered_and_closed(line):
    line.sendall(b"GET /v1.0/schools HTTP/1.0\r\n\r\n")

    assert read_until_closed(line).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, b"431"),
    ],
)
def test_what_is_not_http_is_refused_and_the_connection_closed(line, request_bytes, status):
    line.sendall(request_bytes)

    assert read_until_closed(line).split()[1] == status


def test_a_failure_of_the_sandbox_itself_is_a_500_and_the_next_request_is_served(sandbox, ask, monkeypatch):
    monkeypatch.setattr(sandbox.sandbox.api, "token", None)
    assert ask("/v1.0/schools", headers={"Authorization": "Bearer x"})[0] == 500
    monkeypatch.undo()

    assert ask("/v1.0/schools")[0] == 200


def test_a_hundred_connections_are_served_at_once(sandbox, ask):
    lines = [socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) for _ in range(100)]

    assert ask("/v1.0/schools")[0] == 200
    for line in lines:
        line.close()


def test_a_sandbox_for_tests_leaves_no_thread_and_no_open_port():
    before = threading.active_count()
    with running_sandbox() as sandbox:
        port = sandbox.port
        open_line = socket.create_connection(("127.0.0.1", port), timeout=10)

    assert threading.active_count() == before
    assert open_line.recv(1) == b""
    open_line.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
