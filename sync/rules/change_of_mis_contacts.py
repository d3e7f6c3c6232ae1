"""Parents and carers after a change of MIS: found by their student together with their address, or their full name."""

from collections import Counter, defaultdict
from typing import Any

from sync.facts.kinds import Key
from sync.facts.rows import contact_row


def contact_pairs(snapshot: Any, ours: Any, students: dict[str, Key]) -> tuple[dict[str, Key], dict[str, int]]:
    """(Wonde id -> our key, how many by which way). students: who is who among them.

    A contact is found only where every student both sides share says the same; the others are nobody's.
    """
    if snapshot.contacts is None:
        return {}, {}
    mine: dict[Key, set[Key]] = defaultdict(set)
    for row in ours.rows["guardianships"].values():
        mine[row.student].add(row.contact)
    rows, found = ours.rows["contacts"], defaultdict(set)
    for wonde_id, links in snapshot.contacts.links.items():
        near = mine.get(students.get(wonde_id, ""), set())
        theirs = {contact for contact, _ in links if contact in snapshot.contacts.rows.rows}
        remotes = {contact: contact_row(snapshot.contacts.rows.rows[contact]) for contact in theirs}
        for contact, remote in remotes.items():
            for way, value_of in (("id", _id), ("address", _address), ("name", _name)):
                value = value_of(remote)
                here = [key for key in near if value and value_of(rows[key]) == value]
                there = [other for other in remotes.values() if value_of(other) == value]
                if len(here) == len(there) == 1:
                    found[contact].add((way, here[0]))
                    break
    agreed = {contact: next(iter(ways)) for contact, ways in found.items() if len({key for _, key in ways}) == 1}
    claims = Counter(key for _, key in agreed.values())
    sure = {contact: (way, key) for contact, (way, key) in agreed.items() if claims[key] == 1}
    return {contact: key for contact, (_, key) in sure.items()}, dict(Counter(way for way, _ in sure.values()))


def contacts_offered(snapshot: Any, ours: Any, students: dict[str, Key], pairs: dict[str, Key]) -> dict[Key, list[str]]:
    """Our contacts without a match -> Wonde ids of the contacts without a match whom the MIS lists for the same child.

    Those for whose children it lists nobody else are left out: nobody can choose for them.
    """
    if snapshot.contacts is None:
        return {}
    taken, there = set(pairs.values()), defaultdict[Key, set[str]](set)
    for wonde_id, links in snapshot.contacts.links.items():
        if wonde_id in students:
            listed = {contact for contact, _ in links if contact in snapshot.contacts.rows.rows}
            there[students[wonde_id]] |= listed - pairs.keys()
    offered = defaultdict[Key, set[str]](set)
    for row in ours.rows["guardianships"].values():
        if row.contact not in taken and there[row.student]:
            offered[row.contact] |= there[row.student]
    return {key: sorted(wonde_ids) for key, wonde_ids in offered.items()}


def _id(row: Any) -> str:
    return str(row.wonde_id)


def _address(row: Any) -> str:
    return str(row.email)


def _name(row: Any) -> str:
    return str(row.sort_name) if row.forename and row.surname else ""
