"""How many rows of a reading have each field: numbers that stand where nobody says whether a field is shared. Pure."""

from collections.abc import Collection, Mapping
from operator import attrgetter

from msgspec import structs

from sync.facts.kinds import KINDS, Key, Row

ROWS = ""  # among the columns of a kind: how many rows there are
EMPTY = {  # kind -> {column: what stands in it where nothing came}; an id, or what a link ties, is never empty
    name: {
        each.name: "" if kind.columns[each.name].db == "text" else None
        for each in structs.fields(kind.row)
        if not (each.required or kind.columns[each.name].derived or kind.columns[each.name].decided)
    }
    for name, kind in KINDS.items()
}
Filled = Mapping[str, Mapping[str, int]]


def filled(theirs: Mapping[str, Mapping[Key, Row]], aside: Collection[str]) -> dict[str, dict[str, int]]:
    """{kind: {column: how many rows have a value}} of what came; of kinds that were set aside nothing."""
    return {name: _counted(EMPTY[name], list(theirs[name].values())) for name in KINDS if name not in aside}


def _counted(empty: Mapping[str, str | None], rows: list[Row]) -> dict[str, int]:
    values = {column: list(map(attrgetter(column), rows)) for column in empty}
    return {ROWS: len(rows)} | {column: len(rows) - values[column].count(empty[column]) for column in empty}


def of_field(filled: Filled, name: str) -> tuple[int, int] | None:
    """(how many rows have the field, how many there are) of a field such as "students.upn"; None where its kind was not
    read."""
    kind, _, column = name.partition(".")
    if kind not in filled:
        return None
    rows = filled[kind][ROWS]
    return filled[kind].get(column, rows), rows
