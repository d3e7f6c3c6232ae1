"""The pure middle of a sync: match, screen, compare, judge. A preview is this and nothing more."""

from typing import Any

from msgspec import Struct

from sync.facts.kinds import KINDS
from sync.facts.rows import with_values
from sync.facts.sides import Ours, Screened
from sync.facts.snapshot import Snapshot
from sync.plans.alarms import alarms
from sync.plans.limits import judge
from sync.plans.plan import Plan, diff, fingerprint, keep_values
from sync.plans.verdict import Judgement, Removal
from sync.rules.change_of_mis import WhoIsWho, is_change_of_mis, propose, rates
from sync.rules.policy import Policy
from sync.rules.screen import screen
from sync.rules.silence import FACTS

ASIDE = {
    "denied": "Wonde did not let us read {label}. What we have of them is neither changed, nor mailed, nor handed on. "
    "The school can grant the permission in Wonde.",
    "not_offered": "Wonde does not offer {label} for this school's MIS. What we have stays as it is. Ask Wonde.",
    "emptied": "Wonde had {label} before and lists none now. Nothing is changed. Ask the school if the MIS is right.",
}


class Decision(Struct):
    """What a sync of these two sides would do, and where every row of theirs went. proposal: the school has changed its
    MIS; nothing applies until a person has confirmed who is who."""

    judgement: Judgement
    screened: Screened
    fingerprint: str
    proposal: WhoIsWho | None = None


def decide(snapshot: Snapshot, ours: Ours, policy: Policy, approved: str = "") -> Decision:
    """Everything between reading and writing, without touching either. Raises LedgerError where a row got lost.

    approved: the name of what a person said yes to (`Judgement.asked` of an earlier run), or "".
    """
    screened = screen(snapshot, ours, policy)
    if not ours.pairs and is_change_of_mis(snapshot, ours, ours.mis):
        return _change_of_mis(snapshot, ours, screened)
    plans, waiting = {}, []
    for name, kind in KINDS.items():
        if name in screened.aside:
            plans[name] = diff(kind, {}, {}, {})
            continue
        mine, former = ours.rows[name], ours.former.get(name, {})
        theirs, vanished = keep_values(kind, screened.theirs[name], mine, former, policy.limits.kind_free)
        if name == "classes" and ours.pairs:  # what only the old MIS stated of classes went with it
            theirs, vanished = screened.theirs[name], []
        plan = diff(
            kind,
            theirs,
            mine,
            former,
            screened.present[name],
            screened.ended[name],
            screened.withheld[name],
            screened.said[name],
        )
        screened.ledger[name].kept = vanished
        if name in screened.unsure:
            waiting.append(
                _waits(name, f"A row of {kind.label} came without an id. Nobody is taken for missing tonight.")
            )
        waiting += [
            _waits(
                name, f"“{kind.columns[column].label}” is suddenly empty for many {kind.label}. The old values stay."
            )
            for column in vanished
        ]
        plans[name] = plan
    judgement = judge(plans, screened, ours, policy, approved)
    waiting += alarms(screened, ours)
    waiting += [
        _waits(name, ASIDE[why].format(label=KINDS[name].label)) | ({"alarm": why} if why == "emptied" else {})
        for name, why in screened.aside.items()
        if (KINDS[name].source or _is_asked_for(name, screened))
        and (ours.rows[name] or name not in {"employees", "contacts"})  # a school may never share these
    ]
    if policy.paused:
        waiting.append(
            _waits(
                "classes",
                "The school is paused: only what the MIS states as ended applies. Resume it when it is right.",
            )
        )
    if policy.turned:
        what = "A new school year has begun. New classes come in when somebody has looked at it and confirmed."
        waiting.append(_waits("classes", what) | {"about": "rollover"})
    doubles = screened.ledger["students"].withheld["duplicate"]
    if doubles:
        waiting.append(
            _waits(
                "students",
                f"{doubles} new students have a UPN that somebody else has. They wait for the school to correct it.",
            )
        )
    waiting += [
        _waits(
            kind,
            f"The MIS no longer says {what}. Who is here stays; nobody new or returning comes in. "
            "The school can share it again in Wonde.",
        )
        for fact, (kind, what) in FACTS.items()
        if fact in policy.known & screened.silent and kind not in screened.aside
    ]
    unreadable = screened.ledger["guardianships"].unreadable
    if unreadable:
        waiting.append(
            _waits(
                "guardianships",
                f"Of {unreadable:,} parents and carers of students the MIS does not say readably whether they may know "
                "of the child. Who is here stays, and nobody writes to them about the child. "
                "The school can correct it in the MIS.",
            )
        )
    if screened.unlike:
        what = (
            f"{len(screened.unlike)} new people have the UPN or UPI of somebody who was here before, but neither that "
            "name nor that year group. They wait for a person to say who they are."
        )
        waiting.append(_waits(screened.unlike[0][0], what) | {"about": "unlike"})
    judgement.waiting = waiting + judgement.waiting
    return Decision(judgement, screened, fingerprint(plans))


