"""How gunicorn serves the site: `gunicorn config.wsgi --config python:config.web`.

A request gets a thread once all of it has arrived. Until then it costs a socket and its bytes: however many clients
stall half-way, on a bad line or on purpose, the site stays up for everyone else. A proxy in front does the same and
more (docs/operations.md); this works without one, and for what gets past one.
"""

import os
import re
import shutil
import socket
import struct
import tempfile
import time
from functools import partial
from logging.config import dictConfig
from selectors import EVENT_READ

from gunicorn.glogging import Logger
from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from config import logs

WHOLE_WITHIN_S = 20  # from the first byte of a request, or the connection, to its last
SILENCE_S = 10  # how long a thread waits for more of a large body, or for an answer to be read
HEAD_LIMIT = 64 * 1024  # bytes; gunicorn refuses anything longer
BODY_LIMIT = 1024 * 1024  # bytes of a body to wait for; a thread reads the rest
CHUNK = 64 * 1024
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
WAITS_FOR_US = re.compile(rb"\r\nexpect:", re.IGNORECASE)  # the body only comes once gunicorn has said so


class WholeRequests(ThreadWorker):
    """gunicorn's threads, where the main loop collects each request before a thread takes it."""

    def accept(self, listener):
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # another worker was faster, or the client has left
            return
        self.nr_conns += 1
        self.collect(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn, client):
        """The next request on a connection that was kept alive."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.collect(conn)

    def collect(self, conn):
        """Wait for a whole request without a thread; `murder_pending` closes what takes longer."""
        conn.got = bytearray()
        conn.timeout = time.monotonic() + WHOLE_WITHIN_S
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_part, conn))

    def on_part(self, conn, client):
        try:
            part = client.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        conn.got += part
        if part and not is_whole(conn.got):
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if not part:
            self.nr_conns -= 1
            conn.close()
            return
        conn.initialized = True
        conn.parser = conn.parser or get_parser(self.cfg, conn.sock, conn.client)
        conn.parser.unreader.unread(bytes(conn.got))
        self.enqueue_req(conn)


class OurLog(Logger):
    """gunicorn's own lines, written like all others; also in its first process, which does not read the settings."""

    def setup(self, cfg):
        super().setup(cfg)
        form = os.environ.get("LOG_FORMAT")
        dictConfig(logs.configuration(form if form in logs.FORMATS else "lines"))  # the settings refuse another


def is_whole(got):
    """Whether enough of a request has arrived for a thread to go on without waiting for the client."""
    end = got.find(b"\r\n\r\n")
    if end < 0:
        return len(got) > HEAD_LIMIT
    head = bytes(got[: end + 2])
    length = LENGTH.search(head)
    if length is None or WAITS_FOR_US.search(head):
        return True
    return len(got) >= end + 4 + min(int(length[1]), BODY_LIMIT)


worker_class = "config.web.WholeRequests"
logger_class = "config.web.OurLog"
control_socket_disable = True


def on_starting(server):
    """Give the processes a folder in memory where their counts are added up (`config.running.counted`)."""
    folder = tempfile.mkdtemp(prefix="rollbook-counts-", dir=server.cfg.worker_tmp_dir)
    os.chown(folder, server.cfg.uid, server.cfg.gid)  # gunicorn may be told to change its user
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder


def on_exit(server):
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def when_ready(server):
    """Have the kernel end whatever keeps a thread waiting: connections inherit the limit from the listening socket."""
    limit = struct.pack("ll", SILENCE_S, 0)
    for listener in server.LISTENERS:
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, way, limit)
