"""Email addresses as we compare and remember them, and marks that recognise something without saying it. Pure.

A mark is an HMAC: whoever has only the database cannot read an address, a name or an id from it. Keys are only ever
added: a mark is written with the newest and looked up with all, so that a parent's word outlives every key.
"""

import hashlib
import hmac
import re

from schools.identifiers import upi as real_upi
from schools.identifiers import upn as real_upn

MARK_LENGTH = 32  # hex characters, 128 bits
_SHAPE = re.compile(r"[^\s@<>\"(),:;\[\\\]\x00-\x20]+@[^\s@<>\"(),:;\[\\\]_\x00-\x20]+\.[^\s@.\d<>\"(),:;\[\\\]_]{2,}")


def folded(address: str) -> str:
    """An address as we keep it: without spaces around it, in lower case."""
    return address.strip().lower()


def is_usable(address: str) -> bool:
    """Whether mail could be sent to `address`: one mailbox at one domain, nothing around it."""
    local, _, domain = address.partition("@")
    return (
        bool(_SHAPE.fullmatch(address))
        and len(address) <= 254
        and len(local) <= 64
        and ".." not in address
        and not local.startswith(".")
        and not local.endswith(".")
        and not domain.startswith((".", "-"))
    )


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
        return self.make("address", school, folded(address))

    def addresses(self, school: int, address: str) -> set[str]:
        """The marks under which choices about an address may be found."""
        return self.every("address", school, folded(address))


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
