"""Calling an address that somebody typed: it reaches a public server or nothing, and comes back in time."""

import ipaddress
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.outside import SIZE_LIMIT, OutsideError, Reason, ask, place_of
from sync.sandbox.wcbs import certificates

# Written down a second time, from IANA's registries and the clouds' manuals: no server of a stranger is in these.
NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4", "168.63.129.16/32", "::/3", "2001::/32", "2001:db8::/32", "2002::/16", "4000::/2", "8000::/1",
    )
]  # fmt: skip
PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]


def inside(networks, number):
    """An address of one of `networks`: which, `number` decides."""
    network = networks[number % len(networks)]
    return str(network[number // len(networks) % network.num_addresses])


def tunnelled(address):
    """`address`, of IPv4, as IPv6 writes or wraps it."""
    number = int(ipaddress.IPv4Address(address))
    tail = f"{number >> 16:x}:{number & 0xFFFF:x}"
    return [f"::{tail}", f"::ffff:{tail}", f"64:ff9b::{tail}", f"64:ff9b:1::{tail}", f"2002:{tail}::"]


def spellings(address):
    """Ways to write a private address of IPv4 that one program or another understands, and what is no address."""
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = (int(part) for part in address.split("."))
    return [
        address, f"{address}.", str(number), f"{number:#x}", f"0{number:o}", f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}", f"{a:#x}.{b:#x}.{c}.0{d:o}", f"%{ord(address[0]):x}{address[1:]}",
        address.translate(str.maketrans("0123456789.", "０１２３４５６７８９。")), address.replace("1", "①"),
        f"public.example@{address}", f"{address}#@public.example", f"{address}\\@public.example",
        f"[fe80::{d}%25eth0]", "localhost", "LOCALHOST.", "[::1]", "intranet", "pass.school.example",
        "PASS.School.Example.", "schülé.example", "a..example", "-.example", "",
        *(f"[{one}]" for one in tunnelled(address)),
    ]  # fmt: skip


numbers = st.integers(0, 2**140)
OF_IPV4 = [network for network in NOT_PUBLIC if network.version == 4]
private = st.builds(
    lambda number, is_tunnelled: (
        tunnelled(inside(OF_IPV4, number))[number % 5] if is_tunnelled else inside(NOT_PUBLIC, number)
    ),
    numbers,
    st.booleans(),
)
urls = st.builds(
    lambda scheme, number, way, end: f"{scheme}{(ways := spellings(inside(OF_IPV4, number)))[way % len(ways)]}{end}",
    st.sampled_from(["https://"] * 5 + ["HTTPS://", "http://", "https:///", "//", "https:", "https://a:b@", ""]),
    numbers,
    st.integers(0, 99),
    st.sampled_from(["", "/", ":443", ":443/x", ":80", ":0", ":６5536", ":", "/a b", "/\ud800", "/" + "x" * 2000]),
)


class Wire:
    """What would go out: every look-up, and every address somebody connects to, which refuses. DNS says `answers` once,
    and 127.0.0.1 to whoever asks again; numbers it reads as the C library does."""

    def __init__(self, answers):
        self.answers, self.looked_up, self.reached = answers, [], []

    def getaddrinfo(self, host, port, *_, **__):
        self.looked_up.append(host)
        try:
            found = [socket.inet_ntoa(socket.inet_aton(host))]
        except (OSError, UnicodeError):
            found = self.answers if len(self.looked_up) == 1 else ["127.0.0.1"]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found
        ]

    def connect(self, connection, address):
        self.reached.append(address[0])
        raise ConnectionRefusedError


@contextmanager
def a_wire(answers):
    with pytest.MonkeyPatch.context() as patch:
        wire = Wire(answers)
        patch.setattr(socket, "getaddrinfo", wire.getaddrinfo)
        patch.setattr(socket.socket, "connect", lambda self, address: wire.connect(self, address))
        yield wire


def is_public(address):
    return not any(ipaddress.ip_address(address) in network for network in NOT_PUBLIC)


@given(
    st.one_of(urls, st.just("https://pass.school.example")),
    st.lists(st.one_of(private, st.sampled_from(PUBLIC)), min_size=1, max_size=3),
)
def test_no_spelling_of_any_address_reaches_anything_that_is_not_public(url, answers):
    with a_wire(answers) as wire, pytest.raises(OutsideError):
        ask(url)

    assert len(wire.looked_up) <= 1
    assert all(is_public(address) for address in wire.reached)
    if not all(is_public(address) for address in answers):
        assert wire.reached == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://pass.school.example/Wcbs.API", Reason.REFUSED),
        ("https://pass.school.example:443", Reason.REFUSED),
        ("https://pass.school.example:8443", Reason.PORT),
        ("http://pass.school.example", Reason.UNREADABLE),
        ("https://me:secret@pass.school.example", Reason.UNREADABLE),
        ("https://127.1", Reason.NUMBER),
        ("https://[2606:4700::1111]", Reason.NUMBER),
        ("https://pass-server", Reason.PRIVATE),
    ],
)
def test_every_address_that_dns_gives_is_tried_in_turn_and_what_cannot_be_called_is_said(url, reason):
    with a_wire(PUBLIC) as wire, pytest.raises(OutsideError) as refused:
        ask(url)

    assert refused.value.reason == reason
    assert wire.reached == (PUBLIC if reason == Reason.REFUSED else [])


