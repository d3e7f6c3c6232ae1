"""Each erasure as lines of the log, because a restored backup knows nothing of it: numbers of rows, and no names."""

import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction

from sync.facts.kinds import KINDS

log = logging.getLogger(__name__)
MARK = "erased: "  # what follows it in a message is JSON
DECODER = json.JSONDecoder()
AT_ONCE = 500  # numbers in one line: some logs cut long ones


@dataclass(frozen=True)
class Line:
    """A part of one erasure. erasure: its number; school: its Wonde id; ids: {kind or kind.column: [row's number]}."""

    erasure: int
    at: datetime
    school: str
    ids: dict[str, list[int]]


class LinesError(Exception):
    """The lines cannot be used; the text says why, and what to do."""


def leave_lines(erasure):
    """Write down in the log what `erasure` has erased, once it is committed."""
    for line in lines_of(erasure):
        transaction.on_commit(partial(log.info, "%s%s", MARK, line))


def lines_of(erasure):
    """`erasure` as text, in as many lines as it takes."""
    for name, pks in erasure.ids.items():
        for start in range(0, len(pks), AT_ONCE):
            yield json.dumps(
                {
                    "erasure": erasure.pk,
                    "at": erasure.at.isoformat(),
                    "school": erasure.school.wonde_id,
                    "ids": {name: pks[start : start + AT_ONCE]},
                }
            )


def read(text):
    """[Line] of a log, or of what `manage.py erasures` prints; other lines are passed over. Raises LinesError."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        _, mark, told = _message(line).partition(MARK)
        if not mark:
            continue
        try:
            known = json.loads(told)
            at = datetime.fromisoformat(known["at"])
            ids = {_known(name): [int(pk) for pk in pks] for name, pks in known["ids"].items()}
            found.append(Line(int(known["erasure"]), at, str(known["school"]), ids))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LinesError(f"Line {number} tells of an erasure and cannot be read: was it cut short?") from error
    if not found:
        raise LinesError(
            f"No line tells of an erasure. Each has “{MARK.strip()}” in it, and comes from the worker's log."
        )
    return found


def _message(line):
    """What a line of the log says: as JSON it has that in `message`, perhaps after a prefix of whoever collected it."""
    if MARK in line and '"message"' in line:
        with suppress(ValueError, KeyError, TypeError):
            return DECODER.raw_decode(line[line.index("{") :])[0]["message"]
    return line


def _known(name):
    """`name` if it is a kind or one of its columns. Raises KeyError."""
    kind, _, column = name.partition(".")
    if column:
        KINDS[kind].columns[column]
    return KINDS[kind] and name
