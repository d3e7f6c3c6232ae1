"""Details only say more of their student: no limit counts or holds them, and they never become another child's."""

import pytest
from msgspec import structs

from tests.sync.build import a_class, a_student, after, decided, held, ids, key_of, policy, read, went

MANY = ids("S", 20)


def tonight(*students, **how):
    return read(a_class("C001", [getattr(each, "id", each) for each in students]), students=students, **how)


def of(ours, wonde_id):
    return ours.rows["details"][key_of(ours, "students", wonde_id)]


@pytest.mark.parametrize("missing", [1, 15])
def test_details_go_with_their_student_or_wait_with_them_and_come_back_as_the_same_row(missing):
    ours = after(tonight(*MANY))

    decision = decided(tonight(*MANY[missing:]), ours)

    waits = missing > 5
    assert went(decision, ours, "details") == {(each,) for each in MANY[:missing] if not waits}
    assert {removal.cause for removal in decision.judgement.removals["details"].values()} <= {"follows"}
    assert held(decision, ours, "details") == set()
    assert {each.kind for each in decision.judgement.waiting} == ({"students"} if waits else set())
    if not waits:
        gone = after(tonight(*MANY[missing:]), ours=ours)
        back = decided(tonight(*MANY), gone).judgement.plans["details"]
        assert (len(back.returns), back.creates) == (missing, {})


def test_what_is_said_of_a_student_whose_ids_another_child_may_have_is_not_taken_over():
    ours = after(tonight(*MANY))
    strangers = [a_student(each, upn=None, gender="MALE") for each in MANY[8:]]
    others = [
        structs.replace(
            a_student(each, surname=f"Other {each}", gender="MALE"), education_details=row.education_details
        )
        for each, row in zip(MANY[:8], map(a_student, ids("X", 8)), strict=True)
    ]

    plan = decided(tonight(*others, *strangers), ours).judgement.plans["details"]

    assert plan.updates.keys() == {key_of(ours, "students", each) for each in MANY[8:]}


def test_in_a_pause_nothing_new_is_taken_over_and_what_is_not_listed_or_not_readable_stays():
    ours = after(tonight(*MANY))
    changed = [a_student(each, gender="MALE") for each in MANY[:10]]

    paused = after(tonight(*changed, unreadable=MANY[10:]), ours=ours, rules=policy(paused=True))
    unread = after(tonight(*changed, unreadable=MANY[10:]), ours=ours)

    assert paused.rows["details"] == ours.rows["details"]
    assert [of(unread, each).gender for each in (MANY[0], MANY[19])] == ["MALE", "FEMALE"]


def test_a_gender_that_goes_empty_for_all_at_once_is_a_fault_until_the_permission_says_otherwise():
    ours = after(tonight(*MANY))
    empty = tonight(*[a_student(each, gender=None) for each in MANY])

    kept, refused = decided(empty, ours), decided(structs.replace(empty, refused={"details.gender"}), ours)

    assert [(each.kind, each.code, each.column) for each in kept.judgement.waiting] == [
        ("details", "vanished", "gender")
    ]
    assert not kept.judgement.plans["details"].updates
    assert (refused.judgement.waiting, "details.gender" in refused.asked) == ((), False)
