"""Everything held about one person as plain data, before and after the school has decided what a copy says. Pure.

Other people in it are meant, not named; what somebody wrote, and entries that may be about somebody else, are left out
unless the school includes them. Whoever is meant is known by row, so that erasing anybody in a copy deletes it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from schools.templatetags.words import and_list

LEFT_OUT = "(left out by the school)"


@dataclass(frozen=True)
class Meant:
    """A row of ours that a value points at: `role` says what it is to the person ("a parent or carer"), `name` who."""

    kind: str
    pk: int
    role: str
    name: str


@dataclass(frozen=True)
class Words:
    """What somebody wrote in their own words. It may name anybody."""

    text: str

    @property
    def key(self) -> str:
        return f"words:{hashlib.sha256(self.text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Fact:
    """One value. value: plain, or `Words`, or those it points at (a tuple of `Meant`). source: who gave it. first,
    last: the days on which it was first and last read. purpose, until: what it is held for, and how long. Empty: as its
    part says."""

    label: str
    value: Any
    source: str = ""
    first: str = ""
    last: str = ""
    purpose: str = ""
    until: str = ""


@dataclass(frozen=True)
class Row:
    """Some values that belong together. key: set where the school decides about the whole of it; said: what it then
    reads; is_in: whether a copy has it if nobody has decided."""

    facts: tuple[Fact, ...]
    key: str = ""
    said: str = ""
    is_in: bool = True


@dataclass(frozen=True)
class Part:
    """Rows of one sort. note: what to know about them all."""

    title: str
    rows: tuple[Row, ...]
    source: str = ""
    purpose: str = ""
    until: str = ""
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """One thing the school decides: whether a copy has it. about: the title of its part."""

    key: str
    about: str
    said: str
    is_in: bool


@dataclass(frozen=True)
class Decided:
    """What the school has decided. entries: {key: whether the copy has it}; names: whether other people are named;
    whole: whether nothing is left out at all, for whoever may see everything."""

    entries: Mapping[str, bool] = field(default_factory=dict)
    names: bool = False
    whole: bool = False

    def has(self, key: str, otherwise: bool) -> bool:
        return self.whole or self.entries.get(key, otherwise)


WHOLE = Decided(names=True, whole=True)


def entries(parts: Iterable[Part]) -> list[Entry]:
    """What the school decides about, in the order of the parts; words that stand in several places once."""
    found: dict[str, Entry] = {}
    for part in parts:
        for row in part.rows:
            if row.key:
                found.setdefault(row.key, Entry(row.key, part.title, row.said, row.is_in))
            for fact in row.facts:
                if isinstance(fact.value, Words):
                    found.setdefault(fact.value.key, Entry(fact.value.key, part.title, fact.value.text, False))
    return list(found.values())


def ids(parts: Iterable[Part]) -> dict[str, list[int]]:
    """{kind: [pk]} of whoever is named or meant, whether or not a copy says so."""
    found = defaultdict(set)
    for part in parts:
        for row in part.rows:
            for fact in row.facts:
                for meant in fact.value if isinstance(fact.value, tuple) else ():
                    found[meant.kind].add(meant.pk)
    return {kind: sorted(pks) for kind, pks in found.items()}


def resolved(parts: Iterable[Part], decided: Decided) -> list[Part]:
    """The parts as a copy has them: values plain, rows left out that the school leaves out; no part without a row."""
    told = []
    for part in parts:
        rows = tuple(
            Row(tuple(replace(fact, value=_plain(fact.value, decided)) for fact in row.facts))
            for row in part.rows
            if not row.key or decided.has(row.key, row.is_in)
        )
        if rows:
            told.append(replace(part, rows=rows))
    return told


def _plain(value: Any, decided: Decided) -> Any:
    if isinstance(value, Words):
        return value.text if decided.has(value.key, False) else LEFT_OUT
    if isinstance(value, tuple):
        return and_list(dict.fromkeys(each.name if decided.names else each.role for each in value))
    return value
