"""Who and what may be kept, why the rest is withheld, and what may not be concluded from a read that is not whole."""

import pytest
from msgspec import structs

from sync.facts.errors import LedgerError
from sync.facts.sides import Ledger
from sync.facts.snapshot import Rows
from sync.rules.screen import screen
from tests.sync.build import (
    ENGLISH,
    POLICY,
    a_class,
    a_student,
    after,
    an_employee,
    created,
    decided,
    held,
    ids,
    key_of,
    names,
    nobody,
    places,
    policy,
    quiet,
    read,
    told,
    went,
)
from tests.tools.identifiers import upi_of, upn_of


def withheld(snapshot, kind, ours=None, rules=POLICY):
    counted = screen(snapshot, ours or nobody(), rules).ledger[kind].withheld
    return {reason: count for reason, count in counted.items() if count}


# --- who is kept


def test_a_student_in_no_imported_class_is_counted_and_not_stored():
    snapshot = read(a_class("C001", ["S001"]), students=["S002"])

    assert created(decided(snapshot), "students") == {"S001"}
    assert withheld(snapshot, "students") == {"not_in_imported_class": 1}


def test_staff_who_teach_no_imported_class_are_counted_and_not_stored():
    snapshot = read(a_class("C001", ["S001"], ["E001"]), a_class("C002", [], ["E002"], subject=ENGLISH))

    assert created(decided(snapshot), "employees") == {"E001"}
    assert withheld(snapshot, "employees") == {"teaches_no_imported_class": 1}


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        ({"leaves": -1}, False),
        ({"leaves": 0}, True),
        ({"leaves": 1}, True),
        ({"starts": 1}, False),
        ({"starts": 0}, True),
        ({"starts": -1}, True),
        ({}, True),
    ],
    ids=str,
)
def test_a_student_is_here_from_the_admission_date_to_the_leaving_date_both_days_included(dates, kept):
    snapshot = read(a_class("C001", ["S001", "S002"]), students=[a_student("S001", **dates)])

    assert ("S001" in created(decided(snapshot), "students")) is kept
    assert withheld(snapshot, "students") == ({} if kept else {"not_current": 1})


@pytest.mark.parametrize(("current", "kept"), [(True, True), (None, True), (False, False)], ids=str)
def test_staff_are_here_unless_the_mis_says_they_are_not_current(current, kept):
    snapshot = read(a_class("C001", ["S001"], ["E001"]), employees=[an_employee("E001", current=current)])

    assert ("E001" in created(decided(snapshot), "employees")) is kept


def test_a_member_that_no_list_shows_is_hidden_at_the_source():
    snapshot = read(a_class("C001", ["S001", "S002"], ["E001"]), unlisted=["S002", "E001"])

    assert created(decided(snapshot), "students") == {"S001"}
    assert withheld(snapshot, "enrolments") == {"hidden_at_source": 1}
    assert withheld(snapshot, "teachings") == {"hidden_at_source": 1}


@pytest.mark.parametrize(("kind", "link"), [("students", "enrolments"), ("employees", "teachings")])
def test_the_ledger_says_not_granted_of_places_of_people_whose_kind_was_not_granted(kind, link):
    ours = after(read(a_class("C001", ["S001"], ["E001"])))
    snapshot = read(a_class("C001", ["S001"], ["E001"]), denied=[kind])

    assert withheld(snapshot, link, ours) == {"permission_not_granted": 1}


def test_new_students_who_share_a_upn_wait_for_a_person():
    twins = [a_student("S001", upn=upn_of("same")), a_student("S002", upn=upn_of("same"))]
    snapshot = read(a_class("C001", ids("S", 3)), students=twins)

    decision = decided(snapshot)

    assert created(decision, "students") == {"S003"}
    assert withheld(snapshot, "students") == {"duplicate": 2}
    assert "2 new students have a UPN that somebody else has" in told(decision)


