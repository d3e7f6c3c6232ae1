"""What is known of both sides before any class is chosen: kinds set aside, who is who, and who is not here anyway."""

from collections.abc import Iterator, Mapping, Set

from msgspec import Struct

from sync.facts.kinds import ATTACHED, KINDS, NESTED, READ, Key
from sync.facts.sides import Ours
from sync.facts.snapshot import NOT_ASKED, NOT_OFFERED, Snapshot
from sync.rules.match import Identified, Matching, Theirs, match
from sync.rules.policy import Policy
from sync.rules.silence import silent, stated

SOMEONE_ELSE, LEFT_OUT = "perhaps_someone_else", "left_out_here"


class Known(Struct, frozen=True):
    """aside: kinds of which nothing may be concluded tonight, and why. matched: per kind, who is who. present: per
    kind, keys of rows that are there, or may be, although they could not be read. why: per kind of people, Wonde id ->
    why not, whatever their classes. stated, silent: facts of `sync.rules.silence` that Wonde states, and that it says
    nothing about."""

    snapshot: Snapshot
    ours: Ours
    policy: Policy
    aside: Mapping[str, str]
    matched: Mapping[str, Matching]
    present: Mapping[str, Set[Key]]
    why: Mapping[str, Mapping[str, str]]
    stated: Set[str]
    silent: Set[str]

    def keys(self, kind: str) -> Mapping[str, Key]:
        """Wonde id -> key, of every row of a kind."""
        return self.matched[kind].keys


def before_classes(snapshot: Snapshot, ours: Ours, policy: Policy) -> Known:
    """Everybody is matched, also who turns out not to be here: who is withheld must not come back as a stranger."""
    aside = _set_aside(snapshot, ours)
    unsure = _unsure(aside, ours)
    kinds = [*READ]
    if snapshot.contacts and "contacts" not in aside:
        kinds.append("contacts")
    matched = {kind: _matched(kind, snapshot, ours) for kind in kinds}
    present = {kind: _present(kind, matched[kind], snapshot, ours, kind in unsure) for kind in kinds}
    states, says_nothing = stated(snapshot), silent(snapshot)
    why = {kind: _to_settle(matched[kind]) for kind in kinds}
    why["students"] = _without_students(why["students"], matched["students"], snapshot, ours, policy, says_nothing)
    why["employees"] = _without_staff(why["employees"], matched["employees"], snapshot, ours, policy, states)
    for kind in ("students", "employees"):
        why[kind] = why[kind] | dict.fromkeys(_left_out(kind, why[kind], matched[kind], snapshot, ours), LEFT_OUT)
    return Known(snapshot, ours, policy, aside, matched, present, why, states, says_nothing)


def denied_or_not_offered(kind: str, snapshot: Snapshot) -> str:
    """Whether Wonde did not let us read a kind, does not have it for this MIS, or was not asked for it."""
    why = snapshot.denied.get(kind)
    return why if why in (NOT_OFFERED, NOT_ASKED) else "denied"


def _set_aside(snapshot: Snapshot, ours: Ours) -> dict[str, str]:
    """Kinds that were not granted or came back empty, and what hangs from them: unknown is not absent."""
    aside = {kind: why for kind in READ if (why := _why_aside(kind, snapshot, ours))}
    for link in ("enrolments", "teachings"):
        for parent in KINDS[link].parents.values():
            if parent in aside:
                aside.setdefault(link, aside[parent])
    for kind, nested in NESTED.items():
        within = nested.nested.within if nested.nested else ""
        if why := aside.get(within) or _why_aside(kind, snapshot, ours):
            aside |= {kind: why, nested.link: why}
    for kind, attached in ATTACHED.items():
        for parent in attached.parents.values():
            if why := aside.get(parent) or snapshot.denied.get(kind, ""):
                aside[kind] = why
    return aside


def _why_aside(kind: str, snapshot: Snapshot, ours: Ours) -> str:
    if kind in snapshot.denied or (kind in NESTED and snapshot.contacts is None):
        return denied_or_not_offered(kind, snapshot)
    if not snapshot.source(kind).read and ours.rows[kind]:
        return "emptied"
    return ""


