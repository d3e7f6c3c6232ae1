"""Signed links in mails: encrypted, so that nothing can be read from them, and good for two years.

A token names the school, the mark of the address, and the mail it stands in. The keys are those of the marks, which are
only ever added: a link outlives a new key as a parent's choice does.
"""

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from schools.addresses import read_keys

GOOD_FOR_S = 2 * 366 * 24 * 60 * 60
_LAYOUT = struct.Struct(">BQHQ16s")  # version, school, key number, mail, mark
_VERSION = 1
_LONGEST = 400


class BadTokenError(Exception):
    """Wrong, cut, foreign or too old: which of these is nobody's business."""


@dataclass(frozen=True)
class Link:
    """What a token says. mail: id of the `WeeklyMail` it stands in; the row may be gone."""

    school_id: int
    mark: str
    key_number: int
    mail_id: int


def sign(link):
    """`link` as text for an address."""
    mark = bytes.fromhex(link.mark)
    body = _LAYOUT.pack(_VERSION, link.school_id, link.key_number, link.mail_id, mark)
    return _box(settings.ADDRESS_KEYS).encrypt(body).decode().rstrip("=")


def read(text):
    """The `Link` in `text`. Raises BadTokenError."""
    if not text or len(text) > _LONGEST or not text.isascii():
        raise BadTokenError
    try:
        body = _box(settings.ADDRESS_KEYS).decrypt(text + "=" * (-len(text) % 4), ttl=GOOD_FOR_S)
        version, school_id, key_number, mail_id, mark = _LAYOUT.unpack(body)
    except (InvalidToken, ValueError, struct.error) as error:
        raise BadTokenError from error
    if version != _VERSION:
        raise BadTokenError
    return Link(school_id, mark.hex(), key_number, mail_id)


@lru_cache(maxsize=2)
def _box(keys):
    """Writes with the newest key, reads with every one."""
    known = sorted(read_keys(keys).items(), reverse=True)
    secrets = [hmac.digest(secret, b"links in mails", hashlib.sha256) for _, secret in known]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(secret)) for secret in secrets])
