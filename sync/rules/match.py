"""Which of our rows each of theirs is: by Wonde id, then UPI, then UPN. Never by name: name and year group can only
speak against a match."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol, TypeVar

from msgspec import Struct, field

from schools.text.names import share_a_word
from sync.facts.kinds import Key, Kind, OwnRow

Said = Mapping[tuple[str, Key], bool]
AnyKey = TypeVar("AnyKey")


class Identified(Protocol):
    """A row with an id of its own. What else its kind matches on is looked up by name."""

    @property
    def wonde_id(self) -> str: ...

    @property
    def sort_name(self) -> str: ...


class Theirs(Struct, frozen=True, gc=False):
    """What identifies one of Wonde's rows of which nothing else could be read."""

    wonde_id: str
    upi: str = ""
    upn: str = ""
    sort_name: str = ""
    year_group: str = ""


class Matching(Struct, frozen=True):
    """keys: Wonde id -> key of our row, or the Wonde id itself for a new row. waiting: new rows whose UPN somebody
    else has too, so a person decides. unlike: new rows whose identifier leads to a row of ours that shares neither name
    nor year group, with its key; a person decides that too."""

    keys: dict[str, Key]
    waiting: frozenset[str]
    unlike: dict[str, Key] = field(default_factory=dict)


def match(
    kind: Kind[OwnRow],
    theirs: Mapping[str, Identified],
    ours: Mapping[Key, Identified],
    settled: Mapping[str, Key] | None = None,
    said: Said | None = None,
) -> Matching:
    """Find our row for each of theirs, including those that left. Both have what the kind matches on.

    settled: pairs a person confirmed. said: (Wonde id, key) -> whether a person said they are the same.

    An identifier that two rows on one side share identifies nobody. Wonde says the UPI survives a return with a new id
    and is unique only within one type: match within a kind (Wonde API reference, "upi"). A Wonde id is always believed;
    under a new id, an identifier is not believed if neither name nor year group agrees.
    """
    said = said or {}
    by_id = {row.wonde_id: key for key, row in ours.items()}
    keys: dict[str, Key] = {wonde_id: by_id[wonde_id] for wonde_id in theirs if wonde_id in by_id}
    taken = set(keys.values())
    same = {wonde_id: key for (wonde_id, key), is_same in said.items() if is_same and key in ours}
    for wonde_id, key in {**same, **(settled or {})}.items():
        if wonde_id in theirs and wonde_id not in keys and key not in taken:
            keys[wonde_id] = key
            taken.add(key)
    if len(keys) == len(theirs):
        return Matching(keys, frozenset())
    unlike: dict[str, Key] = {}
    for name in kind.match_on:
        new = {wonde_id: row for wonde_id, row in theirs.items() if wonde_id not in keys and wonde_id not in unlike}
        if not new:
            break
        free = {key: row for key, row in ours.items() if key not in taken}
        holders = _unique(free, name)
        values = _values(theirs, name)
        shared = Counter(values.values())
        for wonde_id, row in new.items():
            value = values[wonde_id]
            holder = holders.get(value)
            if holder is None or shared[value] > 1 or said.get((wonde_id, holder)) is False:
                continue
            if may_be_one(row, ours[holder]):
                keys[wonde_id] = holder
                taken.add(holder)
            else:
                unlike[wonde_id] = holder
    waiting = _same_upn(theirs, ours, keys, taken) if "upn" in kind.match_on else frozenset()
    return Matching({wonde_id: keys.get(wonde_id, wonde_id) for wonde_id in theirs}, waiting, unlike)


def may_be_one(theirs: Identified, ours: Identified) -> bool:
    """Whether two rows can be one person: they share a word of the name, or the year group."""
    return agree(theirs.sort_name, getattr(theirs, "year_group", ""), ours.sort_name, getattr(ours, "year_group", ""))


def agree(name: str, year: str, other_name: str, other_year: str) -> bool:
    """Whether two people share a word of the (folded) name, or the year group. Unknown is not shared."""
    return share_a_word(name, other_name) or bool(year and year == other_year)


def _values(rows: Mapping[AnyKey, Identified], name: str) -> dict[AnyKey, str]:
    return {key: getattr(row, name) for key, row in rows.items()}


def _unique(rows: Mapping[Key, Identified], name: str) -> dict[str, Key]:
    """Value -> key, for values that only one row has."""
    values = _values(rows, name)
    counts = Counter(values.values())
    return {value: key for key, value in values.items() if value and counts[value] == 1}


def _same_upn(
    theirs: Mapping[str, Identified], ours: Mapping[Key, Identified], keys: Mapping[str, Key], taken: set[Key]
) -> frozenset[str]:
    """New rows whose UPN also belongs to another of theirs, or to a row of ours already taken."""
    upns = _values(theirs, "upn")
    new = {wonde_id: upn for wonde_id, upn in upns.items() if wonde_id not in keys and upn}
    if not new:
        return frozenset()
    counts = Counter(upns.values())
    held = set(_values({key: ours[key] for key in taken}, "upn").values())
    return frozenset(wonde_id for wonde_id, upn in new.items() if counts[upn] > 1 or upn in held)
