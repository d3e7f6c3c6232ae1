"""Wonde's list of permissions, and those that say who may know of a child. Pure.

What stands here of Wonde's spelling is all there is. A vendor's help page names the three permissions; that their
identities are spelled like `contacts.court_order.read` is [inferred], and so is that what is not granted comes as null.
"""

from collections.abc import Iterable

from sync.facts.shapes import Permission, yes_or_unknown
from sync.facts.snapshot import Contacts

# What a relationship may say of a parent's rights -> (identity, name) of its own permission.
RIGHTS = {
    "court_order": ("contacts.court_order.read", "contacts court order"),
    "parental_responsibility": ("contacts.parental_responsibility.read", "contacts parental responsibility"),
    "priority": ("contacts.priority.read", "contacts priority"),
}
_COLUMNS = {"court_order": "court_order", "parental_responsibility": "responsibility", "priority": "priority"}


def granted_rights(listed: Iterable[Permission] | None, contacts: Contacts | None) -> dict[str, bool | None]:
    """Each of RIGHTS -> whether Wonde may tell us; None where we cannot tell: it is not listed, comes without a yes or
    no, or is listed as not granted although values come."""
    permissions = list(listed or ())
    by_identity = {each.identity: yes_or_unknown(each.approved) for each in permissions}
    by_name = {each.called: yes_or_unknown(each.approved) for each in permissions}
    found: dict[str, bool | None] = {}
    for right, (identity, name) in RIGHTS.items():
        approved = by_identity[identity] if identity in by_identity else by_name.get(name)
        found[right] = None if approved is False and _comes(right, contacts) else approved
    return found


def _comes(right: str, contacts: Contacts | None) -> bool:
    """Whether some relationship says something of it all the same."""
    links = contacts.links.values() if contacts else ()
    return any(getattr(says, _COLUMNS[right]) is not None for listed in links for _, says in listed if says)
