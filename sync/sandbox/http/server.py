"""HTTP/1.1 over asyncio: requests in, responses out, connections kept.

One request at a time on each connection, in order.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from email.utils import formatdate

from sync.sandbox.http.messages import Request, error

MOST_HEADER_BYTES = 32 * 1024
MOST_BODY_BYTES = 4 * 1024 * 1024
TLS_HELLO = b"\x16\x03"
DRIPS_A_SECOND = 20
GRACE_S = 2
REASONS = {
    200: "OK",
    201: "Created",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    411: "Length Required",
    413: "Content Too Large",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class BadRequestError(Exception):
    """What a client sent is not HTTP as we read it. args: status, description."""


def parse_head(head):
    """Method, target, version and headers (lower-case names) of a request's head, without its empty line.

    Raises BadRequestError.
    """
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError(400, "The request line is not HTTP/1.1")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequestError(400, "A header line has no name")
        headers[name.lower()] = value.strip()
    return words[0], words[1], words[2], headers


class Connection(asyncio.Protocol):
    """One client's connection.

    handle: (Request) -> Response
    """

    def __init__(self, handle, open_connections, scheme):
        self.handle = handle
        self.open = open_connections
        self.scheme = scheme
        self.buffer = bytearray()
        self.transport = None
        self.task = None
        self.head = None  # of a request whose body is still arriving

    def connection_made(self, transport):
        self.transport = transport
        self.peer = (transport.get_extra_info("peername") or (None,))[0]
        self.open.add(self)

    def connection_lost(self, reason):
        self.open.discard(self)
        if self.task:
            self.task.cancel()

    def data_received(self, data):
        self.buffer += data
        if self.task is None:
            self._serve()

    def _serve(self):
        """Answer each complete request in the buffer, until one needs time or more bytes."""
        try:
            while self.task is None and not self.transport.is_closing() and (request := self._next()):
                try:
                    response = self.handle(request)
                except Exception:
                    self._write(
                        request.method, error(500, "sandbox_bug", "The sandbox failed; see its output"), keep=False
                    )
                    raise
                if response.delivery:
                    self.task = asyncio.ensure_future(self._deliver(request, response))
                else:
                    self._write(request.method, response, request.keep_alive)
        except BadRequestError as problem:
            status, description = problem.args
            self._write("GET", error(status, "bad_request", description), keep=False)

    async def _deliver(self, request, response):
        """Send an answer as its `delivery` says."""
        how = response.delivery
        await asyncio.sleep(how.wait_s)
        if not how.silent and not self.transport.is_closing():
            self.transport.write(head_of(response, request.keep_alive))
            body = response.body[: how.stop_after]
            step = max(1, how.bytes_per_second // DRIPS_A_SECOND) if how.bytes_per_second else max(1, len(body))
            for start in range(0, len(body), step):
                self.transport.write(body[start : start + step])
                if how.bytes_per_second:
                    await asyncio.sleep(1 / DRIPS_A_SECOND)
        self.task = None
        if how.reset:
            linger = struct.pack("ii", 1, 0)  # closing at once, with a reset, drops what was not sent
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
        elif how.silent or how.stop_after is not None or not request.keep_alive:
            self.transport.close()
        else:
            self._serve()

    def _next(self):
        """The next complete request, or None."""
        if self.head is None:
            if self.buffer.startswith(TLS_HELLO):
                raise BadRequestError(400, "This is not HTTPS")
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0 or end > MOST_HEADER_BYTES:
                if len(self.buffer) > MOST_HEADER_BYTES:
                    raise BadRequestError(431, "The headers are too large")
                return None
            self.head = parse_head(self.buffer[:end])
            del self.buffer[: end + 4]
        method, target, version, headers = self.head
        if "transfer-encoding" in headers:
            raise BadRequestError(411, "Send a Content-Length")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise BadRequestError(400, "Content-Length is not a number")
        length = int(length)
        if length > MOST_BODY_BYTES:
            raise BadRequestError(413, "The body is too large")
        if len(self.buffer) < length:
            if headers.get("expect", "").lower() == "100-continue" and not self.buffer:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        self.head = None
        if version == "HTTP/1.0":
            headers.setdefault("connection", "close")
        return Request(method, target, headers, body, self.scheme, self.peer)

    def _write(self, method, response, keep):
        self.transport.write(head_of(response, keep))
        if method != "HEAD":
            self.transport.write(response.body)
        if not keep:
            self.transport.close()


def head_of(response, keep=True):
    """Status line and headers in bytes."""
    lines = [
        f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Unknown')}",
        f"Content-Type: {response.type}",
        f"Content-Length: {len(response.body)}",
        f"Date: {formatdate(usegmt=True)}",
        "Connection: keep-alive" if keep else "Connection: close",
    ]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Server:
    """Listens, and closes without leaving anything behind.

    handle: see Connection; tls: an ssl.SSLContext, or None for plain HTTP
    """

    def __init__(self, handle, host="127.0.0.1", port=0, tls=None):
        self.handle = handle
        self.host = host
        self.port = port
        self.tls = tls
        self.scheme = "https" if tls else "http"
        self._open = set()
        self._listener = None

    async def start(self):
        """Begin to listen; `port` is then the real one. Raises OSError if the port is taken."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Connection(self.handle, self._open, self.scheme), self.host, self.port, ssl=self.tls, backlog=512
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self):
        """Close every connection and stop listening; answers already on their way get a moment to arrive.

        The listener goes last: asyncio forgets a connection that is still being accepted when its listener closes.
        """
        loop, this = asyncio.get_running_loop(), asyncio.current_task()
        ends = loop.time() + GRACE_S
        while loop.time() < ends and (self._open or asyncio.all_tasks() - {this}):
            for connection in self._open:
                connection.transport.close()
            await asyncio.sleep(0.001)
        self._listener.close()
        for connection in list(self._open):
            connection.transport.abort()
