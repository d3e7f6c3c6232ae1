"""What can be wrong at a school's WCBS, each at an address of its own: 127.0.0.1 is well, 127.0.0.2 has the first of
FAULTS, and so on, all on one port. So whoever walks the guide types what they want to see.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import NamedTuple

from sync.sandbox.http.messages import Delivery, Response, json_response

FOREIGN = "https://elsewhere.example/api/schools"
HUGE = 2**20
LATER_S = 30.0


class Fault(NamedTuple):
    """help: one line for people; strike: (request, answer) -> Response, where answer() is the Response there would have
    been; changed: the list of schools -> another; certificate: see certificates.make; base: where the API is
    """

    help: str
    strike: Callable = lambda request, answer: answer()
    changed: Callable = lambda rows: rows
    certificate: str = "good"
    base: str = "/Wcbs.API"


def _at(ending, response):
    """`response`, whatever it may be, at addresses that end so."""
    return lambda request, answer: response(request, answer) if request.path.endswith(ending) else answer()


def _schools(response):
    return _at("/api/schools", response)


def _delivered(**how):
    def strike(request, answer):
        response = answer()
        response.body += b" " * 2000 if "bytes_per_second" in how else b""
        response.delivery = Delivery(**how)
        return response

    return strike


def _html(status):
    return lambda request, answer: Response(status, b"<!doctype html><title>IIS</title><h1>Welcome", "text/html")


def _redirect(request, answer):
    return Response(302, b"", "text/html", {"Location": f"http://127.0.0.1:80{request.path}"})


def _next(to):
    """The list goes on at `to`, for ever."""
    rows = [{"Id": 1, "Name": "St Aldhelm's School"}]
    return lambda request, answer: json_response(
        {"value": rows, "@odata.nextLink": to or f"{request.base}{request.path}"}
    )


def _gzip_bomb(request, answer):
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    packed = packer.compress(b" " * 2 * HUGE) + packer.flush()
    return Response(200, packed, headers={"Content-Encoding": "gzip"})


def _repeated(request, answer):
    """Whatever came is in what goes."""
    return json_response({"error": "invalid_request", **dict.fromkeys(request.body.decode().split("="), 1)}, 400)


FAULTS = {
    "several": Fault("three schools, on two pages", changed=lambda rows: [*rows, *MORE]),
    "text_ids": Fault("ids are text", changed=lambda rows: [row | {"Id": str(row["Id"])} for row in rows]),
    "no_name": Fault("schools have no name", changed=lambda rows: [{"Id": row["Id"]} for row in rows]),
    "odd_text": Fault("a name with what cannot be seen", changed=lambda rows: [rows[0] | {"Name": ODD}]),
    "no_schools": Fault("the list is empty", changed=lambda rows: []),
    "older": Fault("an older version, at /Wcbs.API.2.2", base="/Wcbs.API.2.2"),
    "no_licence": Fault("a token, but no licence for the third party", _schools(lambda *_: json_response({}, 403))),
    "no_licence_401": Fault("the same, told as 401", _schools(lambda *_: json_response({}, 401))),
    "silent": Fault("no answer", _delivered(wait_s=LATER_S, silent=True)),
    "dripping": Fault("the answer drips", _delivered(bytes_per_second=1)),
    "html": Fault("a web page instead", _html(200)),
    "missing": Fault("404", _html(404)),
    "signed_in": Fault("the web server asks for a Windows login first", _html(401)),
    "redirect": Fault("a redirect to this machine", _redirect),
    "foreign_page": Fault("the list goes on at another host", _schools(_next(FOREIGN))),
    "odd_page": Fault("the list goes on at no address", _schools(_next("https://[::1"))),
    "circle": Fault("the list goes on for ever", _schools(_next(""))),
    "huge": Fault("an endless answer", _schools(lambda *_: Response(200, b"[" + b" " * HUGE))),
    "gzip_bomb": Fault("a small answer that is endless once unpacked", _schools(_gzip_bomb)),
    "not_json": Fault("JSON that is cut", _schools(lambda *_: Response(200, b'{"value": ['))),
    "other_keys": Fault("keys nobody knows", _schools(lambda *_: json_response({"value": [{"Code": "hush"}]}))),
    "no_token": Fault("a token under another key", _at("/api/token", lambda *_: json_response({"token": "hush"}))),
    "repeated": Fault("what was sent is repeated", _at("/api/token", _repeated)),
    "server_error": Fault("500", _html(500)),
    "cut": Fault("half an answer", _schools(_delivered(stop_after=10))),
    "reset": Fault("the connection is reset", _delivered(reset=True, silent=True)),
    "no_tls": Fault("no HTTPS", certificate=""),
    "expired": Fault("an expired certificate", certificate="expired"),
    "self_signed": Fault("a self-signed certificate", certificate="self_signed"),
    "unknown": Fault("a certificate of an authority that nobody knows", certificate="unknown"),
    "wrong_host": Fault("a certificate for another host", certificate="wrong_host"),
}
ODD = "\0St Aldhelm's\n \u202eSchool\u200b"
MORE = [
    {"Id": 2, "Name": "St Aldhelm's Preparatory School", "Description": "Years 3 to 6"},
    {"Id": 3, "Name": "St Aldhelm's Nursery", "Description": None},
]


def host_of(name):
    """The address of a fault; of "" that of the server that is well."""
    return f"127.0.0.{list(FAULTS).index(name) + 2}" if name else "127.0.0.1"


HOSTS = ["localhost", *map(host_of, FAULTS)]  # all that clients must be allowed to call
