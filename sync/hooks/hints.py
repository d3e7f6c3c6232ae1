"""What Wonde's webhooks say: a hint, never a fact, as they come unsigned. Pure.

Five types are documented, with every value a text; their order, repetition and headers are [unknown]. Only what is
named here is taken out of a body: the token for one school that `schoolApproved` brings is passed over while decoding.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from schools.text.tidy import tidied

APPROVED, REVOKED, DECLINED, MIGRATION = "schoolApproved", "accessRevoked", "accessDeclined", "schoolMigration"
OF_ACCESS = (APPROVED, REVOKED, DECLINED)
OTHERS = ("writeback",)  # documented; nothing here writes to an MIS
LONGEST_NAME = 60  # of an MIS
_TYPE = re.compile(r"[A-Za-z]{1,40}")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")


class UnreadableHintError(ValueError):
    """It is not a JSON object."""


class Move(msgspec.Struct, frozen=True):
    """A change of MIS as announced. mis_from, mis_to: names, "" if not given. scheduled_at, completed_at: None where it
    is not given, or is no moment."""

    mis_from: str
    mis_to: str
    scheduled_at: datetime | None
    completed_at: datetime | None


class Hint(msgspec.Struct, frozen=True):
    """type: as Wonde spells it, "" if it is none. wonde_id: of the school, "" if it is none. move: for a migration."""

    type: str
    wonde_id: str
    move: Move | None = None

    @property
    def digest(self) -> str:
        """The same for whatever says the same."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class _Body(msgspec.Struct):
    payload_type: Any = None
    school_id: Any = None
    migrate_from: Any = None
    migrate_to: Any = None
    scheduled_at: Any = None
    completed_at: Any = None


def read(body: bytes) -> Hint:
    """The hint in the body of a request. Raises UnreadableHintError."""
    try:
        said = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableHintError from error
    kind, wonde_id = _matching(_TYPE, said.payload_type), _matching(_ID, said.school_id)
    if kind != MIGRATION:
        return Hint(kind, wonde_id)
    names = (_text(said.migrate_from)[:LONGEST_NAME], _text(said.migrate_to)[:LONGEST_NAME])
    return Hint(kind, wonde_id, Move(*names, _moment(said.scheduled_at), _moment(said.completed_at)))


def _text(value: Any) -> str:
    """A text as it is, a number as text; "" for anything else."""
    is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
    return tidied(str(value).replace("\0", "")) if is_text else ""


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    text = _text(value)
    return text if pattern.fullmatch(text) else ""


def _moment(value: Any) -> datetime | None:
    """A date-time string, in UTC unless it says otherwise [inferred]; None for what is no such text."""
    try:
        found = datetime.fromisoformat(_text(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
