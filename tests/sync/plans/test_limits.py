"""What passes and what waits: absence up to a limit, evidence always, and what hangs from a row goes where it goes."""

import pytest
from msgspec import structs

from sync.facts.sides import SevenDays
from tests.sync.build import (
    a_class,
    a_student,
    after,
    an_employee,
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
from tests.tools.identifiers import upn_of


def sets(*sizes, start=1, **teachers):
    """Classes C001, C002 … of those sizes, whose students follow one another."""
    classes = []
    for number, size in enumerate(sizes, 1):
        classes.append(a_class(f"C{number:03}", ids("S", size, start), [f"E{number:03}"]))
        start += size
    return classes


def without(classes, *gone):
    """The same classes without these students."""
    return [
        a_class(row.id, [m.id for m in row.students.data if m.id not in gone], [t.id for t in row.employees.data])
        for row in classes
    ]


def decision_after(before, tonight, rules=None):
    rules = rules or policy()
    ours = after(before, rules=rules)
    return decided(tonight, ours, rules), ours


# --- students missing, per kind


@pytest.mark.parametrize(
    ("of", "missing", "waits"),
    [(20, 5, False), (20, 6, True), (60, 6, False), (60, 7, True), (100, 10, False), (100, 11, True), (55, 5, False)],
)
def test_more_than_a_tenth_and_more_than_five_missing_students_wait(of, missing, waits):
    before = sets(*[of // 5] * 5)
    gone = [f"S{n * (of // 5) + place + 1:03}" for place in range(of // 5) for n in range(5)][:missing]

    decision, ours = decision_after(read(*before), read(*without(before, *gone)))

    assert held(decision, ours, "students") == (set(gone) if waits else set())
    assert went(decision, ours, "students") == (set() if waits else set(gone))
    assert ("students would be removed because they are missing" in told(decision)) is waits


def test_who_is_listed_without_a_class_is_not_said_to_be_missing():
    ours = after(read(a_class("C001", ids("S", 40))))

    listed = decided(read(a_class("C001", ids("S", 30)), students=ids("S", 40)), ours)
    both = decided(read(a_class("C001", ids("S", 30)), students=ids("S", 36)), ours)

    assert "10 of 40 students would be removed because the MIS lists 10, but in no imported class." in told(listed)
    assert (
        "10 of 40 students would be removed because 4 are missing in the MIS, and the MIS lists 6, but in no"
        in told(both)
    )


def test_the_limits_are_the_schools_own():
    before = sets(30, 30)
    tonight = read(*without(before, "S001", "S031"))

    strict, ours = decision_after(read(*before), tonight, policy(kind_free=1, kind_share=0))
    loose, _ = decision_after(read(*before), tonight, policy(kind_free=2, kind_share=0))

    assert held(strict, ours, "students") == {"S001", "S031"}
    assert loose.judgement.held["students"] == {}


def test_students_who_are_listed_but_in_no_class_count_like_missing_ones():
    before = sets(10, 10, 10)
    gone = ["S001", "S002", "S011", "S012", "S021", "S022"]

    decision, ours = decision_after(read(*before), read(*without(before, *gone), students=gone))

    assert held(decision, ours, "students") == set(gone)


@pytest.mark.parametrize("many", [1, 2, 5])
def test_never_all_students_of_a_school_go_by_absence_however_few_they_are(many):
    decision, ours = decision_after(read(a_class("C001", ids("S", many))), read(a_class("C001", []), students=["S090"]))

    assert held(decision, ours, "students") == set(ids("S", many))
    assert went(decision, ours, "students") == set()


def test_all_that_evidence_leaves_are_still_all():
    """Three have left by their leaving date; the two others are merely missing."""
    tonight = read(a_class("C001", []), students=[a_student(each, leaves=-1) for each in ids("S", 3)])

    decision, ours = decision_after(read(a_class("C001", ids("S", 5))), tonight)

    assert went(decision, ours, "students") == set(ids("S", 3))
    assert held(decision, ours, "students") == {"S004", "S005"}


def test_all_that_a_persons_decision_leaves_are_still_all():
    ours = after(read(*sets(5, 4)))
    key = key_of(ours, "classes", "C001")
    ours.rows["classes"][key] = structs.replace(ours.rows["classes"][key], status="out", reason="excluded_class")

    decision = decided(read(*without(sets(5, 4), *ids("S", 4, 6))), ours)

    assert went(decision, ours, "students") == set(ids("S", 5))
    assert held(decision, ours, "students") == set(ids("S", 4, 6))


def test_all_classes_that_evidence_leaves_are_still_all():
    before = [structs.replace(row, academic_year="2026") for row in sets(5, 5, 5)]
    tonight = [structs.replace(row, academic_year="2025") for row in before[:2]]

    decision, ours = decision_after(read(*before), read(*tonight, students=ids("S", 5, 11)))

    assert held(decision, ours, "classes") == {"C003"}


def test_evidence_up_to_the_limits_is_never_held():
    tonight = read(*sets(30, 30), students=[a_student(each, leaves=-1) for each in ids("S", 6)])

    decision, ours = decision_after(read(*sets(30, 30)), tonight)

    assert went(decision, ours, "students") == set(ids("S", 6))
    assert len(decision.judgement.removals["enrolments"]) == 6
    assert {removal.cause for removal in decision.judgement.removals["students"].values()} == {"evidence"}
    assert told(decision) == ""


def test_evidence_does_not_use_up_the_limit_of_absence():
    leavers = [a_student(each, leaves=-1) for each in ids("S", 6)]
    tonight = read(*without(sets(30, 30), "S031", "S032"), students=leavers)

    decision, ours = decision_after(read(*sets(30, 30)), tonight)

    assert went(decision, ours, "students") == {*ids("S", 6), "S031", "S032"}


# --- per class


@pytest.mark.parametrize(
    ("size", "leaving", "waits"), [(10, 5, False), (10, 6, True), (12, 6, False), (12, 7, True), (11, 6, True)]
)
def test_more_than_half_a_class_and_more_than_five_left_in_no_class_wait(size, leaving, waits):
    before = sets(size, 200)

    decision, ours = decision_after(read(*before), read(*without(before, *ids("S", leaving))))

    assert held(decision, ours, "students") == (set(ids("S", leaving)) if waits else set())
    assert held(decision, ours, "enrolments") == ({(s, "C001") for s in ids("S", leaving)} if waits else set())
    assert ("students of Class C001 would be left in no class" in told(decision)) is waits


def test_students_who_move_to_another_class_do_not_count_as_leaving_theirs():
    before = sets(12, 30)
    tonight = [a_class("C001", ["S012"], ["E001"]), a_class("C002", [*ids("S", 11), *ids("S", 30, 13)], ["E002"])]

    decision, _ = decision_after(read(*before), read(*tonight))

    assert len(decision.judgement.plans["enrolments"].moves) == 11
    assert not any(decision.judgement.held.values())
    assert told(decision) == ""


def test_only_those_left_in_no_class_are_held_and_the_movers_move():
    before = sets(20, 200)
    tonight = [a_class("C001", [], ["E001"]), a_class("C002", [*ids("S", 9), *ids("S", 200, 21)], ["E002"])]

    decision, ours = decision_after(read(*before), read(*tonight, students=ids("S", 20)))

    assert held(decision, ours, "students") == set(ids("S", 11, 10))
    assert {before_.school_class for before_, _ in decision.judgement.plans["enrolments"].moves.values()} == {
        key_of(ours, "classes", "C001")
    }
    moved = after(read(*tonight, students=ids("S", 20)), ours=ours)
    assert places(moved)["S009"] == "C002"
    assert places(moved)["S010"] == "C001"


# --- classes


@pytest.mark.parametrize(("of", "missing", "waits"), [(10, 5, False), (10, 6, True), (60, 6, False), (60, 7, True)])
def test_more_than_a_tenth_and_more_than_five_missing_classes_wait(of, missing, waits):
    """Every student is in one of the remaining classes tonight, so only the classes count."""
    before = sets(*[1] * of)
    tonight = [a_class("C999", ids("S", missing)), *before[missing:]]

    decision, ours = decision_after(read(*before), read(*tonight, employees=ids("E", missing)), policy(kind_share=10))

    assert held(decision, ours, "classes") == (set(ids("C", missing)) if waits else set())


def test_the_only_class_of_a_school_is_held_with_its_students_places_and_teachers():
    before = read(a_class("C001", ids("S", 3), ["E001"]))
    tonight = read(a_class("C002", ["S004"], ["E002"], subject=None), students=ids("S", 3), employees=["E001"])

    decision, ours = decision_after(before, tonight)

    assert held(decision, ours, "classes") == {"C001"}
    assert held(decision, ours, "students") == set(ids("S", 3))
    assert held(decision, ours, "enrolments") == {(each, "C001") for each in ids("S", 3)}
    assert held(decision, ours, "teachings") == {("C001", "E001")}
    assert held(decision, ours, "employees") == {"E001"}
    assert not any(decision.judgement.removals.values())


def test_a_held_class_lets_its_movers_go_and_keeps_those_who_would_be_left_in_none():
    before = sets(10, 10)
    tonight = [a_class("C003", [*ids("S", 9), *ids("S", 10, 11)], ["E001", "E002"])]

    decision, ours = decision_after(read(*before), read(*tonight, students=["S010"]))

    assert held(decision, ours, "classes") == {"C001", "C002"}
    assert held(decision, ours, "enrolments") == {("S010", "C001")}
    assert held(decision, ours, "students") == {"S010"}
    assert len(decision.judgement.plans["enrolments"].moves) == 19


def test_whom_a_limit_counts_waits_under_that_limit_though_a_held_class_would_keep_them_too():
    before = sets(8, *[8] * 4)

    decision, ours = decision_after(
        read(*before), read(*before[1:], students=[a_student(each) for each in ids("S", 8)])
    )

    assert {ours.rows["students"][key].wonde_id for key in decision.judgement.held["students"]} == set(ids("S", 8))
    assert set(decision.judgement.held["students"].values()) == {"kind"}


def test_a_class_that_goes_takes_its_students_along_and_they_count():
    """30 of 60 would be left in no class because one class is missing: that is a matter for a person."""
    before = sets(30, 30)

    decision, ours = decision_after(read(*before), read(before[1], students=ids("S", 30), employees=["E001"]))

    assert held(decision, ours, "students") == set(ids("S", 30))
    assert held(decision, ours, "classes") == {"C001"}


def test_a_small_class_that_goes_takes_its_places_along():
    before = sets(3, 60)

    decision, ours = decision_after(read(*before), read(before[1], students=ids("S", 3), employees=["E001"]))

    assert went(decision, ours, "classes") == {"C001"}
    assert went(decision, ours, "enrolments") == {(each, "C001") for each in ids("S", 3)}
    assert went(decision, ours, "teachings") == {("C001", "E001")}
    assert went(decision, ours, "students") == set(ids("S", 3))


def test_a_class_whose_stated_year_is_over_ends_with_everybody_in_it_uncounted():
    before = [structs.replace(row, academic_year="2026/2027") for row in sets(30, 30)]
    tonight = [structs.replace(before[0], academic_year="2025/2026"), before[1]]

    decision, ours = decision_after(read(*before), read(*tonight))

    assert went(decision, ours, "students") == set(ids("S", 30))
    assert went(decision, ours, "employees") == {"E001"}
    assert {removal.cause for removal in decision.judgement.removals["students"].values()} == {"follows"}
    assert not any(decision.judgement.held.values())


def test_classes_that_were_out_may_vanish_in_any_number():
    before = [*sets(10), *[a_class(each, ["S001"], subject=None) for each in ids("C", 30, 100)]]

    decision, ours = decision_after(read(*before), read(before[0]))

    assert went(decision, ours, "classes") == set(ids("C", 30, 100))
    assert told(decision) == ""


# --- staff


def test_staff_who_no_longer_teach_an_imported_class_go_with_the_place():
    before = sets(10, 10)
    tonight = [a_class("C001", ids("S", 10), ["E002"]), before[1]]

    decision, ours = decision_after(read(*before), read(*tonight, employees=["E001"]))

    assert went(decision, ours, "employees") == {"E001"}
    assert went(decision, ours, "teachings") == {("C001", "E001")}


def test_staff_who_are_not_current_go_tonight_with_their_places_though_the_class_still_names_them():
    decision, ours = decision_after(
        read(*sets(10, 10)), read(*sets(10, 10), employees=[an_employee("E001", current=False)])
    )

    assert went(decision, ours, "employees") == {"E001"}
    assert went(decision, ours, "teachings") == {("C001", "E001")}
    assert told(decision) == ""


def test_a_timetable_without_teachers_removes_nobody():
    before = sets(*[5] * 12)
    tonight = [a_class(row.id, [m.id for m in row.students.data], []) for row in before]

    decision, ours = decision_after(read(*before), read(*tonight, employees=ids("E", 12)))

    assert held(decision, ours, "employees") == set(ids("E", 12))
    assert len(held(decision, ours, "teachings")) == 12
    assert not any(decision.judgement.removals.values())


# --- a rolling week


def test_absences_of_seven_days_add_up_so_that_nothing_creeps_through():
    classes = sets(30, 30)
    first, second = ids("S", 3) + ids("S", 3, 31), ids("S", 1, 4)
    ours = after(read(*classes), read(*without(classes, *first)))

    decision = decided(read(*without(classes, *first, *second)), ours)

    assert held(decision, ours, "students") == {"S004"}
    assert "after 6 in the last seven days" in told(decision)


def test_absences_older_than_a_week_no_longer_count():
    classes = sets(30, 30)
    first = ids("S", 3) + ids("S", 3, 31)
    ours = after(read(*classes), read(*without(classes, *first)))
    ours.week["students"] = SevenDays(54, 0)
    ours.class_week.clear()

    decision = decided(read(*without(classes, *first, "S004")), ours)

    assert went(decision, ours, "students") == {"S004"}


def test_absences_of_seven_days_add_up_in_a_class_too():
    classes = sets(12, 300)
    ours = after(read(*classes), read(*without(classes, *ids("S", 6))))

    decision = decided(read(*without(classes, *ids("S", 7))), ours)

    assert held(decision, ours, "students") == {"S007"}


def test_what_was_held_is_not_counted_a_second_time():
    classes = sets(30, 30)
    gone = ids("S", 4) + ids("S", 3, 31)
    tonight = read(*without(classes, *gone))
    ours = after(read(*classes), tonight)

    decision = decided(tonight, ours)

    assert held(decision, ours, "students") == set(gone)
    assert "after" not in told(decision)


def test_a_kind_that_was_empty_a_week_ago_is_measured_by_what_it_has_now():
    """Staff were granted, or the first classes came in, three days ago: nothing is ten per cent of nobody."""
    ours = after(read(*sets(30, 30, 30)))
    ours.week["students"] = SevenDays(0, 0)
    ours.class_week = {key: SevenDays(0, 0) for key in ours.class_week}
    gone = ["S001", "S002", "S031", "S032", "S061", "S062"]

    decision = decided(read(*without(sets(30, 30, 30), *gone)), ours)

    assert went(decision, ours, "students") == set(gone)


def test_a_hold_dissolves_when_the_rows_are_back():
    classes = sets(30, 30)
    ours = after(read(*classes), read(*without(classes, *ids("S", 20))))

    decision = decided(read(*classes), ours)

    assert not any(decision.judgement.held.values())
    assert told(decision) == ""


# --- ids that may point at other children


@pytest.mark.parametrize(("changed", "waits"), [(5, False), (6, True)])
def test_name_and_upn_both_new_for_more_than_five_known_ids_wait(changed, waits):
    others = [a_student(each, upn=upn_of(f"X-{each}"), surname="Else") for each in ids("S", changed)]

    decision, _ = decision_after(read(*sets(30, 30)), read(*sets(30, 30), students=others))

    assert list(decision.judgement.unsettled.get("students", {}).values()) == ["identity"] * changed * waits
    assert ("another name and another UPN" in told(decision)) is waits


@pytest.mark.parametrize("change", ["surname", "upn"])
def test_a_new_name_alone_or_a_new_upn_alone_never_waits(change):
    others = [a_student(each, **{change: upn_of(f"other {each}")}) for each in ids("S", 60)]

    decision, _ = decision_after(read(*sets(30, 30)), read(*sets(30, 30), students=others))

    assert decision.judgement.unsettled == {}
    assert len(decision.judgement.plans["students"].updates) == 60
