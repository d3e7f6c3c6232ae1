"""What the sending domain publishes, read from a small name server on this machine."""

import socket
import struct
import threading
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command

from parents.mail import dns
from parents.mail.domain import check

GOOD = {
    ("news.example.org", "TXT"): ["v=spf1 include:mail.example.net -all", "something else"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=quarantine"],
    ("s1._domainkey.news.example.org", "TXT"): ["v=DKIM1; k=rsa; p=" + "A" * 300],
    ("news.example.org", "MX"): ["mx.example.net"],
}


def packed(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def answer(query, published):
    number = struct.unpack_from(">H", query)[0]
    name, after = dns._name(query, 12)
    kind = {16: "TXT", 15: "MX"}[struct.unpack_from(">H", query, after)[0]]
    found = published.get((name, kind))
    if found == "refused":
        return struct.pack(">6H", number, 0x8185, 0, 0, 0, 0)
    rows = b""
    for value in found or []:
        pieces = [value[start : start + 255] for start in range(0, len(value), 255)]
        data = (
            b"".join(bytes([len(piece)]) + piece.encode() for piece in pieces)
            if kind == "TXT"
            else struct.pack(">H", 10) + packed(value)
        )
        rows += b"\xc0\x0c" + struct.pack(">2HIH", dns.TYPES[kind], 1, 60, len(data)) + data
    code = 0 if found else 3
    return struct.pack(">6H", number, 0x8180 | code, 1, len(found or []), 0, 0) + query[12:] + rows


@contextmanager
def name_server(published):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        address = line.getsockname()

        def serve():
            while True:
                query, asker = line.recvfrom(4096)
                if query == b"stop":
                    return
                line.sendto(answer(query, published), asker)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield address
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"stop", address)
            thread.join(timeout=5)


def wrong(published, selectors=("s1",)):
    with name_server(published) as server:
        return [finding.what for finding in check("news.example.org", selectors, server) if not finding.good]


def test_a_domain_that_is_set_up_has_nothing_wrong():
    assert wrong(GOOD) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({("news.example.org", "TXT"): []}, "no SPF record"),
        ({("news.example.org", "TXT"): ["v=spf1 -all", "v=spf1 ~all"]}, "2 SPF records"),
        ({("news.example.org", "TXT"): ["v=spf1 +all"]}, "lets anybody send"),
        ({("_dmarc.example.org", "TXT"): []}, "no DMARC record"),
        ({("s1._domainkey.news.example.org", "TXT"): ["v=DKIM1; p="]}, "No DKIM key"),
        ({("news.example.org", "MX"): []}, "takes no mail"),
        ({("news.example.org", "MX"): "refused"}, "refuses to answer"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(change, told):
    (what,) = wrong(GOOD | change)

    assert told in what


def test_without_a_selector_dkim_is_said_to_be_unchecked():
    assert "--selector" in wrong(GOOD, ())[0]


def test_the_command_ends_with_an_error_when_something_must_be_put_right(capsys, settings):
    settings.SITE_URL = "https://rollbook.example.org"
    with name_server(GOOD) as (host, port):
        call_command("check_mail_domain", selector=["s1"], server=f"{host}:{port}")
        with pytest.raises(CommandError, match="1 of these"):
            call_command("check_mail_domain", selector=["s2"], server=f"{host}:{port}")

    assert "ok     SPF: v=spf1" in capsys.readouterr().out
