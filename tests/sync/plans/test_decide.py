"""The pure middle as a whole: properties that hold for any school, any two nights, in any order of reading."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from schools.sharing.purposes import PURPOSES
from sync.facts.asked import unasked, without
from sync.facts.decisions import Answer
from sync.facts.kinds import KINDS, LINKS
from sync.plans.decide import decide
from sync.rules.policy import Limits
from tests.sync.build import (
    ENGLISH,
    EVERYTHING,
    MATHS,
    POLICY,
    a_class,
    a_student,
    after,
    an_employee,
    decided,
    ids,
    names,
    nobody,
    places,
    policy,
    quiet,
    read,
    told,
    went,
)
from tests.sync.families import contact, night
from tests.tools.identifiers import upi_of, upn_of

STUDENTS, EMPLOYEES, CLASSES = [f"S{n}" for n in range(12)], [f"E{n}" for n in range(4)], [f"C{n}" for n in range(5)]

student_ids = st.lists(st.sampled_from(STUDENTS), max_size=9)
students = st.builds(
    a_student,
    st.sampled_from(STUDENTS),
    upi=st.sampled_from([None, "", "N/A", upi_of(1), upi_of(2), ...]),
    upn=st.sampled_from([None, "", "N/A", upn_of(1), upn_of(2), ...]),
    year=st.sampled_from([None, "8", "9"]),
    leaves=st.sampled_from([None, None, -1, 1]),
    starts=st.sampled_from([None, None, -1, 1]),
    forename=st.sampled_from(["Asha", "Bo", None]),
)
employees = st.builds(an_employee, st.sampled_from(EMPLOYEES), current=st.sampled_from([True, True, False, None]))
classes = st.builds(
    a_class,
    st.sampled_from(CLASSES),
    students=st.one_of(student_ids, st.none()),
    teachers=st.one_of(st.lists(st.sampled_from(EMPLOYEES), max_size=3), st.none()),
    subject=st.sampled_from([MATHS, MATHS, MATHS, ENGLISH, None]),
    academic_year=st.sampled_from([None, "2026/2027", "2025/2026", "2027"]),
    year_group=st.sampled_from([None, "Year 9", "Year 8"]),
)


@st.composite
def snapshots(draw):
    """Whatever Wonde may say of a small school, sense or nonsense."""
    by_id = {row.id: row for row in draw(st.lists(classes, max_size=5))}
    return read(
        *by_id.values(),
        students=draw(st.lists(students, max_size=12)),
        employees=draw(st.lists(employees, max_size=4)),
        unlisted=draw(st.lists(st.sampled_from([*STUDENTS, *EMPLOYEES]), max_size=2)),
        unreadable=draw(st.lists(st.sampled_from([*STUDENTS, *EMPLOYEES, *CLASSES]), max_size=2)),
        unread=draw(st.lists(st.sampled_from(CLASSES), max_size=1)),
        anonymous=draw(st.lists(st.sampled_from(["students", "classes", "employees"]), max_size=1)),
        denied=draw(st.lists(st.sampled_from(["students", "classes", "employees"]), max_size=1)),
    )


def read_in_full(snapshot):
    sources = [snapshot.source(kind) for kind in ("students", "classes", "employees")]
    return not snapshot.denied and all(source.rows and source.read == len(source.rows) for source in sources)


rules = st.builds(
    lambda years, limits: structs.replace(POLICY, years=years, limits=limits),
    st.sampled_from([frozenset(), frozenset({"9"})]),
    st.builds(
        Limits,
        kind_share=st.sampled_from([0, 10, 100]), kind_free=st.sampled_from([0, 2, 5]),
        class_share=st.sampled_from([0, 50, 100]), class_free=st.sampled_from([0, 2, 5]),
    ),
)  # fmt: skip
nights = st.lists(snapshots(), min_size=1, max_size=4)


@given(nights, rules)
@settings(max_examples=40, deadline=None)
def test_whatever_wonde_says_every_row_is_accounted_for_and_nobody_is_lost(story, rules):
    """The ledger is checked inside; here: who was there is there, was removed with a cause, or is held."""
    ours = nobody()
    for snapshot in story:
        decision = decided(snapshot, ours, rules)
        judgement = decision.judgement
        tomorrow = after(snapshot, ours=ours, rules=rules)

        for kind in KINDS:
            removed = set(judgement.removals[kind])
            assert not removed & set(judgement.held[kind])
            assert set(ours.rows[kind]) - removed <= set(tomorrow.rows[kind])
            if kind not in LINKS:
                everybody = {**tomorrow.rows[kind], **tomorrow.former[kind]}
                assert set(ours.rows[kind]) | set(ours.former[kind]) <= set(everybody)
                assert len({row.wonde_id for row in everybody.values()}) == len(everybody)
        ours = tomorrow


@given(nights, rules)
@settings(max_examples=40, deadline=None)
def test_every_place_is_of_a_student_and_in_a_class_that_are_there(story, rules):
    ours = after(*story, rules=rules)

    for link, kind in LINKS.items():
        for row in ours.rows[link].values():
            for column, parent in kind.parents.items():
                assert getattr(row, column) in ours.rows[parent], (link, row)
    if read_in_full(story[-1]):  # else a place may outlive its class until its student can be read again
        for row in ours.rows["enrolments"].values():
            assert ours.rows["classes"][row.school_class].status == "in"


@given(nights, rules)
@settings(max_examples=40, deadline=None)
def test_the_same_snapshot_twice_plans_nothing_new(story, rules):
    """Nothing is left to do but what waited; that may pass when newcomers of the first night have moved the limit, and
    what goes with it then goes."""
    yesterday = after(*story[:-1], rules=rules)
    waited = decided(story[-1], yesterday, rules).judgement
    ours = after(story[-1], ours=yesterday, rules=rules)

    decision = decided(story[-1], ours, rules)
    plans, judgement = decision.judgement.plans, decision.judgement

    for kind, plan in plans.items():
        assert [plan.creates, plan.returns, plan.moves] == [{}, {}, {}], kind
        if kind not in decision.screened.aside:  # of these only what goes with a class, held or not
            new = set(judgement.removals[kind]) - set(waited.held[kind])
            assert {key for key in new if not hung_from_what_waited(kind, ours.rows[kind][key], waited)} == set(), kind
        may_wait = {*judgement.unsettled.get(kind, ()), *waited.unsettled.get(kind, ()), *waited.held[kind]}
        assert {key: row for key, row in plan.updates.items() if key not in may_wait} == {}, kind


def hung_from_what_waited(kind, row, waited):
    """Whether a link goes because its person or its class does, which waited the night before."""
    parents = LINKS[kind].parents.items() if kind in LINKS else ()
    return any(
        getattr(row, column) in {*waited.held.get(parent, ()), *waited.unsettled.get(parent, ())}
        for column, parent in parents
    )


def shuffled(snapshot, dice):
    def mixed(mapping):
        return dict(dice.sample(list(mapping.items()), len(mapping)))

    def mixed_class(row):
        changes = {}
        for name in ("students", "employees"):
            if members := getattr(row, name):
                changes[name] = structs.replace(members, data=dice.sample(members.data, len(members.data)))
        return structs.replace(row, **changes)

    again = structs.replace(snapshot, members=mixed({key: mixed_class(row) for key, row in snapshot.members.items()}))
    for kind in ("students", "employees", "classes"):
        source = snapshot.source(kind)
        setattr(again, kind, structs.replace(source, rows=mixed(source.rows)))
    return again


@given(nights, snapshots(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_rows_and_pages_in_another_order_give_the_same_plan(story, tonight, dice):
    ours = after(*story)
    ours_mixed = structs.replace(
        ours, rows={kind: dict(dice.sample(list(rows.items()), len(rows))) for kind, rows in ours.rows.items()}
    )

    one_way, other_way = decided(tonight, ours), decided(shuffled(tonight, dice), ours_mixed)

    assert one_way.fingerprint == other_way.fingerprint
    assert one_way.judgement.removals == other_way.judgement.removals
    assert one_way.judgement.held == other_way.judgement.held
    assert one_way.judgement.asked == other_way.judgement.asked
    assert one_way.screened.ledger == other_way.screened.ledger


@given(nights, snapshots())
@settings(max_examples=40, deadline=None)
def test_absences_that_pass_are_never_more_than_the_limits_allow(story, tonight):
    ours = after(*story)
    limits = POLICY.limits

    decision = decided(tonight, ours)

    for kind in ("students", "employees", "classes"):
        passed = [
            key
            for key, removal in decision.judgement.removals[kind].items()
            if removal.cause == "absence" and getattr(ours.rows[kind][key], "status", "in") == "in"
        ]
        week = ours.week[kind]
        total, start = len(passed) + week.gone, week.start or len(ours.rows[kind]) + week.gone
        if passed:
            assert total <= limits.kind_free or total * 100 <= limits.kind_share * start


# --- stories of several nights


def test_a_student_who_comes_back_under_a_new_id_is_the_same_row_by_upi():
    first = read(a_class("C1", ["S1", "S2", "S3"]))
    ours = after(first, read(a_class("C1", ["S2", "S3"])))
    back = read(a_class("C1", ["NEW", "S2", "S3"]), students=[a_student("NEW", upi=upi_of("S1"), upn=None)])

    decision = decided(back, ours)

    (key,) = decision.judgement.plans["students"].returns
    assert ours.former["students"][key].wonde_id == "S1"
    assert decision.judgement.plans["students"].creates == {}
    assert after(back, ours=ours).rows["students"][key].upn == upn_of("S1")


def test_an_id_that_changes_while_the_student_stays_is_an_update_and_no_absence():
    ours = after(read(a_class("C1", ["S1", "S2"])))
    tonight = read(a_class("C1", ["NEW", "S2"]), students=[a_student("NEW", upi=upi_of("other"), upn=upn_of("S1"))])

    decision = decided(tonight, ours)

    assert len(decision.judgement.plans["students"].updates) == 1
    assert not any(decision.judgement.removals.values())
    assert places(after(tonight, ours=ours)) == {"NEW": "C1", "S2": "C1"}


def test_what_waits_has_a_name_that_lets_exactly_it_pass_once():
    before = read(a_class("C1", STUDENTS))
    ours, tonight = after(before), read(a_class("C1", STUDENTS[:2]))
    asked = decided(tonight, ours).judgement.asked

    approved = decide(tonight, ours, POLICY, Answer(asked))
    moved_on = decide(read(a_class("C1", STUDENTS[:3])), ours, POLICY, Answer(asked))

    assert names(ours, "students", approved.judgement.removals["students"]) == set(STUDENTS[2:])
    assert {removal.cause for removal in approved.judgement.removals["students"].values()} == {"approved"}
    assert not any(moved_on.judgement.removals.values())
    assert moved_on.judgement.held["students"]


def test_a_paused_school_lets_only_evidence_pass():
    ours = after(read(a_class("C1", STUDENTS)))
    paused = structs.replace(POLICY, paused=True)
    tonight = read(
        a_class("C1", [*STUDENTS[:-1], "S99"]), students=[a_student("S0", leaves=-1), a_student("S1", forename="New")]
    )

    decision = decided(tonight, ours, paused)

    assert names(ours, "students", decision.judgement.removals["students"]) == {"S0"}
    assert names(ours, "enrolments", decision.judgement.removals["enrolments"]) == {("S0", "C1")}
    assert all(not plan.creates and not plan.updates and not plan.moves for plan in decision.judgement.plans.values())
    assert "paused" in told(decision)


def test_a_paused_school_keeps_a_class_that_vanished():
    ours = after(read(a_class("C1", STUDENTS), a_class("C2", ["S77"]), a_class("C3", teachers=["E1"])))
    paused = structs.replace(POLICY, paused=True)
    tonight = read(a_class("C1", STUDENTS), students=["S77"])

    decision = decided(tonight, ours, paused)

    assert went(decision, ours, "classes") == set()
    assert places(after(tonight, ours=ours, rules=paused)) == places(ours)


def test_a_first_night_without_anything_is_quiet():
    assert quiet(decided(read()))


SWITCHABLE = sorted(name for key, purpose in PURPOSES.items() if not purpose.always for name in purpose.fields)


@settings(max_examples=25)
@given(st.sets(st.sampled_from(SWITCHABLE)), st.sets(st.sampled_from(SWITCHABLE)), st.booleans())
def test_nothing_beyond_what_is_asked_for_is_written_held_missed_or_said(off, refused, all_at_once):
    asked = EVERYTHING - (set(SWITCHABLE) if all_at_once else off)
    families = {student: [contact(f"P{student}"), contact(f"Q{student}", priority=2)] for student in ids("S", 8)}
    before = after(night(families, employees=["E001"], beyond={"contacts": 0}))
    for listed in list(families.values())[:7]:
        listed[0] |= {"contact_details": None}
        del listed[1]
    families |= {"S009": [contact("P9")]}

    tonight = structs.replace(night(families, employees=["E001"], beyond={"contacts": 7}), refused=frozenset(refused))
    decision = decided(tonight, before, policy(asked=asked))

    judgement = decision.judgement
    assert decision.asked == asked - refused
    for name, kind in KINDS.items():
        plan, empty = judgement.plans[name], unasked(kind, decision.asked)
        written = [*plan.creates.values()]
        written += [
            row for pairs in (plan.returns, plan.updates, plan.moves) for pair in pairs.values() for row in pair
        ]
        assert all(getattr(row, column) == nothing for row in written for column, nothing in empty.items())
        assert {each.column for each in judgement.waiting if each.kind == name}.isdisjoint(empty)
        if name in without(decision.asked):
            assert not written
            assert not (plan.absent)
            assert not (plan.ended)
            assert not (plan.following)
            assert not (judgement.hidden.all(name))
            assert not (judgement.removals[name])
            assert not (judgement.held[name])
            assert not (judgement.unsettled.get(name))
            assert name not in {each.kind for each in judgement.waiting}
