"""What the MIS used to say at a school and no longer does. From then on, nobody new or returning comes in while it is
unknown; where the MIS never said, unknown counts as here. Pure."""

from collections.abc import Iterable, Iterator

from sync.facts.snapshot import Answer, Snapshot

FACTS = {"current": "employees", "dates": "students", "court_orders": "guardianships"}  # -> the kind it is about


def stated(snapshot: Snapshot) -> set[str]:
    """The facts the MIS states about whoever is here, not only about exceptions: once it has, silence is news."""
    tells = {
        "current": any(snapshot.current.values()),
        "dates": _most(first is not None for first, _ in snapshot.days.values()),
        "court_orders": _most(order is not None for order in _court_orders(snapshot)),
    }
    return {fact for fact, is_told in tells.items() if is_told}


def silent(snapshot: Snapshot) -> set[str]:
    """The facts the MIS states about nobody."""
    tells = {
        "current": any(current is not None for current in snapshot.current.values()),
        "dates": any(any(days) for days in snapshot.days.values()),
        "court_orders": any(order is not None for order in _court_orders(snapshot)),
    }
    return {fact for fact, is_told in tells.items() if not is_told}


def _most(values: Iterable[bool]) -> bool:
    """Whether more than half of the values are true."""
    known = list(values)
    return 2 * sum(known) > len(known)


def _court_orders(snapshot: Snapshot) -> Iterator[Answer]:
    links = snapshot.contacts.links.values() if snapshot.contacts else ()
    return (says.court_order for contacts in links for _, says in contacts if says)
