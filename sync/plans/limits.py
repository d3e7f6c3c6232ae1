"""What may pass and what waits for a person: too many absences wait, the rest passes.

Limits count people and classes, and hold what hangs from them (`sync.plans.holding`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from msgspec import structs

from sync.facts.decisions import Answer
from sync.facts.kinds import CLASSES, ENROLMENTS, LINKS, PEOPLE, Key, Row
from sync.facts.sides import Ours, Screened, SevenDays
from sync.plans import bulk, changed, kept
from sync.plans.bulk import Bulk
from sync.plans.changed import Changed
from sync.plans.holding import Case, Exceeded, held_by, nothing, passing, without_what_goes
from sync.plans.plan import Plan
from sync.plans.verdict import KEPT, WITH, Held, Judgement, name_of
from sync.plans.waiting import Waiting
from sync.rules.policy import Policy


def judge(
    plans: Mapping[str, Plan], screened: Screened, ours: Ours, policy: Policy, answer: Answer | None = None
) -> Judgement:
    """Split the removals of a run into what may pass and what must wait, all kinds together.

    answer: what a person said of exactly what waited in an earlier run; if what waits has changed, it waits again.
    While a school is paused, only what evidence ends passes.
    """
    against = kept.against_evidence(screened, ours, policy)
    many = bulk.stated_at_once(screened, ours, policy, against)
    stated = kept.either(many, against)
    strangers = _strangers(plans, ours, policy)
    case = Case(
        plans=changed.without_strangers(bulk.without(plans, stated), strangers.all, ours),
        ours=ours,
        policy=policy,
        bulk=stated,
        ended={
            kind: {key: reason for key, reason in ended.items() if key not in stated.get(kind, ())}
            for kind, ended in screened.ended.items()
        },
    )
    lost = {kind: _lost(case, kind) for kind in PEOPLE}
    word, addresses = kept.stays(case, lost, many), _addresses(case)
    old_details = {
        "students": dict.fromkeys(strangers.kept, "identity"),
        "contacts": dict.fromkeys(addresses.kept, "addresses"),
    }
    over = kept.over(screened, ours, {kind: {**word[kind], **old_details.get(kind, {})} for kind in word})
    if policy.paused:
        return structs.replace(_only_evidence(case, screened.said, lost, many), over=over)
    at_once = [Exceeded(keys, bulk.told(kind, keys, ours)) for kind, keys in many.items()]
    stay = held_by(case, at_once, word)
    counted = _counted(case, lost, stay)
    exceeded = [*at_once, *([] if policy.rollover else _exceeded(case, counted, stay, word))]
    details = _details(case, strangers.at_once, addresses.at_once)
    held = held_by(case, exceeded, word)
    unsettled = {kind: {**keys} for kind, keys in old_details.items() if keys}
    for each in details:
        unsettled.setdefault(each.told.kind, {}).update(dict.fromkeys(each.keys, each.told.limit))
    asked = name_of(held, unsettled)
    stopped = frozenset(many.get("employees", ()))
    if answer and asked and answer.asked == asked:
        return structs.replace(_answered(case, held, unsettled, counted, answer), over=over)
    removals = passing(case, case.plans, held, counted, released=nothing())
    plans = without_what_goes(bulk.as_they_are(case.plans, stated), removals)
    waiting = tuple(each.told for each in [*exceeded, *details])
    return Judgement(plans, removals, held, unsettled, asked, over=over, stopped=stopped, waiting=waiting)


def _answered(case: Case, held: Held, unsettled: Held, counted: Mapping[str, set[Key]], answer: Answer) -> Judgement:
    """What a person let pass, passes; what they keep stays, with what hangs from it: a student's class with the
    student, but nobody whom they let go. A parent or carer goes with the child or stays with the child."""
    word = {kind: _of(keys, answer, kind) for kind, keys in held.items()}
    dropped = {(kind, key) for kind in ("students", "employees") for key in held[kind] if key not in word[kind]}
    stay = held_by(case, (), word, dropped)
    released = {
        kind: {key: limit for key, limit in keys.items() if key not in stay[kind]} for kind, keys in held.items()
    }
    removals = passing(case, case.plans, stay, counted, released)
    stated = {kind: {key: why for key, why in keys.items() if key in stay[kind]} for kind, keys in case.bulk.items()}
    plans = without_what_goes(bulk.as_they_are(case.plans, stated), removals)
    old_details = {kind: _of(keys, answer, kind) for kind, keys in unsettled.items()}
    stopped = frozenset(case.bulk.get("employees", {}).keys() - stay["employees"].keys())
    asked = name_of(stay, old_details)
    return Judgement(plans, removals, stay, old_details, asked, approved=True, stopped=stopped)


def _of(keys: Mapping[Key, str], answer: Answer, kind: str) -> dict[Key, str]:
    """Of what is held, what a person said to keep: from now on by that word, whatever had carried it along."""
    said = answer.kept.get(kind, frozenset())
    return {key: KEPT if limit == WITH else limit for key, limit in keys.items() if key in said}


def _strangers(plans: Mapping[str, Plan], ours: Ours, policy: Policy) -> Changed:
    if policy.rollover:
        return Changed()
    return changed.identities(plans["students"], kept.by_limit(ours, policy, "students", "identity"))


def _addresses(case: Case) -> Changed:
    if case.policy.rollover:
        return Changed()
    existing, known = len(case.ours.rows["contacts"]), kept.by_limit(case.ours, case.policy, "contacts", "addresses")
    return changed.addresses(case.plans["contacts"], existing, case.policy.limits, known)


def _only_evidence(
    case: Case, said: Mapping[str, Mapping[Key, Row]], lost: Mapping[str, set[Key]], many: Bulk
) -> Judgement:
    """Of a paused school: what evidence ends, with what hangs from it; everything else stays as it is.

    Whom no limit counts is not free to go for that: a parent of a missing child is counted with the child. many: whom
    the MIS says are not here, at once.
    """
    plans = {kind: _in_a_pause(case, plan, lost.get(kind, ()), said[kind]) for kind, plan in case.plans.items()}
    removals = passing(case, plans, nothing(), lost, released=nothing())
    return Judgement(
        without_what_goes(plans, removals),
        removals,
        nothing(),
        stopped=frozenset(many.get("employees", ())),
        waiting=tuple(
            structs.replace(bulk.told(kind, stated, case.ours), code="stated_in_pause", limit="")
            for kind, stated in many.items()
        ),
    )


def _in_a_pause(case: Case, plan: Plan, lost: Collection[Key], said: Mapping[Key, Row]) -> Plan:
    """A link goes with what evidence ended, a person once every place they had was ended. Nothing comes in, and nothing
    changes but what is said of rights."""
    kind, waits = plan.kind, case.bulk.get(plan.kind, ())
    goes = {
        key
        for key in [*plan.absent, *plan.following]
        if key not in waits
        and (case.frees(kind, key) if kind in LINKS else kind in PEOPLE and key in plan.following and key not in lost)
    }
    return structs.replace(
        plan,
        creates={},
        returns={},
        moves={},
        updates={
            key: (before, said.get(key, after))
            for key, (before, after) in plan.updates.items()
            if key in case.ended[kind] or key in said
        },
        absent={key: row for key, row in plan.absent.items() if key in goes},
        following={key: reason for key, reason in plan.following.items() if key in goes},
    )


def _counted(case: Case, lost: Mapping[str, set[Key]], stay: Held) -> dict[str, set[Key]]:
    """Who and what the limits count, by kind: people who would go without evidence, and classes that are in and
    missing, unless the year ends, which takes its classes along."""
    counted = {kind: _alone(case, kind, lost[kind]) - stay[kind].keys() for kind in PEOPLE}
    if case.policy.rollover or case.policy.between:
        return counted
    classes = case.plans["classes"].absent.keys() & case.ours.here("classes")
    return counted | {"classes": classes - stay["classes"].keys()}


def _alone(case: Case, kind: str, lost: set[Key]) -> set[Key]:
    """Of people who would go without evidence, those the limits count: not those who go along with somebody counted."""
    if not lost:
        return lost
    link = PEOPLE[kind].link
    places = case.links_of(link)
    return {person for person in lost if not _goes_along(case, link, places[person])}


def _lost(case: Case, kind: str) -> set[Key]:
    """People who would go without evidence: missing, or left without a place although nobody ended it."""
    plan, link = case.plans[kind], PEOPLE[kind].link
    if not plan.absent and not plan.following:
        return set()
    places = case.links_of(link)
    lost = {
        person
        for person in plan.following
        if not places[person] or not all(case.ends(link, key) for key in places[person])
    }
    return plan.absent.keys() | lost


def _goes_along(case: Case, link: str, places: list[Key]) -> bool:
    """Whether everybody the links are for goes, or would go: then they are counted, and not who goes with them."""
    root, left = LINKS[link].root, [key for key in places if not case.ends(link, key)]
    if not root or not left:
        return False
    of_roots, rows = LINKS[link].parents[root], case.ours.rows[link]
    roots = {getattr(rows[key], root) for key in left}
    return all(case.goes(of_roots, key) or key in case.plans[of_roots].ended for key in roots)


def _exceeded(case: Case, counted: Mapping[str, set[Key]], stay: Held, word: Held) -> Iterator[Exceeded]:
    """The limits that are exceeded: of single classes, then of kinds. stay: those no limit counts tonight. word: those
    of them a person keeps."""
    if not case.policy.between:
        yield from _of_classes(case, counted["students"])
    for kind, keys in counted.items():
        if keys:
            yield from _of_kind(case, kind, keys, stay[kind], word[kind])


def _of_classes(case: Case, students: Collection[Key]) -> Iterator[Exceeded]:
    """Per class: students who would be left in no class, unless the class itself goes."""
    sizes: dict[Key, int] = defaultdict(int)
    leaving: dict[Key, list[Key]] = defaultdict(list)
    for key, row in ENROLMENTS.of(case.ours.rows).items():
        sizes[row.school_class] += 1
        if key in students and row.school_class not in case.plans["classes"].absent:
            leaving[row.school_class].append(key)
    classes, limits = CLASSES.of(case.ours.rows), case.policy.limits
    for school_class, keys in leaving.items():
        week = case.ours.class_week.get(school_class) or SevenDays(sizes[school_class])
        start = week.start or sizes[school_class] + week.gone
        if _over(len(keys) + week.gone, start, limits.class_free, limits.class_share):
            name = classes[school_class].name if school_class in classes else ""
            limit, of = f"class:{school_class}", sizes[school_class]
            yield Exceeded(keys, Waiting("students", "class", limit, count=len(keys), of=of, name=name))


def _of_kind(case: Case, kind: str, keys: set[Key], stay: Collection[Key], word: Collection[Key]) -> Iterator[Exceeded]:
    existing, limits = len(case.ours.here(kind)), case.policy.limits
    week = case.ours.week.get(kind) or SevenDays(existing)
    everyone = len(keys) >= existing - len(word) - _ending(case, kind, keys, stay)
    start = week.start or existing + week.gone  # empty a week ago: nothing is a tenth of nobody
    if everyone or _over(len(keys) + week.gone, start, limits.kind_free, limits.kind_share):
        missing = len(keys & case.plans[kind].absent.keys())
        limit = "all" if everyone else "kind"
        told = Waiting(kind, "removals", limit, count=len(keys), of=existing, missing=missing, before=week.gone)
        yield Exceeded(keys, told)


def _ending(case: Case, kind: str, counted: Collection[Key], stay: Collection[Key]) -> int:
    """How many go tonight uncounted: by evidence, by a person's decision, or with what those end."""
    if kind == "classes":
        return len(case.ended[kind].keys() & case.ours.here(kind))
    following = case.plans[kind].following.keys()
    return len(case.plans[kind].ended) + len(following - set(counted) - set(stay))


def _details(case: Case, strangers: Collection[Key], addresses: Collection[Key]) -> list[Exceeded]:
    """New details of too many people at once."""
    existing = len(case.ours.rows["contacts"])
    found = []
    if strangers:
        found.append(Exceeded(strangers, Waiting("students", "identity", "identity", count=len(strangers))))
    if addresses:
        told = Waiting("contacts", "addresses", "addresses", count=len(addresses), of=existing)
        found.append(Exceeded(addresses, told))
    return found


def _over(count: int, start: int, free: int, share: int) -> bool:
    """More than `share` per cent of `start`, and more than `free`."""
    return count > free and count * 100 > share * start
