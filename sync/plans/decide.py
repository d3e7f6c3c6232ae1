"""The pure middle of a sync: match, screen, compare, judge. A preview is this and nothing more."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from sync.facts.asked import ours_asked, screened_asked, snapshot_asked
from sync.facts.decisions import Answer
from sync.facts.kinds import CLASSES, CONTACTS, GUARDIANSHIPS, KINDS, STUDENTS, GuardianshipRow, Key, Kind, Row
from sync.facts.rows import with_values
from sync.facts.sides import Ours, Screened
from sync.facts.snapshot import NOT_ASKED, Snapshot
from sync.plans.alarms import alarms
from sync.plans.hidden import perhaps_hidden, to_tell, with_reasons
from sync.plans.holding import nothing
from sync.plans.limits import judge
from sync.plans.plan import Plan, diff, fingerprint, keep_values
from sync.plans.verdict import Judgement, Removal
from sync.plans.waiting import Waiting
from sync.rules.change_of_mis import WhoIsWho, is_change_of_mis, matched, propose
from sync.rules.policy import Policy
from sync.rules.screen import screen
from sync.rules.silence import FACTS


class Decision(Struct):
    """What a sync of these two sides would do, and where every row of theirs went. proposal: the school has changed its
    MIS; nothing applies until a person has confirmed who is who. asked: the fields that were asked for and not refused;
    nothing beyond them is kept."""

    judgement: Judgement
    screened: Screened
    fingerprint: str
    asked: frozenset[str]
    proposal: WhoIsWho | None = None


def decide(snapshot: Snapshot, ours: Ours, policy: Policy, answer: Answer | None = None) -> Decision:
    """Everything between reading and writing, without touching either. Raises LedgerError if a row got lost.

    answer: what a person said of what an earlier run held.
    """
    asked = policy.asked - snapshot.refused
    snapshot, ours = snapshot_asked(snapshot, asked), ours_asked(ours, asked)
    screened = screened_asked(screen(snapshot, ours, policy), asked)
    if not ours.pairs and is_change_of_mis(snapshot, ours, ours.mis, policy.moving):
        return _change_of_mis(snapshot, ours, screened, asked)
    theirs, vanished = _with_kept_values(screened, ours, policy)
    plans = {name: _plan(kind, theirs[name], screened, ours) for name, kind in KINDS.items()}
    name_of_plans = fingerprint(plans)
    hidden = perhaps_hidden(snapshot, ours, screened)
    judgement = with_reasons(judge(plans, screened, ours, policy, answer), hidden)
    waiting = (*_to_look_at(screened, ours, policy, vanished), *to_tell(judgement, ours), *judgement.waiting)
    ledger = {
        name: structs.replace(entry, kept=vanished[name], perhaps_hidden=len(hidden.all(name)))
        for name, entry in screened.ledger.items()
    }
    return Decision(
        structs.replace(judgement, waiting=waiting), structs.replace(screened, ledger=ledger), name_of_plans, asked
    )


def _with_kept_values(
    screened: Screened, ours: Ours, policy: Policy
) -> tuple[dict[str, Mapping[Key, Row]], dict[str, list[str]]]:
    """Theirs by kind, with the values that must not vanish; and the columns that went empty as a whole."""
    theirs: dict[str, Mapping[Key, Row]] = dict(screened.theirs)
    vanished: dict[str, list[str]] = {name: [] for name in KINDS}
    for name, kind in KINDS.items():
        if name in screened.aside or (name == "classes" and ours.pairs):
            continue  # what only the old MIS stated of classes went with it
        former = ours.former.get(name, {})
        theirs[name], vanished[name] = keep_values(
            kind, screened.theirs[name], ours.rows[name], former, policy.limits.kind_free
        )
    return theirs, vanished


def _plan(kind: Kind[Any], theirs: Mapping[Key, Row], screened: Screened, ours: Ours) -> Plan:
    """What would happen to a kind; nothing where nothing may be concluded of it."""
    name = kind.name
    if name in screened.aside:
        return Plan(name)
    return diff(
        kind,
        theirs,
        ours.rows[name],
        ours.former.get(name, {}),
        screened.present[name],
        screened.ended[name],
        screened.withheld[name],
        screened.said[name],
    )


def _to_look_at(screened: Screened, ours: Ours, policy: Policy, vanished: Mapping[str, list[str]]) -> Iterator[Waiting]:
    """What a person should look at, whatever the limits hold."""
    for name in KINDS:
        if name in screened.unsure and name not in screened.aside:
            yield Waiting(name, "without_id")
        for column in vanished[name]:
            yield Waiting(name, "vanished", column=column)
    yield from alarms(screened, ours)
    for name, why in screened.aside.items():
        is_missed = ours.rows[name] or not KINDS[name].optional
        if (KINDS[name].source or _is_expected(name, screened)) and is_missed and why != NOT_ASKED:
            yield Waiting(name, why)
    if policy.paused:
        yield Waiting("classes", "paused")
    if policy.turned:
        yield Waiting("classes", "rollover")
    if doubles := screened.ledger["students"].withheld["duplicate"]:
        yield Waiting("students", "duplicate", count=doubles)
    for fact, kind in FACTS.items():
        if fact in policy.known & screened.silent and kind not in screened.aside:
            yield Waiting(kind, "silent", fact=fact)
    if unreadable := screened.ledger["guardianships"].unreadable:
        yield Waiting("guardianships", "rights_unreadable", count=unreadable)
    if screened.unlike:
        yield Waiting(screened.unlike[0][0], "unlike", count=len(screened.unlike))


def _is_expected(kind: str, screened: Screened) -> bool:
    """Whether rows that come inside others were to be expected: not where those were set aside, which says it all."""
    nested = KINDS[kind].nested
    return nested is not None and nested.within not in screened.aside


def _change_of_mis(snapshot: Snapshot, ours: Ours, screened: Screened, asked: frozenset[str]) -> Decision:
    """Nothing is planned but what is certain of rights: every id may be new, so every row would look missing and every
    other one new."""
    plans = {name: Plan(name) for name in KINDS} | {"guardianships": _certain_of_rights(ours, screened)}
    ended = {key: Removal("evidence", reason) for key, reason in plans["guardianships"].ended.items()}
    proposal = propose(snapshot, ours)
    told = Waiting("students", "change_of_mis", name=snapshot.school.mis or "", matched=matched(proposal))
    judgement = Judgement(plans, nothing() | {"guardianships": ended}, nothing(), waiting=(told,))
    ledger = {  # read, and nothing of it concluded
        name: structs.replace(entry, aside=entry.aside or "held") for name, entry in screened.ledger.items()
    }
    return Decision(judgement, structs.replace(screened, ledger=ledger), fingerprint(plans), asked, proposal)


def _certain_of_rights(ours: Ours, screened: Screened) -> Plan:
    """What the MIS says of links whose both ends still have their Wonde ids; whoever else may be is in doubt."""
    links = GUARDIANSHIPS.of(ours.rows)
    if "guardianships" in screened.aside:
        return Plan("guardianships", existing=len(links))
    ended, said = screened.ended["guardianships"], screened.said["guardianships"]
    known = {key for key, row in links.items() if _has_its_ids(row, ours, screened)}
    doubted = {
        key: (row, with_values(row, {"doubt": "not_listed"}))
        for key, row in links.items()
        if key not in known and not row.doubt
    }
    return Plan(
        "guardianships",
        ended={key: ended[key] for key in links if key in known and key in ended},
        updates=doubted
        | {
            key: (row, said[key])
            for key, row in links.items()
            if key in known and key not in ended and said.get(key, row) != row
        },
        existing=len(links),
    )


def _has_its_ids(link: GuardianshipRow, ours: Ours, screened: Screened) -> bool:
    """Whether Wonde still knows both ends of a link by the ids we know."""
    student, contact = STUDENTS.of(ours.rows)[link.student], CONTACTS.of(ours.rows)[link.contact]
    known = screened.keys
    return student.wonde_id in known.get("students", ()) and contact.wonde_id in known.get("contacts", ())


def sizes(decision: Decision, ours: Ours) -> dict[str, int]:
    """How many of each kind there are once the decision is applied; of classes, those that are in."""
    plans, removals = decision.judgement.plans, decision.judgement.removals
    found = {
        name: len(ours.rows[name]) - len(removals[name]) + len(plans[name].creates) + len(plans[name].returns)
        for name in KINDS
    }
    plan = plans["classes"]
    stay = {key: row for key, row in ours.rows["classes"].items() if key not in removals["classes"]}
    changed = {key: after for key, (_, after) in {**plan.returns, **plan.updates}.items()}
    classes = CLASSES.of({"classes": {**stay, **plan.creates, **changed}})
    return found | {"classes": sum(row.status == "in" for row in classes.values())}
