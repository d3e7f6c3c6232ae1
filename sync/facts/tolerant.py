"""Reading a row in which a field has the wrong shape: that costs us the field, not the row."""

import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
# Who somebody is, evidence and rights are never guessed: a row in which one of these cannot be read waits.
ESSENTIAL = {"id", "approved", "online", "relationship", "employment_details", "employment_details.data"}
MOST_FIELDS = 50  # the most that may be wrong in one row
_PLACE = re.compile(r"(?:Expected `(?P<wanted>[^`]*)`)?.* - at `\$\.?(?P<path>[^`]*)`")
_STEPS = re.compile(r"[^.\[\]]+")


def decode(raw: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """One row of JSON, without the fields whose shape `decoder` does not take. A number that should be text becomes
    text, and the other way round.

    Raises msgspec.DecodeError if it is not a row, or if something essential cannot be read.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        row, problem = msgspec.json.decode(raw), error
    for _ in range(MOST_FIELDS):
        if not isinstance(row, dict) or not _mend(row, str(problem)):
            break
        try:
            return decoder.decode(msgspec.json.encode(row))
        except msgspec.ValidationError as error:
            problem = error
    raise problem


def _mend(row: dict[str, Any], problem: str) -> bool:
    """Take out what msgspec says is wrong, or whatever contains it; False if that is not allowed."""
    found = _PLACE.match(problem)
    if not found:
        return False
    steps = _STEPS.findall(found["path"])
    while steps:
        if ".".join(steps) in ESSENTIAL:
            return False
        if steps[-1] == "id":  # half an id is none: what it names goes
            steps.pop()
        holder: Any = row
        for step in steps[:-1]:
            holder = holder[_key(holder, step)]
        last = _key(holder, steps[-1])
        if holder[last] is not None:
            holder[last] = _as(found["wanted"] or "", holder[last])
            return True
        steps.pop()  # it is null already and must not be: what contains it goes
    return False


def _key(holder: Any, step: str) -> Any:
    return int(step) if isinstance(holder, list) else step


def _as(wanted: str, value: Any) -> Any:
    """The value as a number or as text, if it plainly is one; else None."""
    if wanted.startswith("str") and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if wanted.startswith("int") and isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}\s*", value):
        return int(value)
    return None
