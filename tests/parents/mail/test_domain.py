"""What the sending domain publishes, read from a small name server on this machine."""

import socket
import threading
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from django.core.management import CommandError, call_command

from parents.mail.domain import check

GOOD = {
    ("news.example.org", "TXT"): ["v=spf1 include:mail.example.net -all", "something else"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=quarantine"],
    ("s1._domainkey.news.example.org", "TXT"): ["v=DKIM1; k=rsa; p=" + "A" * 300],
    ("news.example.org", "MX"): ["mx.example.net"],
}


def answer(query, published):
    told = dns.message.make_response(dns.message.from_wire(query))
    (asked,) = told.question
    found = published.get((asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)))
    if found == "refused":
        told.set_rcode(dns.rcode.REFUSED)
    elif found:
        written = [f"10 {value}." for value in found] if asked.rdtype == dns.rdatatype.MX else map(in_pieces, found)
        told.answer.append(dns.rrset.from_text_list(asked.name, 60, asked.rdclass, asked.rdtype, written))
    else:
        told.set_rcode(dns.rcode.NXDOMAIN)
    return told


def in_pieces(text):
    """A TXT record as in a zone; no piece of it may be longer than 255 bytes."""
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))


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
                line.sendto(answer(query, published).to_wire(), asker)

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
        ({("news.example.org", "MX"): [""]}, "takes no mail"),
        ({("news.example.org", "MX"): "refused"}, "refuses to answer"),
    ],
)
def test_what_is_missing_is_pointed_out_with_what_to_do(change, told):
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
