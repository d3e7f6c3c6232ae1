"""The difference between theirs and ours, as plain data: it can be printed, stored, fingerprinted and compared."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field, structs

from sync.facts.kinds import Kind, Row
from sync.facts.rows import with_values

VANISHED_SHARE = 20  # per cent of a kind
EMPTY = ("", None)


class Plan(Struct):
    """What would happen to one kind, by key.

    returns, updates, moves: (before, after). refolded: (before, after) of rows whose names fold differently now and say
    the same: written, and told to nobody. ended: ours that evidence or a person ends, with the reason. absent: ours
    that are simply missing. following: ours that Wonde still lists but that hang from something that goes, with the
    reason. existing: how many we have.
    """

    kind: str
    creates: dict[Any, Row] = field(default_factory=dict)
    returns: dict[Any, tuple[Row, Row]] = field(default_factory=dict)
    updates: dict[Any, tuple[Row, Row]] = field(default_factory=dict)
    moves: dict[Any, tuple[Row, Row]] = field(default_factory=dict)
    refolded: dict[Any, tuple[Row, Row]] = field(default_factory=dict)
    ended: dict[Any, str] = field(default_factory=dict)
    absent: dict[Any, Row] = field(default_factory=dict)
    following: dict[Any, str] = field(default_factory=dict)
    existing: int = 0


def diff(
    kind: Kind,
    theirs: Mapping[Any, Row],
    ours: Mapping[Any, Row],
    former: Mapping[Any, Row],
    present: Collection[Any] = frozenset(),
    ended: Mapping[Any, str] | None = None,
    withheld: Mapping[Any, str] | None = None,
    said: Mapping[Any, Row] | None = None,
) -> Plan:
    """Compare two mappings of key -> row, after matching and screening.

    former: rows that left before; they come back as returns, never as second rows. present: keys Wonde listed but that
    could not be read in full; never removed. ended, withheld: keys with the reason why they are not among theirs. said:
    what those of ours say now that are not among theirs and may stay nevertheless.
    """
    ended, withheld, said = ended or {}, withheld or {}, said or {}
    plan = Plan(kind.name, existing=len(ours))
    for key, row in theirs.items():
        before = ours.get(key)
        if before is None:
            if key in former:
                plan.returns[key] = (former[key], row)
            else:
                plan.creates[key] = row
        elif before != row:
            _plan_change(plan, kind, key, before, row)
    for key, row in ours.items():
        if key in theirs:
            continue
        if said.get(key, row) != row:
            _plan_change(plan, kind, key, row, said[key])
        if key in present:
            continue
        if key in ended:
            plan.ended[key] = ended[key]
        elif key in withheld:
            plan.following[key] = withheld[key]
        else:
            plan.absent[key] = row
    return plan


def _plan_change(plan: Plan, kind: Kind, key: Any, before: Row, after: Row) -> None:
    """What becomes of a row of ours that is not as it was."""
    if any(getattr(before, name) != getattr(after, name) for name in kind.parents):
        plan.moves[key] = (before, after)
    elif structs.replace(before, **{name: getattr(after, name) for name in kind.derived}) == after:
        plan.refolded[key] = (before, after)
    else:
        plan.updates[key] = (before, after)


def keep_values(
    kind: Kind, theirs: Mapping[Any, Row], ours: Mapping[Any, Row], former: Mapping[Any, Row], free: int
) -> tuple[dict[Any, Row], list[str]]:
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
    lost: dict[str, list[Any]] = {name: [] for name in names}
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
            entries: dict[Any, Any] = getattr(plan, verb)
            digest.update(encode([name, verb, [(str(key), entries[key]) for key in sorted(entries, key=str)]]))
    return digest.hexdigest()
