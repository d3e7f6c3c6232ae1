"""What a person said to keep: it stays until the MIS has it again, states something new that ends it, or somebody
decides otherwise. No limit counts it meanwhile, and no night on which nothing can be concluded of it ends it.

A keep answers one question, by the limit that asked it (`Ours.kept`): of whom the MIS said that they have left, they
stay although it goes on saying so; of whom it only missed, they go once it says that they have left.
"""

from collections.abc import Mapping

from sync.facts.kinds import CLASSES, PEOPLE, Key
from sync.facts.sides import Ours, Screened
from sync.plans.bulk import Bulk
from sync.plans.holding import Case, nothing
from sync.plans.verdict import DETAILS, EVIDENCE, Held
from sync.rules.policy import Policy
from sync.rules.reasons import REASONS


def by_limit(ours: Ours, policy: Policy, kind: str, limit: str) -> set[Key]:
    """Those of `kind` whom a person kept when `limit` asked. At a rollover a person has confirmed every name anew."""
    return {key for key, asked in ours.kept.get(kind, {}).items() if asked == limit and not policy.rollover}


def against_evidence(screened: Screened, ours: Ours, policy: Policy) -> dict[str, dict[Key, str]]:
    """Kind -> key -> reason of those kept although the MIS says that they are not here, where it still says so."""
    found = {}
    for kind in PEOPLE.keys() | {"classes"}:
        kept = by_limit(ours, policy, kind, EVIDENCE)
        stated = {key: reason for key, reason in screened.ended[kind].items() if key in kept}
        if still := {key: reason for key, reason in stated.items() if REASONS[reason].is_presence}:
            found[kind] = still
    return found


def stays(case: Case, lost: Mapping[str, set[Key]], many: Bulk) -> dict[str, dict[Key, str]]:
    """Whom a person's word keeps here tonight, each with the limit that asked. lost: who would go without evidence.
    many: whom the MIS says are not here, at once; of them a person is asked anew.
    """
    found: dict[str, dict[Key, str]] = nothing()
    if case.policy.rollover:
        return found
    classes = CLASSES.of(case.ours.rows)
    out = {key for key in classes if case.ours.decisions.classes.get(key) == "out"}
    for kind, kept in case.ours.kept.items():
        going = lost[kind] if kind in PEOPLE else {key for key in kept if case.goes(kind, key) and key not in out}
        going = going - many.get(kind, {}).keys()
        found[kind] = {key: limit for key, limit in kept.items() if key in going and limit not in DETAILS}
    return found


def over(screened: Screened, ours: Ours, tonight: Held) -> dict[str, set[Key]]:
    """Those of whom the word is no longer needed: the MIS has them as before. tonight: whom it still keeps."""
    return {
        kind: {key for key in kept if key in screened.theirs[kind] and key not in tonight[kind]}
        for kind, kept in ours.kept.items()
        if kind not in screened.aside
    }


def either(one: Bulk, other: Bulk) -> dict[str, dict[Key, str]]:
    """Both together."""
    return {kind: {**one.get(kind, {}), **other.get(kind, {})} for kind in one.keys() | other.keys()}
