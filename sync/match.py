"""Which of our rows each of theirs is: by Wonde id, else by UPI, else by UPN. Never by name."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from sync.kinds import Key, Kind


class Theirs(Struct, frozen=True, gc=False):
    """What identifies one of Wonde's rows of which nothing else could be read."""

    wonde_id: str
    upi: str = ""
    upn: str = ""


class Matching(Struct, frozen=True):
    """keys: Wonde id -> key of our row, or the Wonde id itself for a new row. waiting: new rows whose UPN somebody
    else has; they could be either, so a person decides."""

    keys: dict[str, Key]
    waiting: frozenset[str]


def match(
    kind: Kind, theirs: Mapping[str, Any], ours: Mapping[Key, Any], settled: Mapping[str, Key] | None = None
) -> Matching:
    """Find our row for each of theirs, those who left included. Both have `wonde_id` and what the kind matches on.

    settled: pairs a person confirmed.

    An identifier that two rows of either side share names nobody. Wonde says the UPI survives a return with a new id
    and is unique only within one type: match within a kind (Wonde API reference, "upi").
    """
    by_id = {row.wonde_id: key for key, row in ours.items()}
    keys: dict[str, Key] = {wonde_id: by_id[wonde_id] for wonde_id in theirs if wonde_id in by_id}
    taken = set(keys.values())
    for wonde_id, key in (settled or {}).items():
        if wonde_id in theirs and wonde_id not in keys and key not in taken:
            keys[wonde_id] = key
            taken.add(key)
    if len(keys) == len(theirs):
        return Matching(keys, frozenset())
    for name in kind.match_on:
        new = {wonde_id: row for wonde_id, row in theirs.items() if wonde_id not in keys}
        if not new:
            break
        free = {key: row for key, row in ours.items() if key not in taken}
        holders = _unique(free, name)
        shared = Counter(getattr(row, name) for row in theirs.values())
        for wonde_id, row in new.items():
            value = getattr(row, name)
            if value in holders and shared[value] == 1:
                keys[wonde_id] = holders[value]
                taken.add(holders[value])
    waiting = _same_upn(theirs, ours, keys, taken) if "upn" in kind.match_on else frozenset()
    return Matching({wonde_id: keys.get(wonde_id, wonde_id) for wonde_id in theirs}, waiting)


def _unique(rows: Mapping[Key, Any], name: str) -> dict[str, Key]:
    """Value -> key, for values that exactly one row has."""
    counts = Counter(getattr(row, name) for row in rows.values())
    return {
        getattr(row, name): key for key, row in rows.items() if getattr(row, name) and counts[getattr(row, name)] == 1
    }


def _same_upn(
    theirs: Mapping[str, Any], ours: Mapping[Key, Any], keys: Mapping[str, Key], taken: set[Key]
) -> frozenset[str]:
    """New rows with a UPN that another of theirs, or the row of ours that another of theirs is, has too."""
    new = {wonde_id: row for wonde_id, row in theirs.items() if wonde_id not in keys and row.upn}
    if not new:
        return frozenset()
    counts = Counter(row.upn for row in theirs.values())
    held = {ours[key].upn for key in taken}
    return frozenset(wonde_id for wonde_id, row in new.items() if counts[row.upn] > 1 or row.upn in held)
