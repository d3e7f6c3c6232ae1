"""The difference between theirs and ours, as plain data that can be printed, stored, fingerprinted and compared."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field, structs

from sync.facts.kinds import Key, Kind, Row
from sync.facts.rows import with_values

VANISHED_SHARE = 20  # per cent of a kind
EMPTY = ("", None)


Pair = tuple[Row, Row]  # before, after
Pairs = dict[Key, Pair]


class Plan(Struct, frozen=True):
    """What would happen to one kind, by key. It never changes: whoever judges makes another.

    refolded: rows whose names fold differently now and say the same: written, and told to nobody. ended: ours that
    evidence or a person ends, with the reason. absent: ours that are simply missing. following: ours that Wonde still
    lists but that hang from something that goes, with the reason. existing: how many we have.
    """

    kind: str
    creates: Mapping[Key, Row] = field(default_factory=dict)
    returns: Mapping[Key, Pair] = field(default_factory=dict)
    updates: Mapping[Key, Pair] = field(default_factory=dict)
    moves: Mapping[Key, Pair] = field(default_factory=dict)
    refolded: Mapping[Key, Pair] = field(default_factory=dict)
    ended: Mapping[Key, str] = field(default_factory=dict)
    absent: Mapping[Key, Row] = field(default_factory=dict)
    following: Mapping[Key, str] = field(default_factory=dict)
    existing: int = 0


def diff(
    kind: Kind[Any],
    theirs: Mapping[Key, Row],
    ours: Mapping[Key, Row],
    former: Mapping[Key, Row],
    present: Collection[Key] = frozenset(),
    ended: Mapping[Key, str] | None = None,
    withheld: Mapping[Key, str] | None = None,
    said: Mapping[Key, Row] | None = None,
) -> Plan:
    """Compare two mappings of key -> row, after matching and screening.

    former: rows that left before; they come back as returns, never as second rows. present: keys Wonde listed but that
    could not be read in full; never removed. ended, withheld: keys with the reason why they are not among theirs. said:
    what rows of ours that are not among theirs, and may stay all the same, say now.
    """
    ended, withheld, said = ended or {}, withheld or {}, said or {}
    arriving = {key: row for key, row in theirs.items() if key not in ours}
    leaving = {key: row for key, row in ours.items() if key not in theirs}
    changed = {key: (before, theirs[key]) for key, before in ours.items() if key in theirs and before != theirs[key]}
    changed |= {key: (before, said[key]) for key, before in leaving.items() if said.get(key, before) != before}
    moves, refolded, updates = _sorted_out(kind, changed)
    gone = {key: row for key, row in leaving.items() if key not in present}
    return Plan(
        kind.name,
        creates={key: row for key, row in arriving.items() if key not in former},
        returns={key: (former[key], row) for key, row in arriving.items() if key in former},
        updates=updates,
        moves=moves,
        refolded=refolded,
        ended={key: ended[key] for key in gone if key in ended},
        absent={key: row for key, row in gone.items() if key not in ended and key not in withheld},
        following={key: withheld[key] for key in gone if key in withheld and key not in ended},
        existing=len(ours),
    )


def _sorted_out(
    kind: Kind[Any], changed: Mapping[Key, Pair]
) -> tuple[dict[Key, Pair], dict[Key, Pair], dict[Key, Pair]]:
    """Rows of ours that are not as they were: those that move, those that only fold differently, and the others."""
    moves, refolded, updates = Pairs(), Pairs(), Pairs()
    for key, (before, after) in changed.items():
        if any(getattr(before, name) != getattr(after, name) for name in kind.parents):
            moves[key] = (before, after)
        elif structs.replace(before, **{name: getattr(after, name) for name in kind.derived}) == after:
            refolded[key] = (before, after)
        else:
            updates[key] = (before, after)
    return moves, refolded, updates


def keep_values(
    kind: Kind[Any], theirs: Mapping[Key, Row], ours: Mapping[Key, Row], former: Mapping[Key, Row], free: int
) -> tuple[dict[Key, Row], list[str]]:
    """`theirs` with the values that must not vanish, and the columns that went empty as a whole.

    A UPN or UPI is never overwritten by nothing. A column that goes empty for more than 20% of a kind, and for more
    than `free` rows or for every row, keeps its old values: that is a withdrawn permission or a fault, not news.
    """
    kept = dict(theirs)
    names = [
        name
        for name, column in kind.columns.items()
        if not column.parent and not column.decided and not column.derived and column.db != "bool"
    ]
    lost: dict[str, list[Key]] = {name: [] for name in names}
    for key, row in theirs.items():
        before = ours.get(key) or former.get(key)
        if before is None:
            continue
        if row == before:
            continue
        for name in names:
            if getattr(row, name) in EMPTY and getattr(before, name) not in EMPTY:
                lost[name].append(key)
    vanished = []
    for name, keys in lost.items():
        if kind.columns[name].never_emptied:
            restore = keys
        elif len(keys) * 100 > VANISHED_SHARE * len(theirs) and (len(keys) > free or len(keys) == len(theirs)):
            restore = keys
            vanished.append(name)
        else:
            continue
        for key in restore:
            before = ours.get(key) or former[key]
            kept[key] = with_values(kept[key], {name: getattr(before, name)})
    return kept, vanished


def fingerprint(plans: Mapping[str, Plan]) -> str:
    """A name for exactly these plans: 64 hex characters, the same for the same plans in any order of reading."""
    digest, encode = hashlib.sha256(), msgspec.json.Encoder().encode
    for name in sorted(plans):
        plan = plans[name]
        for verb in ("creates", "returns", "updates", "moves", "ended", "absent", "following"):
            entries: Mapping[Key, Any] = getattr(plan, verb)
            digest.update(encode([name, verb, [(str(key), entries[key]) for key in sorted(entries, key=str)]]))
    return digest.hexdigest()
