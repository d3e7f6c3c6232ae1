"""Email addresses as we keep, compare and remember them, and marks that recognise something without saying it. Pure.

A mark is an HMAC: whoever has only the database cannot read an address, a name or an id from it. It cannot be made
again from what is kept, so keys and foldings are only ever added: a mark is written with the newest of both and looked
up with all, so that a parent's word outlives every one of them.
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
    """An address as we keep it: in lower case, without what clings to its edges when it was copied from somewhere:
    spaces, unseen signs, "mailto:", brackets, quotation marks, commas and full stops."""
    text = _EDGES.sub("", address).lower()
    return _EDGES.sub("", text[len("mailto:") :]) if text.startswith("mailto:") else text


def folded(address: str) -> str:
    """One text for every spelling of one mailbox: also without spaces and unseen signs inside, its domain as the wire
    has it, and Google's two names as one. Dots and plus tags make other mailboxes at most providers: they stay."""
    local, at, domain = _NOTHING.sub("", cleaned(address)).rpartition("@")
    domain = _on_the_wire(domain)
    return f"{local}{at}{'gmail.com' if domain == 'googlemail.com' else domain}"


def _folded_until_2026(address: str) -> str:
    return address.strip().lower()


# Every way in which addresses were ever folded for a mark. Add one at the end; never change or take away any.
FOLDINGS: tuple[Callable[[str], str], ...] = (_folded_until_2026, folded)


def spellings(address: str) -> set[str]:
    """`address` and the other ways in which the MIS may write the same mailbox, and an older folding have marked it."""
    local, at, domain = folded(address).rpartition("@")
    domains = {domain, _as_people_read(domain)} | ({"googlemail.com"} if domain == "gmail.com" else set())
    return {address, cleaned(address)} | {f"{local}{at}{name}" for name in domains}


def is_usable(address: str) -> bool:
    """Whether mail can be sent to `address`: one mailbox at one domain, nothing around it, no sign that is not seen.

    The part before the @ is plain ASCII: neither our SMTP nor most mail services hand over any other (RFC 6531).
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
    """The address to write to, the same for every spelling; one that cannot be written to stays as it is written."""
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
    """The other way round."""
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
    """Makes and finds marks. keys: secret by key number; the highest number writes."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        if not keys:
            raise ValueError("No key for marks is given. Set ADDRESS_KEYS.")
        self.keys = dict(sorted(keys.items(), reverse=True))
        self.newest = next(iter(self.keys))

    def make(self, label: str, school: int, value: str) -> str:
        """The mark of `value` within a school, by the newest key. label: what kind of value it is."""
        return _mark(self.keys[self.newest], label, school, value)

    def every(self, label: str, school: int, value: str) -> set[str]:
        """The marks of `value` by every key there is or was; none for an empty value."""
        return {_mark(key, label, school, value) for key in self.keys.values()} if value else set()

    def address(self, school: int, address: str) -> str:
        """The mark under which choices about an address are kept."""
        return self.make("address", school, FOLDINGS[-1](address))

    def addresses(self, school: int, address: str) -> set[str]:
        """The marks under which choices about an address may be found: by every key and every folding, whichever way
        it was spelled then."""
        values = {fold(spelling) for fold in FOLDINGS for spelling in spellings(address)}
        return set[str]().union(*(self.every("address", school, value) for value in values))


def _mark(key: bytes, label: str, school: int, value: str) -> str:
    text = f"{label}:{school}:{value}".encode()
    return hmac.digest(key, text, hashlib.sha256).hex()[:MARK_LENGTH]


def read_keys(text: str) -> dict[int, bytes]:
    """Keys by number from "1:secret,2:secret". Raises ValueError, in a sentence, for anything else."""
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
    """Every mark by which a parent or carer may be recognised. A placeholder where the UPI should be recognises nobody:
    a block on it would cover everybody."""
    return (
        marks.every("contact id", school, wonde_id)
        | marks.every("contact upi", school, real_upi(upi))
        | marks.addresses(school, email)
    )


def marks_of_student(marks: Marks, school: int, wonde_id: str, upi: str, upn: str) -> set[str]:
    """Every mark by which a student may be recognised."""
    return (
        marks.every("student id", school, wonde_id)
        | marks.every("student upi", school, real_upi(upi))
        | marks.every("student upn", school, real_upn(upn))
    )
