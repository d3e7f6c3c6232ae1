"""Calling an address that a stranger typed: over HTTPS to a public server, or not at all.

Whoever types an address may mean one of our own machines. So its host is looked up once, all that the look-up says is
judged, and the connection goes to exactly what was judged; no redirect is followed. Nothing of an address, of what is
sent or of what comes back is logged here or in an error: any of it may be a secret.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from requests.utils import DEFAULT_CA_BUNDLE_PATH

LIMIT_S = 10  # for the look-up, the connection and the whole answer together
CONNECT_S = 4  # for one of several addresses, so that one that does not answer leaves time for the next
SIZE_LIMIT = 256 * 1024  # bytes of an answer, as it comes over the wire and once more unpacked
LONGEST = 2000  # characters of an address
CHUNK = 1 << 16
AGENT = "Mozilla/5.0 (compatible; school data check)"
AS_TYPED = "/?%:@!$&'()*+,;=~"  # what stays as it is in a path and its query
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
NUMERIC = re.compile(r".*[:%].*|(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # a host that some program reads as a number
NAME = re.compile(rf"(?:{LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
GIVEN_OUT = ipaddress.ip_network("2000::/3")  # all of IPv6 that belongs to anybody on the internet
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address as networks without IPv4 write it
NO_SERVERS = [  # what Python calls public in IPv4, and what answers each machine of a cloud or nobody
    ipaddress.ip_network(network) for network in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4")
]

Address = tuple[int, Any]  # its family, and what the C library calls a socket address


class Reason(StrEnum):
    """Why there is no answer."""

    UNREADABLE = "unreadable"  # not an https address
    NUMBER = "number"  # a number instead of a name: no certificate is for it
    PORT = "port"
    NO_DNS = "no_dns"
    DNS_SILENT = "dns_silent"  # nobody could say just now whether there is such a name
    PRIVATE = "private"  # not, or not only, on the public internet
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TLS_EXPIRED = "tls_expired"  # or not valid yet
    TLS_SELF_SIGNED = "tls_self_signed"
    TLS_UNKNOWN = "tls_unknown"  # signed by nobody we know, or without what links it to them
    TLS_WRONG_HOST = "tls_wrong_host"
    TLS_BROKEN = "tls_broken"  # no TLS there, or none as safe as we need
    REDIRECTED = "redirected"
    SLOW = "slow"
    TOO_BIG = "too_big"
    BROKEN = "broken"  # cut short, or not HTTP


OF_CERTIFICATE = {  # what OpenSSL says of a certificate (X509_V_ERR_…) -> why
    9: Reason.TLS_EXPIRED,
    10: Reason.TLS_EXPIRED,
    18: Reason.TLS_SELF_SIGNED,
    19: Reason.TLS_UNKNOWN,
    20: Reason.TLS_UNKNOWN,
    21: Reason.TLS_UNKNOWN,
    62: Reason.TLS_WRONG_HOST,
    64: Reason.TLS_WRONG_HOST,
}


class OutsideError(Exception):
    """There is no answer, and `reason` says why. What lies beneath is not kept: it may quote the address."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """What a server said. body: unpacked."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Place:
    """Where an address points. host: as DNS spells it; path: with its query; is_allowed: named by the installation."""

    host: str
    port: int
    path: str = field(repr=False)
    is_allowed: bool


def ask(url: str, form: dict[str, str] | None = None, bearer: str = "", limit_s: float = LIMIT_S) -> Answer:
    """What the server at `url` answers to a GET, or to a POST of `form`; `bearer` is sent as the token. Raises
    OutsideError."""
    ends = time.monotonic() + limit_s
    place = place_of(url)
    wire = _secured(_connected(_addresses(place, ends), ends), place, ends)
    connection = http.client.HTTPConnection(place.host, place.port)
    connection.sock, connection.auto_open = wire, 0  # it speaks over the connection it is given, and makes none
    headers = {"Host": _authority(place), "User-Agent": AGENT, "Accept-Encoding": "gzip", "Connection": "close"}
    headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
    headers |= {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    try:
        connection.request("POST" if form else "GET", place.path, urlencode(form) if form else None, headers)
        with connection.getresponse() as response:
            if 300 <= response.status < 400:
                raise OutsideError(Reason.REDIRECTED)
            return Answer(response.status, _body(response))
    except TimeoutError:
        raise OutsideError(Reason.SLOW) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise OutsideError(Reason.BROKEN) from None
    finally:
        connection.close()


def place_of(url: str) -> Place:
    """Where `url` points, if that may be called: https, a name with a dot, a port of ours to call. Raises
    OutsideError."""
    if len(url) > LONGEST or re.search(r"[\x00-\x20\x7f\\]", url):
        raise OutsideError(Reason.UNREADABLE)
    try:
        parts = urlsplit(url)
        port = 443 if parts.port is None else parts.port
        host = (parts.hostname or "").removesuffix(".")
        host = host if ":" in host else host.encode("idna").decode("ascii").lower()
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=AS_TYPED)
    except ValueError:
        raise OutsideError(Reason.UNREADABLE) from None
    if parts.scheme != "https" or not host or "@" in parts.netloc or len(host) > 253:
        raise OutsideError(Reason.UNREADABLE)
    if f"{host}:{port}" in settings.OUTSIDE_ALLOW_HOSTS:
        return Place(host, port, path, is_allowed=True)
    if NUMERIC.fullmatch(host):
        raise OutsideError(Reason.NUMBER)
    if not NAME.fullmatch(host):  # a single word is known to the school's own network only
        raise OutsideError(Reason.UNREADABLE if "." in host else Reason.PRIVATE)
    if str(port) not in settings.OUTSIDE_PORTS:
        raise OutsideError(Reason.PORT)
    return Place(host, port, path, is_allowed=False)


