"""Parents and carers after a change of MIS: found by their student together with their address, or their full name."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from schools.text.names import spoken
from sync.facts.kinds import CONTACTS, GUARDIANSHIPS, STUDENTS, ContactRow, Key, StudentRow
from sync.facts.sides import Ours
from sync.facts.snapshot import Contacts, Snapshot


def contact_pairs(
    contacts: Contacts | None, ours: Ours, students: Mapping[str, Key]
) -> tuple[dict[str, Key], dict[str, int]]:
    """(Wonde id -> our key, how many by which way). students: who is who among them.

    A contact is found only if every student both sides share says the same.
    """
    if contacts is None:
        return {}, {}
    mine: dict[Key, set[Key]] = defaultdict(set)
    for row in GUARDIANSHIPS.of(ours.rows).values():
        mine[row.student].add(row.contact)
    rows, found = CONTACTS.of(ours.rows), defaultdict[str, set[tuple[str, Key]]](set)
    for wonde_id, links in contacts.links.items():
        near = mine.get(students.get(wonde_id, ""), set())
        theirs = {contact: contacts.rows.rows[contact] for contact, _ in links if contact in contacts.rows.rows}
        for contact, remote in theirs.items():
            for way, value_of in (("id", _id), ("address", _address), ("name", _name)):
                value = value_of(remote)
                here = [key for key in near if value and value_of(rows[key]) == value]
                there = [other for other in theirs.values() if value_of(other) == value]
                if len(here) == len(there) == 1:
                    found[contact].add((way, here[0]))
                    break
    agreed = {contact: next(iter(ways)) for contact, ways in found.items() if len({key for _, key in ways}) == 1}
    claims = Counter(key for _, key in agreed.values())
    sure = {contact: (way, key) for contact, (way, key) in agreed.items() if claims[key] == 1}
    return {contact: key for contact, (_, key) in sure.items()}, dict(Counter(way for way, _ in sure.values()))


def contacts_offered(
    contacts: Contacts | None, ours: Ours, students: Mapping[str, Key], pairs: Mapping[str, Key]
) -> dict[Key, list[str]]:
    """Our contacts without a match -> Wonde ids of unmatched contacts whom the MIS lists for the same child.

    Those for whose children it lists nobody else are left out: there is nobody to choose.
    """
    if contacts is None:
        return {}
    taken, there = set(pairs.values()), defaultdict[Key, set[str]](set)
    for wonde_id, links in contacts.links.items():
        if wonde_id in students:
            listed = {contact for contact, _ in links if contact in contacts.rows.rows}
            there[students[wonde_id]] |= listed - pairs.keys()
    offered = defaultdict[Key, set[str]](set)
    for row in GUARDIANSHIPS.of(ours.rows).values():
        if row.contact not in taken and there[row.student]:
            offered[row.contact] |= there[row.student]
    return {key: sorted(wonde_ids) for key, wonde_ids in offered.items()}


def ties_of_ours(ours: Ours) -> Mapping[Key, list[str]]:
    """How each of our contacts stands to which children: "Mother: Isla Khan"."""
    ties, children = defaultdict[Key, list[str]](list), STUDENTS.of(ours.rows)
    for row in GUARDIANSHIPS.of(ours.rows).values():
        if row.student in children:
            ties[row.contact].append(_tie(row.relationship, children[row.student]))
    return ties


def ties_of_theirs(snapshot: Snapshot) -> Mapping[str, list[str]]:
    """The same of those whom the MIS lists now, by Wonde id."""
    ties, children = defaultdict[str, list[str]](list), snapshot.students.rows
    for student, links in snapshot.contacts.links.items() if snapshot.contacts else ():
        for contact, relation in links:
            if student in children:
                ties[contact].append(_tie(relation.relationship if relation else "", children[student]))
    return ties


def _tie(relationship: str | None, child: StudentRow) -> str:
    return f"{relationship}: {spoken(child)}" if relationship else spoken(child)


def _id(row: ContactRow) -> str:
    return row.wonde_id


def _address(row: ContactRow) -> str:
    return row.email


def _name(row: ContactRow) -> str:
    return row.sort_name if row.forename and row.surname else ""