def test_a_new_student_with_the_upn_of_a_known_one_waits_and_the_known_one_stays():
    ours = after(read(a_class("C001", ["S001"])))
    snapshot = read(a_class("C001", ["S001", "S002"]), students=[a_student("S002", upn=upn_of("S001"))])

    decision = decided(snapshot, ours)

    assert created(decision, "students") == set()
    assert went(decision, ours, "students") == set()
    assert withheld(snapshot, "students", ours) == {"duplicate": 1}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"subject": ENGLISH}, "other_subject"),
        ({"subject": None}, "no_subject"),
        ({"academic_year": "2020"}, "other_academic_year"),
    ],
    ids=str,
)
def test_places_in_a_class_that_is_out_are_withheld_for_the_reason_of_the_class(fields, reason):
    snapshot = read(a_class("C001", ["S001"], ["E001"], **fields))

    assert withheld(snapshot, "classes") == {reason: 1}
    assert withheld(snapshot, "enrolments") == {reason: 1}
    assert withheld(snapshot, "teachings") == {reason: 1}


def test_classes_that_are_out_are_kept_as_such_with_their_reason():
    ours = after(read(a_class("C001", ["S001"]), a_class("C002", ["S001"], subject=ENGLISH)))

    assert {row.wonde_id: (row.status, row.reason) for row in ours.rows["classes"].values()} == {
        "C001": ("in", ""),
        "C002": ("out", "other_subject"),
    }


# --- one class per student


def test_a_student_in_two_classes_at_first_sight_belongs_to_the_one_taken_first():
    snapshot = read(a_class("C001", ids("S", 4)), a_class("C002", ["S004", *ids("S", 4, 5)]))

    ours = after(snapshot)

    assert places(ours)["S004"] == "C002"  # 5 students to 4
    assert withheld(snapshot, "enrolments") == {"second_class": 1}
    assert decided(snapshot).screened.second == [("S004", "C001")]


def test_the_present_class_stays_when_the_mis_adds_a_second_one_that_would_be_taken_first():
    ours = after(read(a_class("C001", ids("S", 4)), a_class("C002", ids("S", 4, 5))))
    tonight = read(a_class("C001", ids("S", 4)), a_class("C002", ["S001", *ids("S", 9, 5)]))

    decision = decided(tonight, ours)

    assert decision.judgement.plans["enrolments"].moves == {}
    assert decision.screened.second == [(key_of(ours, "students", "S001"), key_of(ours, "classes", "C002"))]


def test_a_student_who_leaves_the_present_class_moves_to_the_other_one():
    ours = after(read(a_class("C001", ids("S", 4)), a_class("C002", ids("S", 5, 5))))

    moved = after(read(a_class("C001", ids("S", 3)), a_class("C002", ["S004", *ids("S", 5, 5)])), ours=ours)

    assert places(moved)["S004"] == "C002"
    assert set(moved.rows["students"]) == set(ours.rows["students"])


def test_a_student_the_mis_names_twice_in_one_class_is_there_once():
    snapshot = read(a_class("C001", ["S001", "S001", "S002"], ["E001", "E001"]))

    ours = after(snapshot)

    assert places(ours) == {"S001": "C001", "S002": "C001"}
    assert len(ours.rows["teachings"]) == 1
    assert quiet(decided(snapshot, ours))


def test_the_main_teacher_is_marked_whichever_place_they_have_in_the_list():
    one_way = after(read(a_class("C001", ["S001"], ["E001", "E002"], main=["E002"])))
    other_way = read(a_class("C001", ["S001"], ["E002", "E001"], main=["E002"]))

    assert sorted(row.main for row in one_way.rows["teachings"].values()) == [False, True]
    assert quiet(decided(other_way, one_way))


# --- what was not read in full


def test_an_unreadable_student_keeps_row_and_place():
    ours = after(read(a_class("C001", ids("S", 3))))
    tonight = read(a_class("C001", ids("S", 3)), unreadable=["S002"])

    assert quiet(decided(tonight, ours))
    assert decided(tonight, ours).screened.ledger["students"].unreadable == 1


def test_an_unreadable_student_whom_no_class_lists_keeps_row_and_place():
    ours = after(read(a_class("C001", ids("S", 3))))
    tonight = read(a_class("C001", ["S001", "S003"]), unreadable=["S002"])

    assert quiet(decided(tonight, ours))


