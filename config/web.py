"""How gunicorn serves the site: `gunicorn config.wsgi --config python:config.web`.

A request gets a thread when it has arrived in whole. Until then it costs a socket and its bytes: however many clients
stop in the middle, on a bad line or on purpose, the site stays there for the others. A proxy in front does the same and
more (docs/operations.md); without one, and past one, this holds.
"""

import re
import socket
import struct
import time
from functools import partial
from selectors import EVENT_READ

from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

WHOLE_WITHIN_S = 20  # from the first byte of a request, or the connection, to its last
SILENCE_S = 10  # that a thread waits for more of a large body, or for an answer to be taken
HEAD_LIMIT = 64 * 1024  # bytes; what is longer is gunicorn's to refuse
BODY_LIMIT = 1024 * 1024  # bytes of a body that are waited for; a thread reads the rest
CHUNK = 64 * 1024
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
WAITS_FOR_US = re.compile(rb"\r\nexpect:", re.IGNORECASE)  # the body comes when gunicorn has said so


class WholeRequests(ThreadWorker):
    """gunicorn's threads, where the main loop collects each request before a thread takes it."""

    def accept(self, listener):
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # another worker was faster, or the client left
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


def is_whole(got):
    """Whether a thread can go on with what has arrived of a request without waiting for the client."""
    end = got.find(b"\r\n\r\n")
    if end < 0:
        return len(got) > HEAD_LIMIT
    head = bytes(got[: end + 2])
    length = LENGTH.search(head)
    if length is None or WAITS_FOR_US.search(head):
        return True
    return len(got) >= end + 4 + min(int(length[1]), BODY_LIMIT)


worker_class = "config.web.WholeRequests"
control_socket_disable = True


def when_ready(server):
    """The kernel ends what keeps a thread waiting: connections inherit the limit from the socket that listens."""
    limit = struct.pack("ll", SILENCE_S, 0)
    for listener in server.LISTENERS:
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, way, limit)
