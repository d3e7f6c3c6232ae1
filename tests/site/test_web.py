"""The web server: threads are for requests that have arrived; clients that stop half-way keep nobody else waiting."""

import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from config.embedded import free_port
from config.web import BODY_LIMIT, HEAD_LIMIT, is_whole
from tests.tools.waiting import wait_for

PROJECT = Path(__file__).parents[2]
TOKEN = "0123456789abcdef0123456789abcdef"
HEAD = b"POST /s/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    ("got", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", True),
        (HEAD + b"Content-Length: 3\r\n\r\nab", False),
        (HEAD + b"content-length:3\r\nA: b\r\n\r\nabc", True),
        (HEAD + b"Content-Length: 99999999\r\n\r\n" + b"a" * BODY_LIMIT, True),
        (HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", True),
        (HEAD + b"Content-Length: three\r\n\r\n", True),
        (b"a" * HEAD_LIMIT, False),
        (b"a" * (HEAD_LIMIT + 1), True),
    ],
)
def test_a_request_is_whole_when_a_thread_need_not_wait_for_its_client(got, whole):
    assert is_whole(bytearray(got)) is whole


@contextmanager
def gunicorn(env, port, threads):
    """The site as in production, in one process."""
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--config", "python:config.web"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", str(threads)]
    process = subprocess.Popen(command, cwd=PROJECT, env=env, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: page(port), limit_s=60)
        yield
    finally:
        process.terminate()
        process.wait(30)


def page(port):
    try:
        with urlopen(f"http://127.0.0.1:{port}/.well-known/security.txt", timeout=5) as answer:
            return answer.status == 200
    except OSError:  # not up yet, or too slow
        return False


def test_forty_clients_that_stop_half_way_do_not_keep_others_waiting(process_env):
    port = free_port()
    halves = [b"", b"GET / HTTP/1.1\r\nHost:", HEAD + b"Content-Length: 3\r\n\r\na"]
    with gunicorn(process_env, port, threads=2), ExitStack() as open_ends:
        for number in range(40):
            client = open_ends.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(halves[number % 3])

        began = time.monotonic()
        assert page(port)
        assert time.monotonic() - began < 5


def test_a_request_in_pieces_is_answered_and_the_connection_serves_the_next_one(process_env, tmp_path):
    port, env = free_port(), process_env | {"METRICS_TOKEN": TOKEN, "TMPDIR": str(tmp_path)}
    request = b"GET /.well-known/security.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with gunicorn(env, port, threads=2), socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        for _ in range(2):
            for place in range(0, len(request), 20):
                client.sendall(request[place : place + 20])
            said = client.recv(65536)
            while b"Contact:" not in said:
                said += client.recv(65536)
            assert said.startswith(b"HTTP/1.1 200 OK")
        asked = Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        with urlopen(asked, timeout=10) as answer:
            told = answer.read().decode()
        (folder,) = tmp_path.glob("rollbook-counts-*")
        assert list(folder.iterdir())

    (number,) = re.findall(r'requests_total\{.*view="security_txt".*\} (.+)', told)
    assert float(number) >= 3  # these two, and the first that was answered
    assert not folder.exists()
