"""What the domain that sends the weekly mail publishes, compared with what mailbox providers ask of bulk senders."""

import re
import socket
from dataclasses import dataclass

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers, Resolver


class DnsError(Exception):
    """The name server could not be asked, or its answer could not be read."""


@dataclass(frozen=True)
class Finding:
    """good: True, False, or None where only a person can tell."""

    good: bool | None
    what: str


def check(domain, selectors=(), server=None):
    """`Finding`s about `domain`.

    selectors: names of DKIM keys, as the mail service calls them
    server: (address, port) of the name server; default: the system's
    """
    checks = [
        lambda: _spf(_texts(domain, server), domain),
        lambda: _dmarc(_first(domain, server), domain),
        *(
            lambda selector=selector: _dkim(_texts(f"{selector}._domainkey.{domain}", server), selector)
            for selector in selectors
        ),
        lambda: _mx(_hosts(domain, server), domain),
    ]
    findings = []
    for one in checks:
        try:
            findings.append(one())
        except DnsError as error:
            findings.append(Finding(None, str(error)))
    if not selectors:
        findings.append(Finding(None, "DKIM was not checked: name the key's selector with --selector."))
    return findings


def _records(name, kind, server):
    """The records of one kind of `name`; none where there are none. Raises DnsError."""
    try:
        resolver = Resolver(configure=server is None)
        if server:
            resolver.port, resolver.nameservers = server[1], [socket.gethostbyname(server[0])]
        return list(resolver.resolve(name, kind, search=False))
    except (NXDOMAIN, NoAnswer):
        return []
    except NoNameservers as error:
        raise DnsError(f"The name server refuses to answer about {name} ({error}).") from error
    except (DNSException, OSError) as error:
        raise DnsError(f"The name server did not give an answer about {name} that can be read ({error}).") from error


def _texts(name, server):
    """The TXT records of `name`, the pieces of each put together."""
    return [b"".join(record.strings).decode("utf-8", "replace") for record in _records(name, "TXT", server)]


def _hosts(name, server):
    """The hosts that take the mail of `name`. A record with the host "." says that none does (RFC 7505)."""
    hosts = [record.exchange.to_text(omit_final_dot=True) for record in _records(name, "MX", server)]
    return [host for host in hosts if host != "."]


def _first(domain, server):
    """DMARC of the domain, else of the domain above it."""
    while domain.count(".") >= 1:
        if found := [text for text in _texts(f"_dmarc.{domain}", server) if text.startswith("v=DMARC1")]:
            return found
        domain = domain.partition(".")[2]
    return []


def _spf(texts, domain):
    found = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return Finding(False, f"{domain} has no SPF record. Publish one that names your mail service: v=spf1 … -all")
    if len(found) > 1:
        return Finding(False, f"{domain} has {len(found)} SPF records; with more than one, none counts. Merge them.")
    if found[0].split()[-1].lower() in {"+all", "all", "?all"}:
        return Finding(False, f"The SPF record of {domain} lets anybody send. End it with ~all or -all.")
    return Finding(True, f"SPF: {found[0]}")


def _dmarc(texts, domain):
    if not texts:
        return Finding(False, f"{domain} has no DMARC record. Publish one at _dmarc.{domain}: v=DMARC1; p=none; rua=…")
    tags = dict(part.strip().split("=", 1) for part in texts[0].split(";") if "=" in part)
    if tags.get("p", "").strip() == "none":
        return Finding(True, f"DMARC: {texts[0]} (p=none only watches; move to quarantine when reports are clean)")
    return Finding(True, f"DMARC: {texts[0]}")


def _dkim(texts, selector):
    if not any(re.search(r"(^|;)\s*p=\s*[A-Za-z0-9+/]", text) for text in texts):  # an empty p= is a key withdrawn
        return Finding(False, f"No DKIM key under the selector {selector}. Copy the record your mail service shows.")
    return Finding(True, f"DKIM: selector {selector} has a key.")


def _mx(hosts, domain):
    if not hosts:
        return Finding(False, f"{domain} takes no mail (no MX record names a host): answers and bounces are lost.")
    return Finding(True, f"MX: {', '.join(sorted(hosts))}")
