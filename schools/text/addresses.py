"""Email addresses as we keep, compare and remember them, and marks that recognise something without revealing it. Pure.

A mark is an HMAC: the database alone cannot tell anyone the address, name or id behind it. Marks cannot be remade from
what we keep, so keys and foldings are only ever added: a mark is written with the newest of both and looked up with all
of them, so that a parent's choice outlives them.
"""

import hashlib
import hmac
import re
from collections.abc import Callable

from schools.text.identifiers import upi as real_upi
from schools.text.identifiers import upn as real_upn
from schools.text.tidy import CONTROL, UNSEEN

MARK_LENGTH = 32  # hex characters, 128 bits
_BEFORE, _AFTER = r"<({\[\"'`´‘’‚‛“”„‟«»‹›,;:", r">)}\]\"'`´‘’‚‛“”„‟«»‹›,;:."
_EDGES = re.compile(rf"^[\s{CONTROL}{UNSEEN}{_BEFORE}]+|[\s{CONTROL}{UNSEEN}{_AFTER}]+$")
_NOTHING = re.compile(rf"[\s{CONTROL}{UNSEEN}]+")
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.I | re.A)
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--{_LABEL})", re.I | re.A)


def cleaned(address: str) -> str:
    """An address as we keep it: in lower case, without what comes along when it is copied from somewhere: spaces,
    invisible characters, "mailto:", brackets, quotation marks, commas and full stops."""
    text = _EDGES.sub("", address).lower()
    return _EDGES.sub("", text[len("mailto:") :]) if text.startswith("mailto:") else text


def folded(address: str) -> str:
    """One text for every spelling of a mailbox: without spaces and invisible characters inside too, its domain as DNS
    has it, and Google's two names as one. At most providers dots and plus tags make different mailboxes, so they
    stay."""
    local, at, domain = _NOTHING.sub("", cleaned(address)).rpartition("@")
    domain = _on_the_wire(domain)
    return f"{local}{at}{'gmail.com' if domain == 'googlemail.com' else domain}"


def _folded_until_2026(address: str) -> str:
    return address.strip().lower()


# Every way addresses have ever been folded for a mark. Add at the end; never change or remove one.
FOLDINGS: tuple[Callable[[str], str], ...] = (_folded_until_2026, folded)


def spellings(address: str) -> set[str]:
    """`address` and the other ways the MIS may write the same mailbox, and an older folding may have marked it."""
    local, at, domain = folded(address).rpartition("@")
    domains = {domain, _as_people_read(domain)} | ({"googlemail.com"} if domain == "gmail.com" else set())
    return {address, cleaned(address)} | {f"{local}{at}{name}" for name in domains}


def is_usable(address: str) -> bool:
    """Whether mail can be sent to `address`: one mailbox at one domain, with nothing around it and no invisible
    character.

    The part before the @ must be plain ASCII: neither our SMTP nor most mail services deliver anything else (RFC 6531).
    """
    local, _, domain = address.rpartition("@")
    plain = _on_the_wire(domain)
    return (
        not _NOTHING.search(address)
        and len(local) <= 64
        and len(local) + len(plain) < 254
        and bool(_LOCAL.fullmatch(local))
        and bool(_DOMAIN.fullmatch(plain))
    )


def mailbox(address: str) -> str:
    """The address to write to, the same for every spelling; an unusable one stays as it is."""
    text = cleaned(address)
    return folded(text) if is_usable(text) else text


def _on_the_wire(domain: str) -> str:
    """A domain as DNS has it: "bücher.example" is "xn--bcher-kva.example" (IDNA 2003, as Django sends)."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain


def _as_people_read(domain: str) -> str:
    """The reverse of `_on_the_wire`."""
    try:
        return domain.encode("ascii").decode("idna") if "xn--" in domain else domain
    except UnicodeError:
        return domain


def masked(address: str) -> str:
    """Enough of an address to find it in the MIS, not to write to it: "m…o@e….org"."""
    local, _, domain = address.partition("@")
    host, _, ending = domain.rpartition(".")
    return f"{local[:1]}…{local[-1:] if len(local) > 2 else ''}@{host[:1]}….{ending}" if domain else "…"


class Marks:
    """Makes and finds marks. keys: {key number: secret}; the highest number is used to write."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        if not keys:
            raise ValueError("No key for marks is given. Set ADDRESS_KEYS.")
        self.keys = dict(sorted(keys.items(), reverse=True))
        self.newest = next(iter(self.keys))

    def make(self, label: str, school: int, value: str) -> str:
        """The mark of `value` within a school, by the newest key. label: what kind of value it is."""
        return _mark(self.keys[self.newest], label, school, value)

    def every(self, label: str, school: int, value: str) -> set[str]:
        """The marks of `value` under every key we have ever had; none for an empty value."""
        return {_mark(key, label, school, value) for key in self.keys.values()} if value else set()

    def address(self, school: int, address: str) -> str:
        """The mark that choices about an address are kept under."""
        return self.make("address", school, FOLDINGS[-1](address))

    def addresses(self, school: int, address: str) -> set[str]:
        """The marks that choices about an address may be found under:
        with every key and folding, however it was spelt at the time."""
        values = {fold(spelling) for fold in FOLDINGS for spelling in spellings(address)}
        return set[str]().union(*(self.every("address", school, value) for value in values))


def _mark(key: bytes, label: str, school: int, value: str) -> str:
    text = f"{label}:{school}:{value}".encode()
    return hmac.digest(key, text, hashlib.sha256).hex()[:MARK_LENGTH]


def read_keys(text: str) -> dict[int, bytes]:
    """{number: key} from "1:secret,2:secret". Raises ValueError, in a sentence, for anything else."""
    keys: dict[int, bytes] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        number, colon, secret = part.partition(":")
        if not (colon and number.isascii() and number.isdecimal() and int(number) not in keys):
            raise ValueError("Each key needs a number of its own before a colon: 1:secret,2:secret")
        if len(secret) < 32:
            raise ValueError(f"Key {number} is shorter than 32 characters. Make one with: openssl rand -hex 32")
        keys[int(number)] = secret.encode()
    if not keys:
        raise ValueError("No key is given. Make one with: openssl rand -hex 32")
    return keys


def marks_of_contact(marks: Marks, school: int, wonde_id: str, upi: str, email: str) -> set[str]:
    """Every mark that may recognise a parent or carer. A placeholder in place of a UPI recognises nobody: a block on it
    would cover everybody."""
    return (
        marks.every("contact id", school, wonde_id)
        | marks.every("contact upi", school, real_upi(upi))
        | marks.addresses(school, email)
    )


def marks_of_student(marks: Marks, school: int, wonde_id: str, upi: str, upn: str) -> set[str]:
    """Every mark that may recognise a student."""
    return (
        marks.every("student id", school, wonde_id)
        | marks.every("student upi", school, real_upi(upi))
        | marks.every("student upn", school, real_upn(upn))
    )


def marks_of_employee(marks: Marks, school: int, wonde_id: str, upi: str) -> set[str]:
    """Every mark that may recognise a member of staff."""
    return marks.every("employee id", school, wonde_id) | marks.every("employee upi", school, real_upi(upi))
