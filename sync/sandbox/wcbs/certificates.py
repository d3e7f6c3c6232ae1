"""The certificates of the stand-in for WCBS: a good one, and one for each way in which they go wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync.sandbox.http import tls

SUBJECT = "WCBS sandbox"


def authority_path(folder):
    """The certificate that clients must trust."""
    return folder / "wcbs-ca.pem"


def make(folder, hosts):
    """{name: SSLContext for a server}, for `hosts`; "" is None, plain HTTP. They are made anew, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    known, stranger = tls.Authority("WCBS sandbox authority (this machine only)"), tls.Authority("Another authority")
    made = {
        "good": known.signed(SUBJECT, hosts),
        "expired": known.signed(SUBJECT, hosts, until=datetime.now(UTC) - timedelta(days=1)),
        "self_signed": tls.self_signed(SUBJECT, hosts),
        "unknown": stranger.signed(SUBJECT, hosts),
        "wrong_host": known.signed(SUBJECT, ["elsewhere.example"]),
    }
    authority_path(folder).write_bytes(known.pem)
    return {"": None} | {name: _context(folder, name, certificate) for name, certificate in made.items()}


def _context(folder, name, certificate):
    chain, key = folder / f"wcbs-{name}.pem", folder / f"wcbs-{name}.key"
    certificate.write(chain, key)
    return tls.context_of(chain, key)
