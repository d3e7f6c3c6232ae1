"""Evidence about being here, in bulk: up to the limits it is news; beyond them, outside a rollover, a person looks."""

from datetime import date

import pytest

from sync.facts.decisions import Answer
from sync.plans.decide import decide
from sync.rules.policy import is_at_the_years_end, last_day
from tests.sync.build import (
    TODAY,
    a_class,
    a_student,
    after,
    an_employee,
    created,
    decided,
    held,
    ids,
    key_of,
    places,
    policy,
    read,
    told,
    went,
)


def sets(*sizes, teachers=()):
    start, classes = 1, []
    for number, size in enumerate(sizes, 1):
        classes.append(a_class(f"C{number:03}", ids("S", size, start), teachers))
        start += size
    return classes


def leavers(many, days=-1, **fields):
    return [a_student(each, leaves=days, **fields) for each in ids("S", many)]


@pytest.mark.parametrize(("many", "waits"), [(6, False), (7, True)])
def test_leaving_dates_beyond_the_limits_in_one_night_wait(many, waits):
    ours = after(read(*sets(30, 30)))

    decision = decided(read(*sets(30, 30), students=leavers(many)), ours)

    assert len(held(decision, ours, "students")) == (many if waits else 0)
    assert len(went(decision, ours, "students")) == (0 if waits else many)
    assert (f"{many} of 60 students have left or have not started yet" in told(decision)) is waits


def test_a_zero_date_for_a_whole_school_removes_nobody_and_their_places_and_classes_stay():
    night = read(*sets(30, 30), students=leavers(60))
    ours = after(read(*sets(30, 30)))

    decision = decided(night, ours)

    assert (
        went(decision, ours, "students")
        == went(decision, ours, "enrolments")
        == went(decision, ours, "classes")
        == set()
    )
    assert set(decision.judgement.held["students"].values()) == {"evidence"}
    assert places(after(night, ours=ours)) == places(ours)
    assert told(decision).count("all in one night") == 1


def test_the_same_night_again_waits_under_the_same_name_and_changes_nothing():
    night = read(*sets(30, 30), students=leavers(30))
    ours = after(read(*sets(30, 30)))

    once, ours = decided(night, ours), after(night, ours=ours)
    again = decided(night, ours)

    assert again.judgement.asked == once.judgement.asked
    assert went(again, ours, "students") == set()


def test_a_persons_yes_lets_exactly_that_pass_as_evidence():
    night = read(*sets(30, 30), students=leavers(30))
    ours = after(read(*sets(30, 30)))
    asked = decided(night, ours).judgement.asked

    decision = decide(night, ours, policy(), Answer(asked))

    assert went(decision, ours, "students") == set(ids("S", 30))
    assert {removal.cause for removal in decision.judgement.removals["students"].values()} == {"evidence"}
    assert decision.judgement.approved


def test_pupils_who_are_said_to_start_later_in_bulk_wait_too():
    ours = after(read(*sets(30)))
    later = [a_student(each, starts=30) for each in ids("S", 20)]

    assert held(decided(read(*sets(30), students=later), ours), ours, "students") == set(ids("S", 20))


def test_nobody_new_comes_in_by_waiting():
    ours = after(read(*sets(10)))
    night = read(a_class("C001", ids("S", 12)), students=[*leavers(12)])

    assert created(decided(night, ours), "students") == set()


def test_at_a_rollover_leaving_dates_pass():
    ours = after(read(*sets(30, 30)))

    decision = decided(read(*sets(30, 30), students=leavers(40)), ours, policy(rollover=True))

    assert len(went(decision, ours, "students")) == 40


def test_in_a_pause_what_the_mis_states_in_bulk_stays_until_the_school_is_resumed():
    ours = after(read(*sets(30, 30)))
    night = read(*sets(30, 30), students=leavers(40))

    decision = decided(night, ours, policy(paused=True))

    assert went(decision, ours, "students") == went(decision, ours, "enrolments") == set()
    assert "Resume the school first" in told(decision)


def test_in_a_pause_a_few_leaving_dates_still_apply():
    ours = after(read(*sets(30, 30)))

    decision = decided(read(*sets(30, 30), students=leavers(3)), ours, policy(paused=True))

    assert went(decision, ours, "students") == set(ids("S", 3))


