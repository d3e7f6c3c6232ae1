"""What may be asked of Wonde and kept: by field, as "employees.email" (`schools.sharing.purposes`). Pure.

A kind none of whose fields is asked for is not read at all. In a row, a field that is not asked for is empty.
"""

from collections.abc import Iterable, Mapping, Set
from typing import Any, TypeVar, cast

from msgspec import structs

from sync.facts.kinds import KINDS, Key, Kind, Row
from sync.facts.rows import with_values
from sync.facts.sides import Ours, Screened
from sync.facts.snapshot import NOT_ASKED, Rows, Snapshot

R = TypeVar("R", bound=Row)
Asked = Set[str]
NOTHING = {
    name: {each.name: each.default for each in structs.fields(kind.row) if not each.required}
    for name, kind in KINDS.items()
}  # kind -> column -> what stands in it where nothing is known; of ids and of what a link ties there is none


def is_asked(kind: Kind[Any], asked: Asked) -> bool:
    """Whether any field of the kind is asked for."""
    return any(f"{kind.name}.{column}" in asked for column in kind.given)


def unasked(kind: Kind[Any], asked: Asked) -> Mapping[str, Any]:
    """The columns of a kind that are not asked for, each with what stands in it then."""
    nothing = NOTHING[kind.name]
    return {
        column: nothing[column] for column in kind.given if column in nothing and f"{kind.name}.{column}" not in asked
    }


def includes(kind: Kind[Any], named: Iterable[str], asked: Asked) -> list[str]:
    """Those of `named` that bring something asked for."""
    source = kind.source or kind.nested
    only_for = source.only_for if source else {}
    return [include for include in named if include not in only_for or not asked.isdisjoint(only_for[include])]


def brings_only_details(kind: Kind[Any], include: str) -> bool:
    """Whether an include of the kind brings nothing but fields of what is attached to its rows."""
    fields = kind.source.only_for.get(include, ()) if kind.source else ()
    return bool(fields) and all(KINDS[field.partition(".")[0]].attached for field in fields)


def rows_asked(kind: Kind[R], rows: Rows[R], asked: Asked) -> Rows[R]:
    """One read of a kind, with what is not asked for empty."""
    empty = unasked(kind, asked)
    return rows.each(lambda row: cast(R, with_values(row, empty))) if empty else rows


def without(asked: Asked) -> list[str]:
    """The kinds none of whose fields is asked for."""
    return [name for name, kind in KINDS.items() if not is_asked(kind, asked)]


def snapshot_asked(snapshot: Snapshot, asked: Asked) -> Snapshot:
    """Their side as if the kinds of which nothing is asked for had not been read."""
    denied = dict.fromkeys(without(asked), NOT_ASKED)
    return structs.replace(snapshot, denied=snapshot.denied | denied) if denied else snapshot


def screened_asked(screened: Screened, asked: Asked) -> Screened:
    """What was screened, with what is not asked for empty."""
    return structs.replace(
        screened,
        theirs={name: only_in(name, rows, asked) for name, rows in screened.theirs.items()},
        said={name: only_in(name, rows, asked) for name, rows in screened.said.items()},
    )


def only_in(name: str, rows: Mapping[Key, Row], asked: Asked) -> Mapping[Key, Row]:
    """Rows of the kind `name`, by key, with what is not asked for empty; none where none of it is asked for."""
    kind = KINDS[name]
    if not is_asked(kind, asked):
        return {}
    empty = unasked(kind, asked)
    return {key: with_values(row, empty) for key, row in rows.items()} if empty else rows


def ours_asked(ours: Ours, asked: Asked) -> Ours:
    """Our side as if it held nothing but what is asked for: so nothing beyond it is compared, held, counted or
    missed."""
    gone = without(asked)

    def kept(of_kinds: Mapping[str, Any]) -> dict[str, Any]:
        return {name: type(of)() if name in gone else of for name, of in of_kinds.items()}

    return structs.replace(
        ours,
        rows={name: dict(only_in(name, rows, asked)) for name, rows in ours.rows.items()},
        former={name: dict(only_in(name, rows, asked)) for name, rows in ours.former.items()},
        stays=kept(ours.stays),
        kept=kept(ours.kept),
        hidden=kept(ours.hidden),
        deleted=kept(ours.deleted),
        pairs=kept(ours.pairs),
    )
