"""Evidence about being here, in bulk: one zero date in an MIS can say that a whole school has left.

What the MIS states about being here (left, not current, not yet here, a class's year over) takes effect the same night,
up to what the school lets go missing unasked. More than that waits for a person. Evidence of rights never waits.
"""

from collections.abc import Mapping

from msgspec import structs

from sync.facts.kinds import Key
from sync.facts.sides import Ours, Screened
from sync.plans.plan import Plan
from sync.plans.waiting import Waiting
from sync.rules.policy import Limits, Policy
from sync.rules.reasons import REASONS

Bulk = Mapping[str, Mapping[Key, str]]
STATED = ("students", "employees", "classes")


def stated_at_once(screened: Screened, ours: Ours, policy: Policy, kept: Bulk) -> dict[str, dict[Key, str]]:
    """Kind -> key -> reason, of those of ours the MIS says are not here, if they are too many for one night.

    Not at a rollover, when a person has confirmed every name; between two years, classes may end freely. kept: those a
    person keeps all the same; they are not news.
    """
    if policy.rollover:
        return {}
    found = {}
    for kind in STATED:
        if kind in screened.aside or (kind == "classes" and policy.between):
            continue
        here = ours.here(kind) - kept.get(kind, {}).keys()
        stated = {
            key: reason
            for key, reason in screened.ended[kind].items()
            if key in here and REASONS[reason].is_presence and key not in screened.graduates
        }
        if stated and over(len(stated), len(here), policy.limits):
            found[kind] = stated
    return found


def over(many: int, existing: int, limits: Limits) -> bool:
    """Whether this many of `existing` are too many for one night: above both share and number, or everybody."""
    return many >= existing or (many > limits.kind_free and many * 100 > limits.kind_share * existing)


def without(plans: Mapping[str, Plan], bulk: Bulk) -> dict[str, Plan]:
    """`plans` in which the rows of `bulk` are no longer ended by evidence: they would go, and may be held."""
    judged = dict(plans)
    for kind, stated in bulk.items():
        ended, waiting = dict[Key, str](), dict[Key, str]()
        for key, reason in plans[kind].ended.items():
            (waiting if key in stated else ended)[key] = reason
        judged[kind] = structs.replace(plans[kind], ended=ended, following={**plans[kind].following, **waiting})
    return judged


def as_they_are(plans: Mapping[str, Plan], bulk: Bulk) -> dict[str, Plan]:
    """`plans` in which no class of `bulk` is put out of use: that is an update, not a removal."""
    return {
        kind: structs.replace(plan, updates={key: pair for key, pair in plan.updates.items() if key not in bulk[kind]})
        if kind in bulk
        else plan
        for kind, plan in plans.items()
    }


def told(kind: str, stated: Mapping[Key, str], ours: Ours) -> Waiting:
    """What waits, for whoever decides."""
    return Waiting(kind, "stated", "evidence", count=len(stated), of=len(ours.here(kind)))
