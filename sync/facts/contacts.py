"""Contacts as they come inside their students, taken apart one by one."""

from collections import Counter
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct, field

from sync.facts import tolerant
from sync.facts.shapes import (
    KnownContact,
    KnownRelationship,
    Many,
    Member,
    PlainStudent,
    Relationship,
    RelationshipKeys,
    RemoteContact,
    RemoteStudent,
)
from sync.facts.snapshot import Rows

_LIST = msgspec.json.Decoder(Many[msgspec.Raw])
_CONTACT = msgspec.json.Decoder(RemoteContact)
_MEMBER = msgspec.json.Decoder(Member)
_KEYS = msgspec.json.Decoder(RelationshipKeys)

Links = list[tuple[str, Relationship | None]]


class Contacts(Struct):
    """rows: each contact once. links: student's Wonde id -> (contact's Wonde id, how they stand to each other); None
    where a link or the contact could not be read, unless what was read speaks against the contact; "" where it came
    without an id; a student missing here came without a list. keys: how often a key of `relationship` came that no
    source names (names of keys, never values)."""

    rows: Rows[RemoteContact] = field(default_factory=Rows)
    links: dict[str, Links] = field(default_factory=dict)
    keys: Counter[str] = field(default_factory=Counter)


def contacts_of(students: Rows[RemoteStudent]) -> Contacts:
    """All contacts of all students. One that cannot be read is present but unreadable, and its student is unharmed."""
    out = Contacts()
    for student in students.rows.values():
        if isinstance(student, PlainStudent):
            if student.contacts is not None:
                out.links[student.id] = _plain(student.contacts.data, out)
            continue
        with suppress(msgspec.DecodeError):  # null, or no list: not known, which is not "none"
            out.links[student.id] = _one_by_one(_LIST.decode(student.contacts).data, out)
    out.rows.unreadable -= out.rows.rows.keys()
    return out


def _plain(listed: list[KnownContact], out: Contacts) -> Links:
    """A list in which nothing is strange."""
    links: dict[str, Relationship | None] = {}
    for contact in listed:
        out.rows.rows.setdefault(contact.id, contact)
        _link(links, contact.id, contact.relationship or Relationship())
    return list(links.items())


def _link(links: dict[str, Relationship | None], contact: str, says: Relationship | None) -> None:
    """Note what a link says. Where a contact is listed twice, the worse is believed."""
    readable = says if says is None or says.is_clear or says.speaks_against else None
    if contact not in links or _weight(readable) >= _weight(links[contact]):
        links[contact] = readable


def _weight(says: Relationship | None) -> int:
    """What speaks against a contact counts before what cannot be read, and that before a yes."""
    return 1 if says is None else 2 * says.speaks_against


def _one_by_one(listed: list[Any], out: Contacts) -> Links:
    links: dict[str, Relationship | None] = {}
    anonymous: Links = []
    for raw in listed:
        try:
            contact = tolerant.decode(raw, _CONTACT)
        except msgspec.DecodeError:
            try:
                wonde_id = _MEMBER.decode(raw).id
            except msgspec.DecodeError:
                out.rows.anonymous += 1
                anonymous.append(("", None))
                continue
            out.rows.unreadable.add(wonde_id)
            _link(links, wonde_id, None)
            continue
        out.rows.rows.setdefault(contact.id, contact)
        _link(links, contact.id, contact.relationship or Relationship())
        unknown = (_KEYS.decode(raw).relationship or {}).keys() - KnownRelationship.__struct_fields__
        out.keys.update(key[:40] for key in unknown)
    return list(links.items()) + anonymous
