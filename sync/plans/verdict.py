"""What was judged: which removals pass and why, what is held, what a person should look at."""

import hashlib
from collections.abc import Collection, Mapping, Set

from msgspec import Struct, field

from sync.facts.kinds import Key
from sync.plans.plan import Plan
from sync.plans.waiting import Waiting
from sync.rules.reasons import PERHAPS_HIDDEN

Held = Mapping[str, Mapping[Key, str]]  # kind -> key -> the limit that holds it
EVIDENCE = "evidence"  # the limit on what the MIS states of too many at once
WITH = "with"  # held for the sake of another
KEPT = "kept"  # held by a person's word alone
DETAILS = frozenset({"identity", "addresses"})  # what holds new details, not a removal


class Removal(Struct, frozen=True):
    """Why a row goes. cause: absence, evidence, follows, approved or undone. reason: a code of sync.rules.reasons, or
    ""."""

    cause: str
    reason: str = ""


class Hidden(Struct, frozen=True):
    """Who is perhaps no longer shared with us, by kind, keys of ours. new: from tonight on. still: since an earlier
    night, of those who are here. back: who was, and was read tonight."""

    new: Mapping[str, Set[Key]] = field(default_factory=dict)
    still: Mapping[str, Set[Key]] = field(default_factory=dict)
    back: Mapping[str, Set[Key]] = field(default_factory=dict)

    def all(self, kind: str) -> Set[Key]:
        """Those of a kind who are here and perhaps no longer shared."""
        return self.new.get(kind, frozenset()) | self.still.get(kind, frozenset())


class Judgement(Struct, frozen=True):
    """plans: what is to be written. removals: what passes, by kind and key. held: what waits, with the limit that holds
    it ("kind", "all", "class:<key>", "evidence", "kept", or "with" for what hangs from a held row). unsettled: updates
    that wait, with theirs ("identity", "addresses"). asked: a name for exactly what waits, 64 hex characters, or "".
    approved: a person's word was obeyed, and what is still held is what they said to keep. over: what a person said to
    keep and the MIS has again. stopped: staff whose access ends although their removal waits. waiting: what a person
    should look at. hidden: who is perhaps no longer shared, whatever becomes of the removal."""

    plans: Mapping[str, Plan]
    removals: Mapping[str, Mapping[Key, Removal]]
    held: Held
    unsettled: Held = field(default_factory=dict)
    asked: str = ""
    approved: bool = False
    over: Mapping[str, Collection[Key]] = field(default_factory=dict)
    stopped: frozenset[Key] = frozenset()
    waiting: tuple[Waiting, ...] = ()
    hidden: Hidden = Hidden()

    def why_held(self, kind: str, key: Key) -> str:
        """Why a row that waits would go, a code of `sync.rules.reasons`; "" for one that is simply missing."""
        return self.plans[kind].following.get(key, PERHAPS_HIDDEN if key in self.hidden.all(kind) else "")


def name_of(held: Held, unsettled: Held) -> str:
    """A name for exactly what waits for a person; "" for nothing."""
    entries = [f"{kind} {key}" for kind, keys in held.items() for key in keys]
    entries += [f"{kind} {key} details" for kind, keys in unsettled.items() for key in keys]
    return hashlib.sha256("\n".join(sorted(entries)).encode()).hexdigest() if entries else ""


def planned(judgement: Judgement, kind: str) -> Mapping[str, int]:
    """How many of each verb a run makes in a kind."""
    plan = judgement.plans[kind]
    return {
        "create": len(plan.creates),
        "return": len(plan.returns),
        "update": len(plan.updates) - len(judgement.unsettled.get(kind, ())),
        "move": len(plan.moves),
        "remove": len(judgement.removals[kind]),
        "held": len(judgement.held[kind]),
    }
