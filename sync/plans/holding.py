"""What a hold carries along, and what passes beside it.

A held student keeps the enrolment, a kept enrolment keeps its class, a held class keeps the students who would be left
in none; what nothing holds goes, with its cause.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct, structs

from sync.facts.kinds import KINDS, LINKS, PEOPLE, Key
from sync.facts.sides import Ours
from sync.plans.bulk import Bulk
from sync.plans.plan import Plan
from sync.plans.verdict import WITH, Held, Removal
from sync.plans.waiting import Waiting
from sync.rules.policy import Policy


class Case(Struct, frozen=True):
    """What is judged. plans: with `bulk`, evidence about too many, counted as what would go. ended: what evidence or a
    person ends all the same, by kind and key, with the reason."""

    plans: Mapping[str, Plan]
    ours: Ours
    policy: Policy
    bulk: Bulk
    ended: Mapping[str, Mapping[Key, str]]

    def frees(self, link: str, key: Key) -> bool:
        """Whether a link goes because evidence or a person ended what it hangs from."""
        row = self.ours.rows[link][key]
        return any(getattr(row, column) in self.ended[parent] for column, parent in LINKS[link].parents.items())

    def ends(self, link: str, key: Key) -> bool:
        """Whether evidence or a person ended a link, or what it hangs from."""
        return key in self.plans[link].ended or self.frees(link, key)

    def goes(self, kind: str, key: Key) -> bool:
        """Whether a row would go without anybody having ended it."""
        return key in self.plans[kind].absent or key in self.plans[kind].following

    def links_of(self, link: str) -> Mapping[Key, list[Key]]:
        """The links of each person who needs one."""
        found: dict[Key, list[Key]] = defaultdict(list)
        for key, row in self.ours.rows[link].items():
            found[getattr(row, LINKS[link].member)].append(key)
        return found


class Exceeded(Struct, frozen=True):
    """A limit that was passed: whom it holds, and how that is told."""

    keys: Collection[Key]
    told: Waiting


def nothing() -> dict[str, dict[Key, Any]]:
    """By kind and key, for every kind."""
    return {kind: {} for kind in KINDS}


def held_by(
    case: Case, exceeded: Iterable[Exceeded], kept: Held | None = None, dropped: Collection[tuple[str, Key]] = ()
) -> dict[str, dict[Key, str]]:
    """What the limits hold, in their order, then what hangs from it and what that hangs from, where it would go.

    kept: what a person's word holds before any limit. dropped: people, by kind, whom a person let go: nothing carries
    them along.
    """
    held, hanging = nothing(), _hanging(case)
    todo = []
    for kind, keys in (kept or {}).items():
        held[kind] |= keys
        todo += [(kind, key) for key in keys]
    _carry_along(case, held, hanging, todo, dropped)
    for each in exceeded:
        kind = each.told.kind
        todo = [(kind, key) for key in each.keys if key not in held[kind]]
        held[kind] |= {key: each.told.limit for _, key in todo}
        _carry_along(case, held, hanging, todo, dropped)
    return held


def _carry_along(
    case: Case,
    held: dict[str, dict[Key, str]],
    hanging: Mapping[tuple[str, Key], list[tuple[str, Key]]],
    todo: list[tuple[str, Key]],
    dropped: Collection[tuple[str, Key]],
) -> None:
    """Add to `held` what hangs from the rows `todo` of it, and so on."""
    while todo:
        for link, key in hanging.get(todo.pop(), ()):
            along = _along(case, link, key, held)
            if along is None or any(end in dropped for end in along):
                continue
            held[link][key] = WITH
            for parent, end in along:
                held[parent][end] = WITH
            todo += along


def _hanging(case: Case) -> Mapping[tuple[str, Key], list[tuple[str, Key]]]:
    """Links that would go and that only their ends can keep: (kind, key) of an end -> the links that hang from it."""
    found: dict[tuple[str, Key], list[tuple[str, Key]]] = defaultdict(list)
    for link, kind in LINKS.items():
        plan = case.plans[link]
        for key in [*plan.absent, *plan.following]:
            if not case.frees(link, key):
                row = case.ours.rows[link][key]
                for column, parent in kind.parents.items():
                    found[parent, getattr(row, column)].append((link, key))
    return found


def _along(case: Case, link: str, key: Key, held: Held) -> list[tuple[str, Key]] | None:
    """What must be held so that a link can be: a person who would only lose their place, a student's contact, and for
    a student's place the class. None where one of its ends goes: somebody missing in the MIS takes their own links
    along."""
    kind, row = LINKS[link], case.ours.rows[link][key]
    along = []
    for column, parent in kind.parents.items():
        end = getattr(row, column)
        if end in held[parent] or not case.goes(parent, end):
            continue
        only_lost = column == kind.member and (kind.root or end in case.plans[parent].following)
        if not (only_lost or (column != kind.member and kind.is_place)):
            return None
        along.append((parent, end))
    return along


def passing(
    case: Case, plans: Mapping[str, Plan], held: Held, counted: Mapping[str, Collection[Key]], released: Held
) -> dict[str, dict[Key, Removal]]:
    """What goes, by kind and key, each with its cause. counted: whom limits count. released: what a person let pass."""
    removals = {kind: _of_kind(case, plans[kind], held[kind], counted, released[kind]) for kind in plans}
    for link, kind in LINKS.items():
        for column, parent in kind.parents.items():
            removals[link] |= _with_their(case, plans[link], column, removals[parent], removals[link])
    return removals


def _of_kind(
    case: Case,
    plan: Plan,
    held: Mapping[Key, str],
    counted: Mapping[str, Collection[Key]],
    released: Mapping[Key, str],
) -> dict[Key, Removal]:
    kind = plan.kind
    found = {key: Removal("evidence", reason) for key, reason in plan.ended.items()}
    for key in [*plan.following, *plan.absent]:
        if key in held:
            continue
        alone = key in plan.absent and kind not in PEOPLE and not (kind in LINKS and case.frees(kind, key))
        cause = "absence" if alone or key in counted.get(kind, ()) else "follows"
        if key in case.bulk.get(kind, ()):
            cause = "evidence"  # a person let it pass; that it is so the MIS says, and no undo brings it back
        elif key in released or (case.policy.rollover and cause == "absence"):
            cause = "approved"
        found[key] = Removal(cause, plan.following.get(key, ""))
    return found


def _with_their(
    case: Case, plan: Plan, column: str, parents: Mapping[Key, Removal], gone: Mapping[Key, Removal]
) -> dict[Key, Removal]:
    """Links that a row takes along, also those of which nothing else was concluded tonight."""
    if not parents:
        return {}
    return {
        key: Removal("follows")
        for key, row in case.ours.rows[plan.kind].items()
        if getattr(row, column) in parents and key not in gone and key not in plan.moves
    }


def without_what_goes(plans: Mapping[str, Plan], removals: Mapping[str, Mapping[Key, Removal]]) -> dict[str, Plan]:
    """`plans` in which no link that goes is updated as well."""
    return {
        kind: structs.replace(
            plan, updates={key: pair for key, pair in plan.updates.items() if key not in removals[kind]}
        )
        if kind in LINKS
        else plan
        for kind, plan in plans.items()
    }
