"""Reading a row of which some field is of another shape than it should be: that costs the field, not the row."""

import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
# What these say is never guessed: a row in which one cannot be read waits. (Who somebody is; evidence; rights.)
ESSENTIAL = {"id", "approved", "online", "relationship", "employment_details", "employment_details.data"}
MOST_FIELDS = 50  # wrong in one row
_PLACE = re.compile(r"(?:Expected `(?P<wanted>[^`]*)`)?.* - at `\$\.?(?P<path>[^`]*)`")
_STEPS = re.compile(r"[^.\[\]]+")


def decode(raw: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """One row (JSON), without the fields that are of another shape than `decoder` takes; a number that should be a text
    is one, and the other way round.

    Raises msgspec.DecodeError where it is no row, or where something essential cannot be read.
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
    """Take away what msgspec says is wrong, or what holds it; False where that may not be."""
    found = _PLACE.match(problem)
    if not found:
        return False
    steps = _STEPS.findall(found["path"])
    while steps:
        if ".".join(steps) in ESSENTIAL:
            return False
        if steps[-1] == "id":  # half known is not known: what it names goes
            steps.pop()
        holder: Any = row
        for step in steps[:-1]:
            holder = holder[_key(holder, step)]
        last = _key(holder, steps[-1])
        if holder[last] is not None:
            holder[last] = _as(found["wanted"] or "", holder[last])
            return True
        steps.pop()  # it is nothing already and must be something: what holds it goes
    return False


def _key(holder: Any, step: str) -> Any:
    return int(step) if isinstance(holder, list) else step


def _as(wanted: str, value: Any) -> Any:
    """The same as a number or a text, where it plainly is one; else None."""
    if wanted.startswith("str") and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if wanted.startswith("int") and isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}\s*", value):
        return int(value)
    return None