def _is_asked_for(kind: str, screened: Screened) -> bool:
    """Whether rows that come inside others were to be expected: not where those were set aside, which says it all."""
    nested = KINDS[kind].nested
    return nested is not None and nested.within not in screened.aside


def _change_of_mis(snapshot: Snapshot, ours: Ours, screened: Screened) -> Decision:
    """Nothing is planned but what is certain of rights: every id may be new, so every row would look missing and every
    other one new."""
    plans = {name: diff(kind, {}, {}, {}) for name, kind in KINDS.items()}
    plans["guardianships"] = _certain_of_rights(ours, screened)
    nothing = Judgement(plans, {kind: {} for kind in KINDS}, {kind: {} for kind in KINDS})
    nothing.removals["guardianships"] = {
        key: Removal("evidence", reason) for key, reason in plans["guardianships"].ended.items()
    }
    proposal = propose(snapshot, ours)
    for ledger in screened.ledger.values():
        ledger.aside = ledger.aside or "held"  # read, and nothing of it concluded
    now = snapshot.school.mis or "another MIS"
    what = f"The school seems to have changed its MIS to {now}. Nothing is changed until a person confirms who is who: "
    nothing.waiting = [_waits("students", what + "; ".join(rates(proposal)) + ".") | {"about": "change_of_mis"}]
    return Decision(nothing, screened, fingerprint(plans), proposal)


def _certain_of_rights(ours: Ours, screened: Screened) -> Plan:
    """What the MIS says of links whose both ends still have their Wonde ids; whoever else may be is in doubt."""
    links, plan = ours.rows["guardianships"], Plan("guardianships", existing=len(ours.rows["guardianships"]))
    if "guardianships" in screened.aside:
        return plan
    for key, row in links.items():
        if not _has_its_ids(row, ours, screened):
            if not row.doubt:  # type: ignore[attr-defined]
                plan.updates[key] = (row, with_values(row, {"doubt": "not_listed"}))
        elif key in screened.ended["guardianships"]:
            plan.ended[key] = screened.ended["guardianships"][key]
        elif key in screened.said["guardianships"]:
            plan.updates[key] = (row, screened.said["guardianships"][key])
    return plan


def _has_its_ids(link: Any, ours: Ours, screened: Screened) -> bool:
    """Whether Wonde still knows both ends of a link by the ids we know."""
    ends = ((kind, getattr(link, column)) for column, kind in KINDS["guardianships"].parents.items())
    return all(ours.rows[kind][key].wonde_id in screened.keys.get(kind, ()) for kind, key in ends)  # type: ignore[attr-defined]


def _waits(kind: str, what: str) -> dict[str, str]:
    return {"kind": kind, "what": what}


def sizes(decision: Decision, ours: Ours) -> dict[str, int]:
    """How many of each kind there are once the decision is applied; of classes, those that are in."""
    plans, removals = decision.judgement.plans, decision.judgement.removals
    found = {
        name: len(ours.rows[name]) - len(removals[name]) + len(plans[name].creates) + len(plans[name].returns)
        for name in KINDS
    }
    plan = plans["classes"]
    classes: dict[Any, Any] = {key: row for key, row in ours.rows["classes"].items() if key not in removals["classes"]}
    classes |= plan.creates | {key: row for key, (_, row) in {**plan.returns, **plan.updates}.items()}
    return found | {"classes": sum(row.status == "in" for row in classes.values())}
