"""What was judged: which removals pass and why, what is held, what a person should look at."""

import hashlib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from sync.plans.plan import Plan


class Removal(Struct, frozen=True):
    """Why a row goes. cause: absence, evidence, follows, approved or undone. reason: a code of sync.rules.reasons, or
    ""."""

    cause: str
    reason: str = ""


class Judgement(Struct):
    """plans: what was planned. removals: what passes, by kind and key. held: what waits, with the limit that holds it
    ("kind", "all", "class:<key>", "evidence", or "with" for what hangs from a held row). unsettled: updates that wait,
    with theirs ("identity", "addresses"). asked: a name for exactly what waits, 64 hex characters, "" for nothing.
    approved: what waited passed by a person's word. stopped: staff whose access ends although their removal waits.
    waiting: what a person should look at, one sentence each, with the limit it is about."""

    plans: dict[str, Plan]
    removals: dict[str, dict[Any, Removal]]
    held: dict[str, dict[Any, str]]
    unsettled: dict[str, dict[Any, str]] = field(default_factory=dict)
    asked: str = ""
    approved: bool = False
    stopped: set[Any] = field(default_factory=set)
    waiting: list[dict[str, str]] = field(default_factory=list)


def name_of(judgement: Judgement) -> str:
    """A name for exactly what waits for a person."""
    entries = [f"{kind} {key}" for kind, keys in judgement.held.items() for key in keys]
    entries += [f"{kind} {key} details" for kind, keys in judgement.unsettled.items() for key in keys]
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
