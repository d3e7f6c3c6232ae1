"""Contacts as they come inside their students, taken apart one by one."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from sync.facts import tolerant
from sync.facts.kinds import ContactRow
from sync.facts.rows import contact_row
from sync.facts.shapes import (
    Json,
    KnownRelationship,
    Many,
    Member,
    PlainStudent,
    Relationship,
    RelationshipKeys,
    RemoteContact,
    RemoteStudent,
    yes_or_no,
)
from sync.facts.snapshot import Answer, Contacts, Links, Relation, Rows, Unclear

_LIST = msgspec.json.Decoder(Many[msgspec.Raw])
_CONTACT = msgspec.json.Decoder(RemoteContact)
_MEMBER = msgspec.json.Decoder(Member)
_KEYS = msgspec.json.Decoder(RelationshipKeys)

# Wonde id, "" where it came without one; the contact, None where it could not be read; keys that no source names.
Listed = tuple[str, RemoteContact | None, Iterable[str]]


def contacts_of(students: Rows[RemoteStudent]) -> Contacts:
    """All contacts of all students. One that cannot be read is present but unreadable, and its student is unharmed."""
    rows: dict[str, ContactRow] = {}
    links: dict[str, Links] = {}
    unreadable: set[str] = set()
    anonymous, keys = 0, Counter[str]()
    for student in students.rows.values():
        listed = _listed(student)
        if listed is None:
            continue
        links[student.id] = _links(listed)
        for wonde_id, contact, unknown in listed:
            if contact is None:
                anonymous += not wonde_id
                unreadable.add(wonde_id)
            elif wonde_id not in rows:
                rows[wonde_id] = contact_row(contact)
            if unknown:
                keys.update(key[:40] for key in unknown)
    return Contacts(Rows(rows, unreadable - rows.keys() - {""}, anonymous), links, keys)


def relation(remote: Relationship | None) -> Relation:
    """How a contact stands to a student, made sense of."""
    if remote is None:
        return Relation()
    return Relation(
        remote.relationship,
        _whole_number(remote.priority),
        _answer(remote.parental_responsibility),
        _answer(remote.court_order),
    )


def _answer(value: Json) -> Answer:
    try:
        return yes_or_no(value)
    except ValueError:
        return Unclear.UNREADABLE


def _whole_number(value: Json) -> int | None:
    """A priority, also one that came as text; anything else ranks like no priority."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    with suppress(ValueError):
        return int(value)
    return None


def _listed(student: RemoteStudent) -> list[Listed] | None:
    """The contacts in a student's list; None without a list: then they are not known, which is not "none"."""
    if isinstance(student, PlainStudent):
        return None if student.contacts is None else [(each.id, each, ()) for each in student.contacts.data]
    with suppress(msgspec.DecodeError):
        return [_one(raw) for raw in _LIST.decode(student.contacts).data]
    return None


def _one(raw: msgspec.Raw) -> Listed:
    try:
        contact = tolerant.decode(raw, _CONTACT)
    except msgspec.DecodeError:
        with suppress(msgspec.DecodeError):
            return _MEMBER.decode(raw).id, None, ()
        return "", None, ()
    return contact.id, contact, (_KEYS.decode(raw).relationship or {}).keys() - KnownRelationship.__struct_fields__


def _links(listed: Iterable[Listed]) -> Links:
    """What the list of a student says of each contact. Where one is listed twice, the worse is believed."""
    links: dict[str, Relation | None] = {}
    anonymous: Links = []
    for wonde_id, contact, _ in listed:
        if not wonde_id:
            anonymous.append(("", None))
            continue
        says = relation(contact.relationship) if contact else None
        if says is not None and not says.is_clear and not says.speaks_against:
            says = None
        if wonde_id not in links or _weight(says) >= _weight(links[wonde_id]):
            links[wonde_id] = says
    return list(links.items()) + anonymous


def _weight(says: Relation | None) -> int:
    """What speaks against a contact counts before what cannot be read, and that before a yes."""
    return 1 if says is None else 2 * says.speaks_against
