"""What may pass and what waits for a person: absence waits, the rest flows.

Limits count people and classes. A verdict carries what hangs from a row: a held student keeps the enrolment, a kept
enrolment keeps its class, a held class keeps the students who would be left in none.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sync.facts.kinds import KINDS, LINKS, PEOPLE, Key
from sync.facts.sides import Ours, Screened, SevenDays
from sync.plans import bulk, changed
from sync.plans.plan import Plan
from sync.plans.verdict import Judgement, Removal, name_of
from sync.rules.policy import Policy

NOTHING_KEEPS = {  # what is so of people whom the MIS lists and who would go all the same
    "students": "in no imported class",
    "employees": "as teachers of no imported class",
    "contacts": "does not say for a child who is here that they have responsibility",
}


def judge(plans: dict[str, Plan], screened: Screened, ours: Ours, policy: Policy, approved: str = "") -> Judgement:
    """Split the removals of a run into what may pass and what must wait, all kinds together.

    approved: the `asked` of an earlier run that a person said yes to. Exactly that passes; if what waits is no longer
    the same, it waits again. Of a paused school only what evidence ends passes.
    """
    judging = _Judging(plans, screened, ours, policy)
    return judging.only_evidence() if policy.paused else judging.run(approved)


class _Judging:
    def __init__(self, plans: dict[str, Plan], screened: Screened, ours: Ours, policy: Policy) -> None:
        self.screened, self.ours, self.policy, self.limits = screened, ours, policy, policy.limits
        self.bulk = bulk.stated_at_once(screened, ours, policy)
        self.strangers = set() if policy.rollover else changed.identities(plans["students"])
        self.plans = changed.without_strangers(bulk.without(plans, self.bulk), self.strangers, ours)
        self.ended = {
            kind: {key: reason for key, reason in ended.items() if key not in self.bulk.get(kind, ())}
            for kind, ended in screened.ended.items()
        }
        self.out = Judgement(self.plans, {kind: {} for kind in plans}, {kind: {} for kind in plans})
        # Absent links that only their parents can carry: (kind, key) of a parent -> links that hang from it.
        self.hanging: dict[tuple[str, Key], list[tuple[str, Any]]] = defaultdict(list)
        for link, kind in LINKS.items():
            plan = self.plans[link]
            for key in [*plan.absent, *plan.following]:
                row = self.ours.rows[link][key]
                if not self._free(link, key):
                    for column, parent in kind.parents.items():
                        self.hanging[parent, getattr(row, column)].append((link, key))

    def run(self, approved: str) -> Judgement:
        self._hold_bulk()
        self.stay = {kind: set(held) for kind, held in self.out.held.items()}
        self.counted = {kind: self._leaving(kind) - self.stay[kind] for kind in PEOPLE}
        if not self.policy.rollover:  # there a person has confirmed every name
            if not self.policy.between:  # a year that ends takes its classes along
                self.counted["classes"] = self._absent_classes()
                self._check_classes(self.counted["students"])
            for kind, keys in self.counted.items():
                self._check_kind(kind, keys)
            self._hold_details()
        self.out.asked = name_of(self.out)
        released: dict[str, dict[Any, str]] = {}
        if approved and approved == self.out.asked:
            self.out.approved, released, self.out.held = True, self.out.held, {kind: {} for kind in self.plans}
            self.out.unsettled, self.out.waiting, self.out.asked = {}, [], ""
        else:
            self.plans = self.out.plans = bulk.as_they_are(self.plans, self.bulk)
        for kind in self.plans:
            self._pass_the_rest(kind, released.get(kind, {}))
        for link in LINKS:
            self._carry_along(link)
        return self.out

    def only_evidence(self) -> Judgement:
        """What evidence ends, with what hangs from it; everything else stays as it is.

        Whom no limit counts is not free to go for that: a parent of a missing child is counted with the child.
        """
        self.counted = {kind: self._lost(kind) for kind in PEOPLE}
        for kind, plan in self.plans.items():
            for key in [*plan.absent, *plan.following]:
                waits = key in self.bulk.get(kind, ())
                if waits or not (self._free(kind, key) if kind in LINKS else self._ends_with_its_places(kind, key)):
                    plan.absent.pop(key, None)
                    plan.following.pop(key, None)
            ending, said = self.ended[kind], self.screened.said[kind]
            plan.creates, plan.returns, plan.moves = {}, {}, {}
            plan.updates = {
                key: (before, said.get(key, after))
                for key, (before, after) in plan.updates.items()
                if key in ending or key in said
            }
            self._pass_the_rest(kind, {})
        for link in LINKS:
            self._carry_along(link)
        self._stop_access()
        for kind, stated in self.bulk.items():
            what = bulk.words(kind, stated, self.ours)
            self.out.waiting.append({"kind": kind, "what": f"{what} Resume the school first."})
        return self.out

    def _hold_bulk(self) -> None:
        """What the MIS states of too many at once waits, in its own words; of staff only the removal does."""
        for kind, stated in self.bulk.items():
            self._hold(kind, stated, "evidence")
            self._wait(kind, "evidence", bulk.words(kind, stated, self.ours))
        self._stop_access()

    def _stop_access(self) -> None:
        self.out.stopped = set(self.bulk.get("employees", ()))

    def _absent_classes(self) -> set[Any]:
        return {key for key, row in self.plans["classes"].absent.items() if row.status == "in"}  # type: ignore[attr-defined]

    def _free(self, link: str, key: Any) -> bool:
        """Whether a link goes because evidence or a person ended what it hangs from."""
        row = self.ours.rows[link][key]
        return any(getattr(row, column) in self.ended[parent] for column, parent in LINKS[link].parents.items())

    def _ends_with_its_places(self, kind: str, key: Any) -> bool:
        """Whether a person goes because evidence or a person's decision ended every place they had."""
        return kind in PEOPLE and key in self.plans[kind].following and key not in self.counted[kind]

    def _leaving(self, kind: str) -> set[Any]:
        """People whom limits count: who would go without evidence, but not who goes with somebody who is counted."""
        lost, link = self._lost(kind), PEOPLE[kind].link
        if not lost:
            return lost
        places = self._places(link)
        return {person for person in lost if not self._goes_along(link, places[person])}

    def _lost(self, kind: str) -> set[Any]:
        """People who would go without evidence: missing, or left without a place although nobody ended it."""
        plan, link = self.plans[kind], PEOPLE[kind].link
        if not plan.absent and not plan.following:
            return set()
        places = self._places(link)
        lost = {
            person
            for person in plan.following
            if not places[person] or not all(self._is_ended(link, key) for key in places[person])
        }
        return plan.absent.keys() | lost

    def _places(self, link: str) -> Mapping[Key, list[Any]]:
        """The links of each person who needs one."""
        places: dict[Key, list[Any]] = defaultdict(list)
        for key, row in self.ours.rows[link].items():
            places[getattr(row, LINKS[link].member)].append(key)
        return places

    def _is_ended(self, link: str, key: Any) -> bool:
        return key in self.plans[link].ended or self._free(link, key)

    def _goes_along(self, link: str, places: list[Any]) -> bool:
        """Whether all whom the links are for go, or would go: then they are counted, not who goes with them."""
        root, places = LINKS[link].root, [key for key in places if not self._is_ended(link, key)]
        if not root or not places:
            return False
        plan, rows = self.plans[LINKS[link].parents[root]], self.ours.rows[link]
        roots = {getattr(rows[key], root) for key in places}
        return all(key in plan.absent or key in plan.following or key in plan.ended for key in roots)

    def _check_kind(self, kind: str, keys: set[Any]) -> None:
        if not keys:
            return
        existing = self._existing(kind)
        week = self.ours.week.get(kind) or SevenDays(existing)
        total, everyone = len(keys) + week.gone, len(keys) >= existing - self._ending(kind, keys)
        start = week.start or existing + week.gone  # empty a week ago: nothing is a tenth of nobody
        if everyone or _over(total, start, self.limits.kind_free, self.limits.kind_share):
            self._hold(kind, keys, "all" if everyone else "kind")
            self._wait(
                kind,
                "all" if everyone else "kind",
                f"{len(keys):,} of {existing:,} {KINDS[kind].label} would go {self._because(kind, keys)}"
                + (f", after {week.gone} in the last seven days" if week.gone else "")
                + ". Nothing is removed until a person has looked.",
            )

    def _because(self, kind: str, keys: set[Any]) -> str:
        """Missing or not: whom the MIS still lists is not said to be missing there."""
        missing = len(keys & self.plans[kind].absent.keys())
        if missing == len(keys):
            return "because they are missing in the MIS"
        listed = f"the MIS lists {len(keys) - missing:,}, but {NOTHING_KEEPS[kind]}"
        return f"because {listed}" if not missing else f"because {missing:,} are missing in the MIS, and {listed}"

    def _ending(self, kind: str, counted: set[Any]) -> int:
        """How many go tonight without being counted: by evidence, by a person's decision, or with what those end."""
        if kind == "classes":
            rows = self.ours.rows[kind]
            return sum(rows[key].status == "in" for key in self.ended[kind])  # type: ignore[attr-defined]
        return len(self.plans[kind].ended) + len(self.plans[kind].following.keys() - counted - self.stay[kind])

    def _existing(self, kind: str) -> int:
        rows = self.ours.rows[kind].values()
        return sum(row.status == "in" for row in rows) if kind == "classes" else len(rows)  # type: ignore[attr-defined]

    def _check_classes(self, students: set[Any]) -> None:
        """Per class: students who would be left in no class, unless the class itself goes."""
        sizes: dict[Key, int] = defaultdict(int)
        leaving: dict[Key, list[Any]] = defaultdict(list)
        for key, row in self.ours.rows["enrolments"].items():
            school_class: Any = row.school_class  # type: ignore[attr-defined]
            sizes[school_class] += 1
            if key in students and school_class not in self.plans["classes"].absent:
                leaving[school_class].append(key)
        for school_class, keys in leaving.items():
            week = self.ours.class_week.get(school_class) or SevenDays(sizes[school_class])
            start = week.start or sizes[school_class] + week.gone
            if _over(len(keys) + week.gone, start, self.limits.class_free, self.limits.class_share):
                self._hold("students", keys, f"class:{school_class}")
                name = getattr(self.ours.rows["classes"].get(school_class), "name", "a class")
                self._wait(
                    "students",
                    f"class:{school_class}",
                    f"{len(keys)} of {sizes[school_class]} students of {name} would be left in no class. "
                    "Nobody is removed until a person has looked.",
                )

    def _hold(self, kind: str, keys: Collection[Any], limit: str) -> None:
        """Hold people or classes by a limit, then what hangs from them and what that hangs from, where it would go."""
        held = self.out.held
        todo = [(kind, key) for key in keys if key not in held[kind]]
        held[kind].update((key, limit) for _, key in todo)
        while todo:
            for link, link_key in self.hanging.get(todo.pop(), ()):
                for parent, end in self._hold_link(link, link_key):
                    held[parent][end] = "with"
                    todo.append((parent, end))

    def _hold_link(self, link: str, key: Any) -> list[tuple[str, Any]]:
        """Hold a link if both its ends stay. Returns what must be held for that: a person who would only lose their
        place, a student's contact, and for a student's place the class. Somebody missing in the MIS takes their own
        links along."""
        kind, row = LINKS[link], self.ours.rows[link][key]
        further = []
        for column, parent in kind.parents.items():
            end = getattr(row, column)
            if end in self.out.held[parent] or not self._goes(parent, end):
                continue
            only_lost = column == kind.member and (kind.root or end in self.plans[parent].following)
            if not (only_lost or (column != kind.member and kind.is_place)):
                return []
            further.append((parent, end))
        self.out.held[link][key] = "with"
        return further

    def _goes(self, kind: str, key: Any) -> bool:
        return key in self.plans[kind].absent or key in self.plans[kind].following

    def _pass_the_rest(self, kind: str, released: Mapping[Any, str]) -> None:
        plan, removals, held = self.plans[kind], self.out.removals[kind], self.out.held[kind]
        for key, reason in plan.ended.items():
            removals[key] = Removal("evidence", reason)
        for key in [*plan.following, *plan.absent]:
            if key in held:
                continue
            alone = key in plan.absent and kind not in PEOPLE and not (kind in LINKS and self._free(kind, key))
            cause = "absence" if alone or key in self.counted.get(kind, ()) else "follows"
            if key in self.bulk.get(kind, ()):
                cause = "evidence"  # a person let it pass; that it is so the MIS says, and no undo brings it back
            elif key in released or (self.policy.rollover and cause == "absence"):
                cause = "approved"
            removals[key] = Removal(cause, plan.following.get(key, ""))

    def _carry_along(self, link: str) -> None:
        """A row takes its links with it, also those of which nothing else was concluded tonight. What goes is not
        updated as well."""
        removals, plan = self.out.removals, self.plans[link]
        for column, parent in LINKS[link].parents.items():
            if not removals[parent]:
                continue
            for key, row in self.ours.rows[link].items():
                if getattr(row, column) in removals[parent] and key not in removals[link] and key not in plan.moves:
                    removals[link][key] = Removal("follows")
        plan.updates = {key: pair for key, pair in plan.updates.items() if key not in removals[link]}

    def _hold_details(self) -> None:
        """New details of too many people at once."""
        existing = len(self.ours.rows["contacts"])
        for kind, limit, keys in (
            ("students", "identity", self.strangers),
            ("contacts", "addresses", changed.addresses(self.plans["contacts"], existing, self.limits)),
        ):
            if keys:
                self.out.unsettled[kind] = dict.fromkeys(keys, limit)
                self._wait(kind, limit, changed.WHAT[limit].format(many=len(keys), existing=existing))

    def _wait(self, kind: str, limit: str, what: str) -> None:
        self.out.waiting.append({"kind": kind, "limit": limit, "what": what})


def _over(count: int, start: int, free: int, share: int) -> bool:
    """More than `share` per cent of `start`, and more than `free`."""
    return count > free and count * 100 > share * start
