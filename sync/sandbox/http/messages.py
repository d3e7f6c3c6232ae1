"""A request and a response, as plain values."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import parse_qsl, unquote

import msgspec

_encode = msgspec.json.Encoder().encode


class Request:
    """What a client sent. `query` stays verbatim, because `next` repeats it; header names are lower case.

    peer: the client's address, or None when it has gone
    """

    def __init__(self, method, target, headers, body=b"", scheme="http", peer=None):
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.scheme = scheme
        self.peer = peer
        path, _, self.query = target.partition("?")
        if "://" in path:  # absolute form, as a proxy sends it
            path = "/" + path.split("://", 1)[1].partition("/")[2]
        self.path = path

    @property
    def host(self):
        return self.headers.get("host", "localhost")

    @property
    def base(self):
        """Scheme and host as the caller wrote them: where `next` and `region` point."""
        return f"{self.scheme}://{self.host}"

    @property
    def keep_alive(self):
        return self.headers.get("connection", "").lower() != "close"

    @cached_property
    def params(self):
        """{name: text}; if a name is repeated, the last one counts [unknown]."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def parts(self):
        """The path's steps, with or without a slash at the end."""
        return [unquote(part) for part in self.path.split("/") if part]


class Delivery(msgspec.Struct, frozen=True):
    """How an answer is sent if not in the ordinary way; faults ask for this.

    wait_s: seconds before the first byte; silent: no byte at all, the connection only closes
    reset: the connection is reset instead of closed; stop_after: bytes of the body after which the connection closes
    """

    wait_s: float = 0
    silent: bool = False
    reset: bool = False
    stop_after: int | None = None
    bytes_per_second: int | None = None


class Response(msgspec.Struct):
    status: int
    body: bytes = b""
    type: str = "application/json"
    headers: dict[str, str] = {}
    delivery: Delivery | None = None


def json_response(content, status=200):
    return Response(status, _encode(content))


def error(status, code, description):
    """A 4xx as Wonde words it."""
    return json_response({"error": code, "error_description": description}, status)


NOT_FOUND = (404, "resource_not_found", "The requested resource was not found")
