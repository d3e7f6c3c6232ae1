"""Wonde's list of permissions: those that say who may know of a child, and those of a single field. Pure.

What stands here and in `schools.sharing.purposes` of Wonde's spelling is all there is. A vendor's help page names the
three permissions of RIGHTS; that their identities are spelled like `contacts.court_order.read` is [inferred], and so is
that what is not granted comes as null.
"""

from collections.abc import Iterable, Mapping

from msgspec import structs

from schools.sharing import purposes
from sync.facts.filled import Filled, of_field
from sync.facts.kinds import KINDS, Row
from sync.facts.shapes import Permission
from sync.facts.snapshot import Contacts, Rows, Snapshot

# What a relationship may say of a parent's rights -> (identity, name) of its own permission.
RIGHTS = {
    "court_order": ("contacts.court_order.read", "contacts court order"),
    "parental_responsibility": ("contacts.parental_responsibility.read", "contacts parental responsibility"),
    "priority": ("contacts.priority.read", "contacts priority"),
}
ANSWERS = ("approved", "optional", "declined", "audited")
_COLUMNS = {"court_order": "court_order", "parental_responsibility": "responsibility", "priority": "priority"}
_NAMES = dict(RIGHTS.values())
_SCOPES = {kind.scope for kind in KINDS.values()}

# Field -> the permission that gives it alone; those of a whole kind are not among them (`sync.engine.freezing`).
OWN = {
    asked.name: asked.wonde
    for purpose in purposes.PURPOSES.values()
    for asked in purpose.asked
    if asked.wonde not in _SCOPES
}


def by_identity(listed: Iterable[Permission] | None) -> dict[str, Permission]:
    """Each permission of a list once. Where one comes twice, an answer on which the two disagree is none."""
    found: dict[str, Permission] = {}
    for each in sorted(listed or (), key=lambda each: (str(each.name), str(each.group), str(each.active_from))):
        if known := found.get(each.identity):
            doubtful = {name: None for name in ANSWERS if getattr(known, name) is not getattr(each, name)}
            if known.granted is not each.granted:
                doubtful["approved"] = None
            found[each.identity] = structs.replace(known, **doubtful)
        else:
            found[each.identity] = each
    return found


def granted(snapshot: Snapshot, filled: Filled) -> dict[str, bool | None]:
    """Each permission of our purposes -> whether Wonde gives what it covers; None where we cannot tell: it is not
    listed, comes without a yes or no, or is listed as not granted although values come."""
    states = _states(snapshot.permissions)
    read = {name for name in OWN if (of_field(filled, name) or (0, 0))[1]}
    coming = {OWN[name] for name in read - snapshot.refused}
    found: dict[str, bool | None] = {}
    for identity in sorted(purposes.permissions()):
        said = states.get(identity)
        found[identity] = None if said is False and identity in coming else said
    return found | {identity: snapshot.rights.get(right) for right, (identity, _) in RIGHTS.items()}


def granted_rights(listed: Iterable[Permission] | None, contacts: Contacts | None) -> dict[str, bool | None]:
    """Each of RIGHTS -> whether Wonde may tell us; None where we cannot tell: it is not listed, comes without a yes or
    no, or is listed as not granted although values come."""
    states = _states(listed)
    found: dict[str, bool | None] = {}
    for right, (identity, _) in RIGHTS.items():
        approved = states.get(identity)
        found[right] = None if approved is False and _comes(_COLUMNS[right], contacts) else approved
    return found


def refused_fields(
    listed: Iterable[Permission] | None, people: Mapping[str, Rows[Row]], contacts: Contacts | None
) -> frozenset[str]:
    """The fields whose own permission is listed as not granted, and of which no value comes. people: the kinds that
    were read; of a kind of which nobody came nothing is known."""
    states = _states(listed)
    return frozenset(
        field for field, identity in OWN.items() if states.get(identity) is False and _is_empty(field, people, contacts)
    )


def _states(listed: Iterable[Permission] | None) -> dict[str, bool | None]:
    """Identity -> whether it is listed as granted; where only a name is known to us, by that."""
    known = by_identity(listed)
    by_name = {each.called: each.granted for each in known.values()}
    states = {identity: by_name.get(name) for identity, name in _NAMES.items()}
    return states | {identity: each.granted for identity, each in known.items()}


def _is_empty(field: str, people: Mapping[str, Rows[Row]], contacts: Contacts | None) -> bool:
    """Whether the kind was read, and no row of it has a value in the field."""
    kind, _, column = field.partition(".")
    if kind in people:
        rows = people[kind].rows.values()
        return bool(rows) and not any(getattr(row, column) for row in rows)
    were_read = "contacts" in people and people["contacts"].rows
    return kind == "guardianships" and bool(were_read) and not _comes(column, contacts)


def _comes(column: str, contacts: Contacts | None) -> bool:
    """Whether some relationship says something of it all the same."""
    links = contacts.links.values() if contacts else ()
    return any(getattr(says, column) is not None for listed in links for _, says in listed if says)