def is_public(text: str) -> bool:
    """Whether `text`, an IP address, is of the public internet: what is tunnelled or mapped into it is not."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in NO_SERVERS)
    if address in NAT64:
        return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    tunnelled = address.sixtofour or address.teredo
    return address in GIVEN_OUT and address.is_global and not tunnelled


def _addresses(place: Place, ends: float) -> list[Address]:
    """(family, socket address) of everything DNS says of the host; nothing of it if one of them is not public."""
    looking = ThreadPoolExecutor(1)  # the system's look-up knows no time limit
    found = looking.submit(socket.getaddrinfo, place.host, place.port, type=socket.SOCK_STREAM)
    looking.shutdown(wait=False)
    try:
        addresses: list[Address] = [(family, address) for family, *_, address in found.result(_left(ends))]
    except TimeoutError:
        raise OutsideError(Reason.DNS_SILENT) from None
    except socket.gaierror as error:
        is_open = error.errno == socket.EAI_AGAIN
        raise OutsideError(Reason.DNS_SILENT if is_open else Reason.NO_DNS) from None
    except (OSError, UnicodeError):
        raise OutsideError(Reason.NO_DNS) from None
    if not place.is_allowed and not all(is_public(address[0]) for _, address in addresses):
        raise OutsideError(Reason.PRIVATE)
    return addresses


def _connected(addresses: list[Address], ends: float) -> socket.socket:
    """A connection to the first of `addresses` that takes one."""
    reason = Reason.UNREACHABLE
    for family, address in addresses:
        limit_s = min(_left(ends), CONNECT_S)
        try:
            return _connection(family, address, limit_s)
        except ConnectionRefusedError:
            reason = Reason.REFUSED
        except OSError:
            continue
    raise OutsideError(reason)


def _connection(family: int, address: Any, limit_s: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )  # a head and its body go out one after the other
        connection.settimeout(limit_s)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _secured(connection: socket.socket, place: Place, ends: float) -> _Wire:
    """TLS over `connection`, with a certificate that is good for the host's name."""
    context = _context(settings.OUTSIDE_ALLOW_CA if place.is_allowed else "")
    try:
        connection.settimeout(max(ends - time.monotonic(), 0.001))
        wire = cast(_Wire, context.wrap_socket(connection, server_hostname=place.host))
    except OSError as error:
        connection.close()
        raise OutsideError(_of_tls(error)) from None
    wire.ends = ends
    return wire


def _of_tls(error: OSError) -> Reason:
    if isinstance(error, ssl.SSLCertVerificationError):
        return OF_CERTIFICATE.get(error.verify_code, Reason.TLS_BROKEN)
    return Reason.SLOW if isinstance(error, TimeoutError) else Reason.TLS_BROKEN


@cache
def _context(authority: str) -> ssl.SSLContext:
    """Trusts whom the rest of our calls trust, and the certificate in the file `authority`, if any."""
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = _Wire
    if authority:
        context.load_verify_locations(authority)
    return context


class _Wire(ssl.SSLSocket):
    """A connection that ends at `ends` (monotonic seconds) and at SIZE_LIMIT, in however small parts anything comes."""

    ends: float
    taken = 0

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(_left(self.ends))
        size = super().recv_into(*arguments)
        self.taken += size
        if self.taken > SIZE_LIMIT:
            raise OutsideError(Reason.TOO_BIG)
        return size


def _body(response: http.client.HTTPResponse) -> bytes:
    """The whole body, unpacked. It is read in parts: for the size that a server claims, memory would be set aside."""
    body = b"".join(iter(lambda: response.read1(CHUNK), b""))
    if response.length:  # so much was still to come
        raise OutsideError(Reason.BROKEN)
    if response.headers.get("Content-Encoding", "identity") == "identity":
        return body
    packed = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = packed.decompress(body, SIZE_LIMIT + 1)
    except zlib.error:
        raise OutsideError(Reason.BROKEN) from None
    if len(body) > SIZE_LIMIT:
        raise OutsideError(Reason.TOO_BIG)
    if not packed.eof:
        raise OutsideError(Reason.BROKEN)
    return body


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise OutsideError(Reason.SLOW)
    return left


def _authority(place: Place) -> str:
    return place.host if place.port == 443 else f"{place.host}:{place.port}"