def test_an_unreadable_new_student_is_not_stored_and_the_ledger_counts_row_and_place():
    snapshot = read(a_class("C001", ["S001", "S002"]), unreadable=["S002"])

    ledger = decided(snapshot).screened.ledger

    assert created(decided(snapshot), "students") == {"S001"}
    assert (ledger["students"].unreadable, ledger["enrolments"].unreadable) == (1, 1)


def test_an_unreadable_class_freezes_its_places_and_its_people():
    ours = after(read(a_class("C001", ids("S", 3), ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"])))
    tonight = read(
        a_class("C001", [], []), a_class("C002", ids("S", 3, 4), ["E002"]),
        students=ids("S", 3), employees=["E001"], unreadable=["C001"],
    )  # fmt: skip

    assert quiet(decided(tonight, ours))


def test_a_class_whose_members_are_not_known_keeps_everybody():
    ours = after(read(a_class("C001", ids("S", 3), ["E001"])))

    assert quiet(decided(read(a_class("C001", ids("S", 3), ["E001"]), unread=["C001"]), ours))


def test_a_class_whose_students_came_as_null_keeps_them():
    ours = after(read(a_class("C001", ids("S", 3), ["E001"])))

    assert quiet(decided(read(a_class("C001", None, ["E001"]), students=ids("S", 3)), ours))


def test_a_class_whose_teachers_came_as_null_keeps_them():
    ours = after(read(a_class("C001", ids("S", 3), ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"])))
    tonight = read(a_class("C001", ids("S", 3), None), a_class("C002", ids("S", 3, 4), ["E002"]), employees=["E001"])

    assert quiet(decided(tonight, ours))


def test_a_class_that_a_person_left_out_ends_although_its_members_are_not_asked_for():
    ours = after(read(a_class("C001", ids("S", 3), ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"])))
    key = key_of(ours, "classes", "C001")
    ours.rows["classes"][key] = structs.replace(ours.rows["classes"][key], status="out", reason="excluded_class")
    tonight = read(
        a_class("C001"), a_class("C002", ids("S", 3, 4), ["E002"]), students=ids("S", 3), employees=["E001"],
        unread=["C001"],
    )  # fmt: skip

    decision = decided(tonight, ours)

    assert went(decision, ours, "enrolments") == {("S001", "C001"), ("S002", "C001"), ("S003", "C001")}
    assert went(decision, ours, "teachings") == {("C001", "E001")}


def test_a_student_of_a_class_whose_members_are_not_known_is_not_moved_to_another_that_lists_them():
    ours = after(read(a_class("C001", ids("S", 3)), a_class("C002", ids("S", 3, 4))))
    tonight = read(a_class("C001"), a_class("C002", ["S001", *ids("S", 3, 4)]), students=ids("S", 3), unread=["C001"])

    decision = decided(tonight, ours)

    assert decision.judgement.plans["enrolments"].moves == {}
    assert decision.screened.ledger["enrolments"].withheld["second_class"] == 1


@pytest.mark.parametrize("kind", ["students", "classes", "employees"])
def test_where_a_row_of_a_kind_has_no_id_nobody_of_it_is_taken_for_missing(kind):
    ours = after(read(a_class("C001", ids("S", 3), ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"])))
    tonight = {
        "students": read(
            a_class("C001", ["S002", "S003"], ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"]), anonymous=[kind]
        ),
        "classes": read(
            a_class("C002", ids("S", 3, 4), ["E002"]), students=ids("S", 3), employees=["E001"], anonymous=[kind]
        ),
        "employees": read(
            a_class("C001", ids("S", 3)), a_class("C002", ids("S", 3, 4), ["E002"]), anonymous=[kind]
        ),
    }[kind]  # fmt: skip

    decision = decided(tonight, ours)

    assert quiet(decision)
    assert "came without an id" in told(decision)


def test_an_unreadable_row_is_still_itself_and_not_a_new_id_with_its_upi():
    """Both lists may name both ids; only one of them can be our row."""
    ours = after(read(a_class("C001", ids("S", 3))))
    double = a_student("S009", upi=upi_of("S001"), upn=None)
    tonight = read(a_class("C001", [*ids("S", 3), "S009"]), students=[double], unreadable=["S001"])

    decision = decided(tonight, ours)

    assert decision.judgement.plans["students"].updates == {}
    assert went(decision, ours, "students") == set()


def test_members_who_could_not_be_read_do_not_decide_which_class_is_an_intervention_group():
    snapshot = read(a_class("C001", ids("S", 30)), a_class("C002", ids("S", 20, 25)))

    assert {row.status for row in after(snapshot).rows["classes"].values()} == {"in"}  # 6 of 20 shared


# --- kinds set aside


@pytest.mark.parametrize("kind", ["students", "classes", "employees"])
def test_a_kind_that_is_no_longer_granted_is_frozen_with_what_hangs_from_it(kind):
    before = read(a_class("C001", ids("S", 3), ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"]))
    ours = after(before)
    tonight = read(
        a_class("C001", ids("S", 3), ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"]), denied=[kind],
        students=ids("S", 6), employees=["E001", "E002"],
    )  # fmt: skip
    tonight = structs.replace(tonight, members={}) if kind == "classes" else tonight

    decision = decided(tonight, ours)

    assert quiet(decision)
    assert "did not let us read" in told(decision)


@pytest.mark.parametrize("kind", ["students", "classes", "employees"])
def test_a_kind_that_was_not_empty_and_now_is_changes_nothing(kind):
    ours = after(read(a_class("C001", ids("S", 3), ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"])))
    everyone = {"students": ids("S", 6), "employees": ["E001", "E002"]}
    classes = (
        [] if kind == "classes" else [a_class("C001", ids("S", 3), ["E001"]), a_class("C002", ids("S", 3, 4), ["E002"])]
    )
    gone = everyone.pop(kind, [])
    tonight = read(*classes, unlisted=gone, **everyone)

    decision = decided(tonight, ours)

    assert quiet(decision)
    assert "lists none now" in told(decision)


def test_a_school_that_never_shared_its_staff_is_not_nagged_about_it():
    snapshot = read(a_class("C001", ids("S", 3), ["E001"]), denied=["employees"])
    ours = after(snapshot)

    assert decided(snapshot, ours).judgement.waiting == ()
    assert quiet(decided(snapshot, ours))


def test_with_staff_withheld_students_still_come_and_go():
    ours = after(read(a_class("C001", ids("S", 30), ["E001"])))
    tonight = read(a_class("C001", ids("S", 30, 2), ["E001"]), denied=["employees"])

    decision = decided(tonight, ours)

    assert went(decision, ours, "students") == {"S001"}
    assert created(decision, "students") == {"S031"}


def test_with_staff_withheld_a_set_that_ends_lets_its_students_move_on():
    ours = after(
        read(*[a_class(f"C00{n}", ids("S", 20, 20 * n + 1), [f"E00{n}"], name=f"Set {n}") for n in range(1, 4)])
    )
    rearranged = [a_class("C001", ids("S", 30, 21)), a_class("C002", ids("S", 30, 51))]

    decision = decided(read(*rearranged, denied=["employees"]), ours)

    assert went(decision, ours, "classes") == {"C003"}
    assert went(decision, ours, "teachings") == {("C003", "E003")}
    moved = {
        student: there.school_class for student, (_, there) in decision.judgement.plans["enrolments"].moves.items()
    }
    assert set(moved.values()) == {key_of(ours, "classes", "C001"), key_of(ours, "classes", "C002")}


def test_where_it_was_known_who_is_on_the_staff_unknown_lets_nobody_new_or_returning_in():
    staff = [an_employee("E001"), an_employee("E002", current=False)]
    ours = after(read(a_class("C001", ids("S", 3), ["E001", "E002"]), employees=staff))
    assert names(ours, "employees", ours.rows["employees"]) == {"E001"}
    silent = [an_employee(f"E00{n}", current=None) for n in range(1, 4)]
    tonight = read(a_class("C001", ids("S", 3), ["E001", "E002", "E003"]), employees=silent)
    never = decided(tonight, ours)

    known = decided(tonight, ours, policy(known=frozenset({"current"})))

    assert created(never, "employees") == {"E002", "E003"}
    assert quiet(known)
    assert known.screened.ledger["employees"].withheld == {"status_unknown": 2}
    assert "The MIS no longer says which staff are current." in told(known)
    assert not told(never)


def test_one_new_teacher_of_whom_the_mis_does_not_say_so_waits_where_it_says_so_of_others():
    staff = [an_employee("E001"), an_employee("E002", current=None)]

    decision = decided(read(a_class("C001", ids("S", 3), ["E001", "E002"]), employees=staff))

    assert created(decision, "employees") == {"E001"}
    assert told(decision) == ""


def test_where_dates_were_known_and_no_student_has_any_nobody_new_or_returning_comes_in():
    dated = [a_student("S001", starts=-90), a_student("S002", starts=-90), a_student("S003", starts=30)]
    first = decided(read(a_class("C001", ids("S", 3)), students=dated))
    ours = after(read(a_class("C001", ids("S", 3)), students=dated))
    assert first.screened.stated >= {"dates"}
    tonight = read(a_class("C001", ids("S", 4)))
    never = decided(tonight, ours)

    rules = policy(known=frozenset({"dates"}))
    known = decided(tonight, ours, rules)

    assert created(never, "students") == {"S003", "S004"}
    assert quiet(known)
    assert known.screened.ledger["students"].withheld == {"status_unknown": 2}
    assert "The MIS no longer says when students start and leave." in told(known)
    one_has = read(a_class("C001", ids("S", 4)), students=[dated[0]])
    assert created(decided(one_has, ours, rules), "students") == {"S003", "S004"}


def test_a_date_of_one_starter_does_not_make_dates_known():
    starters = [a_student("S001", starts=30), "S002", "S003"]

    assert "dates" not in decided(read(a_class("C001", ids("S", 3)), students=starters)).screened.stated


def test_while_classes_are_not_granted_evidence_still_ends_a_student_and_their_place():
    ours = after(read(a_class("C001", ids("S", 3))))
    tonight = read(students=[a_student("S001", leaves=-1), "S002", "S003"], denied=["classes"])

    decision = decided(tonight, ours)

    assert went(decision, ours, "students") == {"S001"}
    assert went(decision, ours, "enrolments") == {("S001", "C001")}


def test_while_classes_are_not_granted_a_missing_student_is_not_concluded():
    ours = after(read(a_class("C001", ids("S", 30))))

    assert quiet(decided(read(students=ids("S", 29), denied=["classes"]), ours))


# --- endings by a person's decision


def test_a_class_a_person_left_out_takes_its_places_and_people_along_whatever_the_number():
    ours = after(read(a_class("C001", ids("S", 30), ["E001"]), a_class("C002", ids("S", 30, 31), ["E002"])))
    key = key_of(ours, "classes", "C001")
    ours.rows["classes"][key] = structs.replace(ours.rows["classes"][key], status="out", reason="excluded_class")
    tonight = read(a_class("C001", ids("S", 30), ["E001"]), a_class("C002", ids("S", 30, 31), ["E002"]))

    decision = decided(tonight, ours)

    assert went(decision, ours, "students") == set(ids("S", 30))
    assert went(decision, ours, "employees") == {"E001"}
    assert held(decision, ours, "students") == set()
    assert decision.judgement.waiting == ()


# --- the ledger


def test_a_ledger_that_does_not_add_up_stops_the_sync():
    with pytest.raises(LedgerError, match="does not add up"):
        Ledger(read=3, imported=1).check("students")


def test_a_row_that_was_read_and_is_nowhere_stops_the_sync():
    class OneMore(Rows):
        @property
        def read(self):
            return len(self.rows) + 1

    snapshot = read(a_class("C001", ["S001"]))
    snapshot.students = OneMore(snapshot.students.rows)

    with pytest.raises(LedgerError, match="The ledger of students does not add up"):
        decided(snapshot)


def test_people_hidden_at_the_source_stand_beside_the_sum():
    snapshot = read(a_class("C001", ["S001"]))
    snapshot.students = structs.replace(snapshot.students, counted=5)

    ledger = decided(snapshot).screened.ledger["students"]

    assert (ledger.read, ledger.imported, ledger.hidden) == (1, 1, 4)


def test_the_year_groups_a_person_typed_count_in_any_spelling_the_mis_may_use():
    rules = policy(years=frozenset({"9"}))

    assert withheld(read(a_class("C001", ["S001"], year_group="Year 09")), "classes", rules=rules) == {}
