"""Wonde's list of permissions, and those that say who may know of a child. Pure.

What stands here of Wonde's spelling is all there is. A vendor's help page names the three permissions; that their
identities are spelled like `contacts.court_order.read` is [inferred], and so is that what is not granted comes as null.
"""

from collections.abc import Iterable

from msgspec import structs

from schools.sharing import purposes
from sync.facts.filled import Filled, of_field
from sync.facts.shapes import Permission
from sync.facts.snapshot import Contacts, Snapshot

# What a relationship may say of a parent's rights -> (identity, name) of its own permission.
RIGHTS = {
    "court_order": ("contacts.court_order.read", "contacts court order"),
    "parental_responsibility": ("contacts.parental_responsibility.read", "contacts parental responsibility"),
    "priority": ("contacts.priority.read", "contacts priority"),
}
ANSWERS = ("approved", "optional", "declined", "audited")
_COLUMNS = {"court_order": "court_order", "parental_responsibility": "responsibility", "priority": "priority"}


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
    known = by_identity(snapshot.permissions)
    fields = [asked for purpose in purposes.PURPOSES.values() for asked in purpose.asked]
    coming = {asked.wonde for asked in fields if (of_field(filled, asked.name) or (0, 0))[0]}
    found: dict[str, bool | None] = {}
    for identity in sorted(purposes.permissions()):
        said = known[identity].granted if identity in known else None
        found[identity] = None if said is False and identity in coming else said
    return found | {identity: snapshot.rights.get(right) for right, (identity, _) in RIGHTS.items()}


def granted_rights(listed: Iterable[Permission] | None, contacts: Contacts | None) -> dict[str, bool | None]:
    """Each of RIGHTS -> whether Wonde may tell us; None where we cannot tell: it is not listed, comes without a yes or
    no, or is listed as not granted although values come."""
    known = by_identity(listed)
    by_name = {each.called: each for each in known.values()}
    found: dict[str, bool | None] = {}
    for right, (identity, name) in RIGHTS.items():
        permission = known.get(identity) or by_name.get(name)
        approved = permission.granted if permission else None
        found[right] = None if approved is False and _comes(right, contacts) else approved
    return found


def _comes(right: str, contacts: Contacts | None) -> bool:
    """Whether some relationship says something of it all the same."""
    links = contacts.links.values() if contacts else ()
    return any(getattr(says, _COLUMNS[right]) is not None for listed in links for _, says in listed if says)
