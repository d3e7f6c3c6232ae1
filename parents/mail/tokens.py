"""Signed links in mails: encrypted, so that nothing can be read from them.

A token names the school, the mark of the address, and the mail it stands in. The keys are those of the marks, which are
only ever added: a link outlives a new key as a parent's choice does. A link that stops mail is good for two years; one
that starts it again, sent to the address itself, for three days.
"""

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum

from cryptography.fernet import InvalidToken
from django.conf import settings

from schools.sealing import box

DAY_S = 24 * 60 * 60
_LAYOUT = struct.Struct(">BQHQ16s")  # purpose, school, key number, mail, mark
_LONGEST = 400
_USED_FOR = b"links in mails"


class Purpose(IntEnum):
    """What a link is for; its number stands in the token."""

    STOP = 1
    AGAIN = 2


GOOD_FOR_S = {Purpose.STOP: 2 * 366 * DAY_S, Purpose.AGAIN: 3 * DAY_S}


class BadTokenError(Exception):
    """Wrong, cut short, foreign or too old: we do not say which."""


@dataclass(frozen=True)
class MailLink:
    """What a token says. mail: id of the `WeeklyMail` it stands in; the row may be gone. signed_at: when it was made,
    for one that was read."""

    school_id: int
    mark: str
    key_number: int
    mail_id: int
    signed_at: datetime | None = field(default=None, compare=False)


def sign(link, purpose=Purpose.STOP):
    """`link` as text for an address."""
    mark = bytes.fromhex(link.mark)
    body = _LAYOUT.pack(purpose, link.school_id, link.key_number, link.mail_id, mark)
    return box(settings.ADDRESS_KEYS, _USED_FOR).encrypt(body).decode().rstrip("=")


def read(text, purpose=Purpose.STOP):
    """The `MailLink` in `text`. Raises BadTokenError, also for a link made for another purpose."""
    if not text or len(text) > _LONGEST or not text.isascii():
        raise BadTokenError
    links, token = box(settings.ADDRESS_KEYS, _USED_FOR), text + "=" * (-len(text) % 4)
    try:
        body = links.decrypt(token, ttl=GOOD_FOR_S[purpose])
        made_for, school_id, key_number, mail_id, mark = _LAYOUT.unpack(body)
    except (InvalidToken, ValueError, struct.error) as error:
        raise BadTokenError from error
    if made_for != purpose:
        raise BadTokenError
    signed_at = datetime.fromtimestamp(links.extract_timestamp(token), UTC)
    return MailLink(school_id, mark.hex(), key_number, mail_id, signed_at)
