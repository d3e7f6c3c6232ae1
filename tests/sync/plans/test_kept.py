"""What a person said to keep, at the pure core: for how long, against what, and what hangs from it."""

import pytest
from msgspec import structs

from sync.facts.decisions import Answer
from sync.plans.decide import decide
from tests.sync.build import POLICY, a_class, a_student, after, decided, ids, key_of, names, policy, read
from tests.tools.identifiers import upn_of

FIRST, SECOND = ids("S", 20), ids("S", 20, 21)


def a_school(first=FIRST, second=SECOND, students=()):
    return read(a_class("C1", first), a_class("C2", second), students=students)


def keys(ours, *students):
    return frozenset(key_of(ours, "students", each) for each in students)


def causes(decision, ours):
    """Who goes, by Wonde id, and by what."""
    removed = decision.judgement.removals["students"]
    return {ours.rows["students"][key].wonde_id: removal.cause for key, removal in removed.items()}


def keeping(ours, *students, limit="kind"):
    """Our side once a person said that these stay."""
    return structs.replace(ours, kept={"students": dict.fromkeys(keys(ours, *students), limit)})


def test_what_a_person_keeps_stays_and_all_else_passes():
    ours, tonight = after(a_school()), a_school(FIRST[8:])
    asked = decided(tonight, ours).judgement.asked

    answered = decide(tonight, ours, POLICY, Answer(asked, {"students": keys(ours, *FIRST[:2])})).judgement

    assert answered.approved
    assert names(ours, "students", answered.removals["students"]) == set(FIRST[2:8])
    assert names(ours, "students", answered.held["students"]) == set(FIRST[:2])
    assert answered.asked not in {"", asked}
    assert answered.waiting == ()


@pytest.mark.parametrize("many", [0, 5, 6])
def test_who_is_kept_is_not_counted_and_waits_beside_whom_a_limit_holds(many):
    ours = keeping(after(a_school()), *FIRST[:2])

    judgement = decided(a_school(FIRST[2 + many :]), ours, policy(kind_free=5, class_free=5)).judgement

    waits = set(FIRST[: 2 + many]) if many > 5 else set(FIRST[:2])
    assert names(ours, "students", judgement.held["students"]) == waits
    assert names(ours, "students", judgement.removals["students"]) == set(FIRST[: 2 + many]) - waits
    assert [entry.count for entry in judgement.waiting if entry.code == "removals"] == ([many] if many > 5 else [])


def test_whoever_else_is_left_is_everybody_where_all_of_them_go():
    ours = keeping(after(read(a_class("C1", FIRST[:4]), a_class("C2", []))), FIRST[0])

    judgement = decided(read(a_class("C1", []), a_class("C2", []), students=[a_student("S99")]), ours).judgement

    assert judgement.removals["students"] == {}
    assert [entry.limit for entry in judgement.waiting if entry.kind == "students"] == ["all"]


def test_a_student_who_is_kept_keeps_the_class_but_nobody_who_is_let_go():
    ours = after(a_school())
    tonight = read(a_class("C2", SECOND), students=[a_student(each) for each in FIRST])
    asked = decided(tonight, ours).judgement.asked

    answered = decide(tonight, ours, POLICY, Answer(asked, {"students": keys(ours, FIRST[0])})).judgement

    assert names(ours, "students", answered.held["students"]) == {FIRST[0]}
    assert names(ours, "classes", answered.held["classes"]) == {"C1"}
    assert names(ours, "students", answered.removals["students"]) == set(FIRST[1:])
    assert not answered.removals["classes"]


def test_a_class_that_is_kept_keeps_nobody_who_is_let_go():
    ours = after(a_school())
    tonight = read(a_class("C2", SECOND), students=[a_student(each) for each in FIRST])
    asked = decided(tonight, ours).judgement.asked
    kept = {"classes": frozenset({key_of(ours, "classes", "C1")})}

    answered = decide(tonight, ours, POLICY, Answer(asked, kept)).judgement

    assert names(ours, "classes", answered.held["classes"]) == {"C1"}
    assert names(ours, "students", answered.removals["students"]) == set(FIRST)


def test_who_is_back_needs_no_word_any_more():
    ours = keeping(after(a_school()), *FIRST[:2])

    judgement = decided(a_school(FIRST[1:]), ours).judgement

    assert judgement.over == {"students": keys(ours, FIRST[1])}
    assert names(ours, "students", judgement.held["students"]) == {FIRST[0]}


@pytest.mark.parametrize("rules", [{}, {"paused": True}])
def test_evidence_ends_whom_a_person_kept_as_merely_missing(rules):
    ours = keeping(after(a_school()), FIRST[0])

    decision = decided(a_school(FIRST[1:], students=[a_student(FIRST[0], leaves=-1)]), ours, policy(**rules))

    assert causes(decision, ours) == {FIRST[0]: "evidence"}


def test_who_was_kept_against_evidence_is_not_ended_by_the_same():
    ours = keeping(after(a_school()), FIRST[0], limit="evidence")

    judgement = decided(a_school(students=[a_student(FIRST[0], leaves=-1)]), ours).judgement

    assert names(ours, "students", judgement.held["students"]) == {FIRST[0]}
    assert judgement.waiting == ()


def test_a_pause_holds_nothing_and_lets_the_word_stand():
    ours = keeping(after(a_school()), FIRST[0])

    judgement = decided(a_school(FIRST[1:]), ours, policy(paused=True)).judgement

    assert not any(judgement.removals.values())
    assert not judgement.over["students"]


def test_at_a_rollover_a_person_has_seen_every_name_anew():
    ours = keeping(after(a_school()), FIRST[0])

    decision = decided(a_school(FIRST[1:]), ours, policy(rollover=True, between=True))

    assert causes(decision, ours) == {FIRST[0]: "approved"}


def test_a_night_that_says_nothing_of_students_lets_the_word_stand():
    ours = keeping(after(a_school()), FIRST[0])

    judgement = decided(read(a_class("C1", FIRST[1:]), denied=["students"]), ours).judgement

    assert judgement.over == {}
    assert not any(judgement.removals.values())


def test_old_details_stay_by_a_persons_word_until_they_are_the_mis_own_again():
    ours = keeping(after(a_school()), FIRST[0], limit="identity")
    other = a_student(FIRST[0], upn=upn_of("another"), surname="Somebody", forename="Else")

    changed = decided(a_school(students=[other]), ours).judgement
    as_before = decided(a_school(), ours).judgement

    assert changed.unsettled == {"students": dict.fromkeys(keys(ours, FIRST[0]), "identity")}
    assert as_before.unsettled == {}
    assert as_before.over == {"students": keys(ours, FIRST[0])}