def _unsure(aside: Mapping[str, str], ours: Ours) -> set[str]:
    """Kinds of which no absence is concluded, because what ties them is set aside."""
    unsure: set[str] = set()
    for link in ("enrolments", "teachings"):
        parents = set(KINDS[link].parents.values())
        for parent in parents & aside.keys():
            if ours.rows[parent] and (KINDS[link].is_place or parent == "classes"):  # a class needs no teacher
                unsure |= parents - {parent}
    return unsure


def _matched(kind: str, snapshot: Snapshot, ours: Ours) -> Matching:
    theirs: dict[str, Identified] = {wonde_id: Theirs(wonde_id) for wonde_id in snapshot.source(kind).unreadable}
    if kind == "classes":
        theirs |= {wonde_id: Theirs(wonde_id) for wonde_id in snapshot.classes.rows}
    else:
        theirs |= snapshot.people(kind).rows
    return match(KINDS[kind], theirs, ours.ever(KINDS[kind]), ours.pairs.get(kind), ours.said.get(kind))


def _present(kind: str, matching: Matching, snapshot: Snapshot, ours: Ours, unsure: bool) -> Set[Key]:
    """Rows that could not be read; where one came without an id, or nothing may be concluded, also all that are
    missing."""
    source = snapshot.source(kind)
    present = {matching.keys[wonde_id] for wonde_id in source.unreadable}
    if unsure or source.anonymous:
        present |= ours.rows[kind].keys() - set(matching.keys.values())
    return present


def _to_settle(matching: Matching) -> dict[str, str]:
    """New rows about which a person decides."""
    return dict.fromkeys(matching.unlike, SOMEONE_ELSE) | dict.fromkeys(matching.waiting, "duplicate")


def _without_students(
    why: Mapping[str, str], matching: Matching, snapshot: Snapshot, ours: Ours, policy: Policy, says_nothing: Set[str]
) -> dict[str, str]:
    """Students who have left or are still to come, says the MIS; and, where it used to say, new ones of whom it does
    not."""
    known, keys, here = dict(why), matching.keys, ours.rows["students"]
    no_dates = "dates" in policy.known & says_nothing
    for wonde_id, (starts, leaves) in snapshot.days.items():
        if (starts and starts > policy.today) or (leaves and leaves < policy.today):
            known[wonde_id] = "not_current"
        elif no_dates and keys[wonde_id] not in here:
            known.setdefault(wonde_id, "status_unknown")
    return known


def _without_staff(
    why: Mapping[str, str], matching: Matching, snapshot: Snapshot, ours: Ours, policy: Policy, states: Set[str]
) -> dict[str, str]:
    """Staff who do not work here, says the MIS; and, where it says so, new ones of whom it does not."""
    known, keys, here = dict(why), matching.keys, ours.rows["employees"]
    says = "current" in policy.known | states
    for wonde_id in snapshot.employees.rows:
        current = snapshot.current.get(wonde_id)
        if current is False:  # null is not known, which is not "no"
            known[wonde_id] = "not_current"
        elif current is None and says and keys[wonde_id] not in here:
            known[wonde_id] = "status_unknown"
    return known


def _left_out(kind: str, why: Mapping[str, str], matching: Matching, snapshot: Snapshot, ours: Ours) -> Iterator[str]:
    """Wonde ids of those whom a person left out of the product. Where two people of theirs have one UPN, it is the
    newer one who waits; of whom a person said that they are somebody else, they are."""
    if ours.left_out is None:
        return
    said = ours.said.get(kind, {})
    for wonde_id, row in snapshot.people(kind).rows.items():
        key = matching.keys[wonde_id]
        block = ours.left_out.find(kind, key, row, key in ours.rows[kind])
        if block and why.get(wonde_id) != "duplicate" and said.get((wonde_id, block.row_id)) is not False:
            yield wonde_id