@pytest.mark.parametrize(
    ("problem", "reason"),
    [(socket.EAI_NONAME, Reason.NO_DNS), (socket.EAI_NODATA, Reason.NO_DNS), (socket.EAI_AGAIN, Reason.DNS_SILENT)],
)
def test_a_name_that_is_not_found_is_told_from_dns_that_does_not_answer(monkeypatch, problem, reason):
    def getaddrinfo(*_, **__):
        raise socket.gaierror(problem, "as the C library says it")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(OutsideError) as refused:
        ask("https://pass.school.example")

    assert refused.value.reason == reason


def test_a_look_up_that_does_not_end_is_not_waited_for(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30))

    began = time.monotonic()
    with pytest.raises(OutsideError) as refused:
        ask("https://pass.school.example", limit_s=0.1)
    over.set()

    assert refused.value.reason == Reason.DNS_SILENT
    assert time.monotonic() - began < 5


def dripped(connection, data, ended):
    """One byte after another, for as long as somebody listens."""
    for byte in data:
        connection.sendall(bytes([byte]))
        if ended.wait(0.02):
            return


def head(**headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode()


def packed(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


WELL = b"BEGIN:VCALENDAR"
MUCH = 64 * SIZE_LIMIT  # bytes that nobody must set memory aside for
AT_THE_WIRE = {  # what a server sends, and what comes of it: what it said, or why not
    "well": (head() + WELL, WELL),
    "packed": (head(Content_Encoding="gzip") + packed(WELL), WELL),
    "in chunks": (head(Transfer_Encoding="chunked") + b"f\r\n" + WELL + b"\r\n0\r\n\r\n", WELL),
    "a head that drips": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 90, Reason.SLOW),
    "more and more heads": (b"HTTP/1.1 100 Continue\r\n\r\n" * (SIZE_LIMIT // 20), Reason.TOO_BIG),
    "too long": (head() + b" " * (SIZE_LIMIT + 1), Reason.TOO_BIG),
    "as long as may be once unpacked": (head(Content_Encoding="gzip") + packed(b" " * SIZE_LIMIT), b" " * SIZE_LIMIT),
    "too long once unpacked": (head(Content_Encoding="gzip") + packed(b" " * (SIZE_LIMIT + 1)), Reason.TOO_BIG),
    "endless once unpacked": (head(Content_Encoding="gzip") + packed(b" " * MUCH), Reason.TOO_BIG),
    "less than was claimed": (head(Content_Length=10**15) + WELL, Reason.BROKEN),
    "half of what was packed": (head(Content_Encoding="gzip") + packed(WELL)[:-9], Reason.BROKEN),
    "packed in another way": (head(Content_Encoding="br") + WELL, Reason.BROKEN),
    "no HTTP": (b"220 mail.school.example ESMTP\r\n", Reason.BROKEN),
    "a redirect": (b"HTTP/1.1 307 Elsewhere\r\nLocation: https://elsewhere.example\r\n\r\n", Reason.REDIRECTED),
}


@contextmanager
def a_server(folder, host="localhost"):
    """Says to one request after the other what AT_THE_WIRE has, over TLS. Gives its port and the requests so far."""
    context, heard, ended = certificates.make(folder, [host])["good"], [], threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        for name, (data, _) in AT_THE_WIRE.items():
            try:
                plain, _ = listener.accept()
                with context.wrap_socket(plain, server_side=True) as connection:
                    heard.append(connection.recv(1 << 16).decode())
                    dripped(connection, data, ended) if "drips" in name else connection.sendall(data)
            except (OSError, ssl.SSLError):
                continue  # it was hung up on, or the test is over

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        listener.close()


def test_whatever_a_server_sends_is_bounded_and_what_we_send_says_no_more_than_it_must(tmp_path, settings, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    settings.OUTSIDE_ALLOW_CA = str(certificates.authority_path(tmp_path))
    found = {}

    with a_server(tmp_path) as (port, heard):
        where = f"localhost:{port}"
        settings.OUTSIDE_ALLOW_HOSTS = [where]
        tracemalloc.start()
        for name in AT_THE_WIRE:
            try:
                found[name] = ask(f"https://{where}/a?b=c", limit_s=0.5 if "drips" in name else 10).body
            except OutsideError as error:
                found[name] = error.reason
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert most < MUCH / 2
    assert found == {name: expected for name, (_, expected) in AT_THE_WIRE.items()}
    assert heard[0].splitlines()[:-1] == [
        "GET /a?b=c HTTP/1.1", f"Host: {where}", "User-Agent: Mozilla/5.0 (compatible; school data check)",
        "Accept-Encoding: gzip", "Connection: close",
    ]  # fmt: skip


def test_only_a_host_that_the_installation_names_with_its_port_may_be_on_this_machine(settings):
    settings.OUTSIDE_ALLOW_HOSTS = ["localhost:8323"]

    assert place_of("https://LOCALHOST:8323/x").is_allowed
    for url in ("https://localhost", "https://localhost:54320", "https://localhost.:8324", "https://127.0.0.1:8323"):
        with pytest.raises(OutsideError):
            place_of(url)


def test_an_address_is_called_by_number_and_known_by_name_and_the_sandbox_vouches_for_its_own_only(
    tmp_path, settings, monkeypatch
):
    """The name stands for a public address; what goes there comes to a server of this machine."""
    connect, reached = socket.socket.connect, []
    settings.OUTSIDE_ALLOW_CA = str(certificates.authority_path(tmp_path))

    with a_server(tmp_path, "pass.school.example") as (port, heard):

        def to_this_machine(connection, address):
            reached.append(address)
            connect(connection, ("127.0.0.1", port))

        monkeypatch.setattr(socket, "getaddrinfo", Wire(["93.184.215.14"]).getaddrinfo)
        monkeypatch.setattr(socket.socket, "connect", to_this_machine)
        with pytest.raises(OutsideError) as unknown:
            ask("https://pass.school.example/")
        monkeypatch.setattr(socket, "getaddrinfo", Wire(["93.184.215.14"]).getaddrinfo)
        settings.OUTSIDE_ALLOW_HOSTS = ["pass.school.example:443"]
        answer = ask("https://pass.school.example/")

    assert unknown.value.reason == Reason.TLS_UNKNOWN
    assert answer.body == WELL
    assert reached == [("93.184.215.14", 443)] * 2
    assert "Host: pass.school.example\r\n" in heard[0]
