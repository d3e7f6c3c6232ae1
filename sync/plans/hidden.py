"""Who is perhaps no longer shared with us. Wonde names nobody whose consent was taken back in the MIS, or whom the
school has blocked: they vanish from what we read, and Wonde goes on counting them. Pure.
"""

from collections.abc import Iterator, Mapping, Set

from msgspec import structs

from sync.facts.kinds import GUARDIANSHIPS, PEOPLE, Key
from sync.facts.sides import Ours, Screened
from sync.facts.snapshot import Deleted, Snapshot
from sync.plans.verdict import DETAILS, EVIDENCE, Hidden, Judgement, Removal
from sync.plans.waiting import Waiting
from sync.rules.reasons import PERHAPS_HIDDEN


def perhaps_hidden(snapshot: Snapshot, ours: Ours, screened: Screened) -> Hidden:
    """Whom this read misses although Wonde counts on, and whom it has again.

    How many Wonde counts beyond those it shows is compared with the last read that counted; whoever was hidden then and
    is back made up so many of them. If there are more now, somebody is hidden. Nobody says who: everybody who is
    missing, and whom no deletion names, may be.
    """
    new, still, back = dict[str, Set[Key]](), dict[str, Set[Key]](), dict[str, Set[Key]]()
    for kind in PEOPLE:
        marked, listed = ours.hidden.get(kind, set()), set(screened.keys.get(kind, {}).values())
        still[kind], back[kind] = (marked - listed) & ours.rows[kind].keys(), marked & listed
        now, before = snapshot.beyond(kind), ours.beyond.get(kind)
        if now is not None and before is not None and now > before - len(back[kind]):
            missing = _missing(kind, ours, screened, listed) - marked
            new[kind] = missing - _deleted(kind, ours, snapshot.deleted or Deleted())
    return Hidden(new, still, back)


def _missing(kind: str, ours: Ours, screened: Screened, listed: Set[Key]) -> set[Key]:
    """Ours whom Wonde does not list. Not those of whom nothing can be concluded tonight, nor those of whom a person
    said before that they stay: they were missing then."""
    if kind in screened.unsure or kind in screened.aside:
        return set()
    kept = {key for key, limit in ours.kept.get(kind, {}).items() if limit not in DETAILS | {EVIDENCE}}
    missing = ours.rows[kind].keys() - listed - kept
    return missing & _of_listed_children(ours, screened) if kind == "contacts" else missing


def _of_listed_children(ours: Ours, screened: Screened) -> set[Key]:
    """Parents and carers with a child who is listed, readable or not: the others may only have gone with theirs."""
    children = set(screened.keys.get("students", {}).values())
    links = GUARDIANSHIPS.of(ours.rows).values()
    return {link.contact for link in links if link.student in children} - screened.present["contacts"]


def _deleted(kind: str, ours: Ours, deleted: Deleted) -> set[Key]:
    """Those whom the MIS has deleted, tonight or when they began to wait: they are ordinarily missing."""
    named = {key for key, row in PEOPLE[kind].of(ours.rows).items() if row.wonde_id in deleted.ids}
    return named | ours.deleted.get(kind, set())


def with_reasons(judgement: Judgement, hidden: Hidden) -> Judgement:
    """`judgement`, in which whoever goes because of that says so."""
    removals = {kind: _named(gone, hidden.all(kind)) for kind, gone in judgement.removals.items()}
    return structs.replace(judgement, removals=removals, hidden=hidden)


def _named(removals: Mapping[Key, Removal], hidden: Set[Key]) -> Mapping[Key, Removal]:
    if not hidden:
        return removals
    return {
        key: structs.replace(removal, reason=removal.reason or PERHAPS_HIDDEN) if key in hidden else removal
        for key, removal in removals.items()
    }


def to_tell(judgement: Judgement, ours: Ours) -> Iterator[Waiting]:
    """Those who are still here: a person should look."""
    for kind in PEOPLE:
        if stay := judgement.hidden.all(kind) - judgement.removals[kind].keys():
            yield Waiting(kind, PERHAPS_HIDDEN, count=len(stay), of=len(ours.rows[kind]))