def test_of_staff_the_access_ends_and_only_the_removal_waits():
    staff = ids("E", 20)
    ours = after(read(a_class("C001", ["S001"], staff)))
    night = read(a_class("C001", ["S001"], staff), employees=[an_employee(each, current=False) for each in staff[:10]])

    for rules in (policy(), policy(paused=True)):
        decision = decided(night, ours, rules)

        assert went(decision, ours, "employees") == went(decision, ours, "teachings") == set()
        assert decision.judgement.stopped == {key_of(ours, "employees", each) for each in staff[:10]}
    assert held(decided(night, ours), ours, "employees") == set(staff[:10])


def test_a_teacher_who_leaves_alone_goes_the_same_night():
    staff = ids("E", 20)
    ours = after(read(a_class("C001", ["S001"], staff)))
    night = read(a_class("C001", ["S001"], staff), employees=[an_employee("E001", current=False)])

    assert went(decided(night, ours), ours, "employees") == {"E001"}
    assert decided(night, ours).judgement.stopped == set()


def years(*names):
    return [a_class(f"C{n:03}", [f"S{n:03}"], academic_year=name) for n, name in enumerate(names, 1)]


def test_classes_whose_stated_year_is_over_all_at_once_stay_in_with_their_students():
    ours = after(read(*years(*["2026/27"] * 8)))
    night = read(*years(*["2025/26"] * 8))

    decision = decided(night, ours)
    tomorrow = after(night, ours=ours)

    assert set(decision.judgement.held["classes"].values()) == {"evidence"}
    assert {row.status for row in tomorrow.rows["classes"].values()} == {"in"}
    assert places(tomorrow) == places(ours)
    assert "8 of 8 classes belong to another academic year" in told(decision)


def test_one_class_whose_year_is_over_ends_the_same_night():
    ours = after(read(*years(*["2026/27"] * 8)))

    tomorrow = after(read(*years("2025/26", *["2026/27"] * 7)), ours=ours)

    assert sorted(row.status for row in tomorrow.rows["classes"].values()) == ["in"] * 7 + ["out"]


def test_a_yes_puts_the_classes_out():
    ours = after(read(*years(*["2026/27"] * 8)))
    night = read(*years(*["2025/26"] * 8))

    decision = decide(night, ours, policy(), Answer(decided(night, ours).judgement.asked))

    assert {after.status for _, after in decision.judgement.plans["classes"].updates.values()} == {"out"}
    assert len(went(decision, ours, "enrolments")) == 8


JULY = date(2027, 7, 15)
AT_THE_END = {"today": JULY, "last_day": "07-20"}


def top_year_leaves(days, year="11"):
    away = (JULY - TODAY).days + days
    return [a_student(each, leaves=away, year=year) for each in ids("S", 20)]


def test_leaving_dates_of_the_top_year_at_the_years_end_are_neither_held_nor_counted():
    classes = [a_class("C001", ids("S", 20)), a_class("C002", ids("S", 40, 21))]
    top = [a_student(each, year="11") for each in ids("S", 20)]
    ours = after(read(*classes, students=top), rules=policy(**AT_THE_END))
    others = [a_student(each, leaves=(JULY - TODAY).days - 1) for each in ids("S", 4, 21)]

    decision = decided(read(*classes, students=[*top_year_leaves(-10), *others]), ours, policy(**AT_THE_END))

    assert went(decision, ours, "students") == set(ids("S", 24))


@pytest.mark.parametrize(("days", "year"), [(-60, "11"), (-10, "9")], ids=["in May", "not the top year"])
def test_other_leaving_dates_wait_also_in_july(days, year):
    classes = [a_class("C001", ids("S", 20)), a_class("C002", ids("S", 40, 21))]
    others = [a_student(each, year="11" if year == "9" else "9") for each in ids("S", 40, 21)]
    ours = after(read(*classes, students=others), rules=policy(**AT_THE_END))

    decision = decided(read(*classes, students=[*top_year_leaves(days, year), *others]), ours, policy(**AT_THE_END))

    assert held(decision, ours, "students") == set(ids("S", 20))


@pytest.mark.parametrize(
    ("day", "last", "near"),
    [
        (date(2027, 7, 20), "07-20", True),
        (date(2027, 6, 8), "07-20", True),
        (date(2027, 6, 7), "07-20", False),
        (date(2027, 8, 31), "07-20", True),
        (date(2027, 9, 1), "07-20", False),
        (date(2027, 1, 10), "12-20", True),
    ],
)
def test_six_weeks_before_and_after_the_last_day_belong_to_the_years_end(day, last, near):
    assert is_at_the_years_end(day, last) is near


def test_the_last_day_is_the_schools_own_or_the_day_before_the_next_year():
    assert (last_day("09-01", "07-20"), last_day("09-01", ""), last_day("03-01", "")) == ("07-20", "08-31", "02-28")
