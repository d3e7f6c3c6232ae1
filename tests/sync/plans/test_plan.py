"""The difference between theirs and ours; values that may not vanish; a name for exactly one plan."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sync.facts.kinds import CLASSES, EMPLOYEES, ENROLMENTS, STUDENTS, ClassRow, EmployeeRow, EnrolmentRow, StudentRow
from sync.facts.rows import with_values
from sync.plans.plan import diff, fingerprint, keep_values
from tests.tools.identifiers import upi_of, upn_of

VERBS = ("creates", "returns", "updates", "moves", "ended", "absent", "following")
ASHA = StudentRow("S1", upi_of("S1"), upn_of("S1"), "Asha", "Patel", "patel asha", "9")


def quiet(plan):
    return not any(getattr(plan, verb) for verb in VERBS)


def test_a_student_we_do_not_have_is_created():
    assert diff(STUDENTS, {"S1": ASHA}, {}, {}).creates == {"S1": ASHA}


def test_a_student_who_left_before_returns_and_is_never_a_second_row():
    plan = diff(STUDENTS, {1: ASHA}, {}, {1: ASHA})

    assert (plan.returns, plan.creates) == ({1: (ASHA, ASHA)}, {})


def test_a_student_wonde_no_longer_lists_is_absent():
    assert diff(STUDENTS, {}, {1: ASHA}, {}).absent == {1: ASHA}


def test_a_student_unchanged_is_in_no_plan():
    plan = diff(STUDENTS, {1: ASHA}, {1: ASHA}, {})

    assert quiet(plan)


def test_a_changed_value_is_an_update():
    renamed = structs.replace(ASHA, forename="Aisha")

    assert diff(STUDENTS, {1: renamed}, {1: ASHA}, {}).updates == {1: (ASHA, renamed)}


def test_another_class_is_a_move_and_no_removal():
    before, now = EnrolmentRow(1, 10), EnrolmentRow(1, 11)

    plan = diff(ENROLMENTS, {1: now}, {1: before}, {})

    assert (plan.moves, plan.updates, plan.absent) == ({1: (before, now)}, {}, {})


@pytest.mark.parametrize(
    ("told", "verb"),
    [
        ({"ended": {1: "not_current"}}, "ended"),
        ({"withheld": {1: "not_in_imported_class"}}, "following"),
        ({}, "absent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_among_theirs_ends_by_evidence_follows_its_reason_or_is_absent(told, verb):
    plan = diff(STUDENTS, {}, {1: ASHA}, {}, **told)

    assert [name for name in ("ended", "following", "absent") if getattr(plan, name)] == [verb]


def test_evidence_goes_before_a_reason_that_only_follows():
    plan = diff(STUDENTS, {}, {1: ASHA}, {}, ended={1: "not_current"}, withheld={1: "not_current"})

    assert (plan.ended, plan.following) == ({1: "not_current"}, {})


def test_what_is_present_but_unreadable_is_never_removed_whatever_else_is_said():
    plan = diff(STUDENTS, {}, {1: ASHA}, {}, present={1}, ended={1: "not_current"}, withheld={1: "not_current"})

    assert quiet(plan)


# --- names that fold differently than when they were stored


@pytest.mark.parametrize("said", [{}, {1: structs.replace(ASHA, sort_name="patel, asha")}])
def test_a_name_that_only_folds_differently_is_written_and_no_update(said):
    now = structs.replace(ASHA, sort_name="patel, asha")
    theirs = {} if said else {1: now}

    plan = diff(STUDENTS, theirs, {1: ASHA}, {}, withheld={1: "not_in_imported_class"} if said else {}, said=said)

    assert (plan.updates, plan.refolded) == ({}, {1: (ASHA, now)})


def test_a_name_that_changes_is_an_update_and_its_fold_goes_with_it():
    now = structs.replace(ASHA, surname="Quist", sort_name="quist asha")

    plan = diff(STUDENTS, {1: now}, {1: ASHA}, {})

    assert (plan.updates, plan.refolded) == ({1: (ASHA, now)}, {})


def test_a_class_whose_name_is_put_back_sorts_by_it_again():
    row = ClassRow("C1", name="10x/Ma1", sort_name="0010x ma0001")

    assert with_values(row, {"name": "9x/Ma1"}).sort_name == "0009x ma0001"


# --- values that may not vanish


def students(many, **values):
    given = {"upi": upi_of("S1"), "upn": upn_of("S1"), "forename": "Asha", "surname": "Patel"}
    given |= {"sort_name": "patel asha", "year_group": "9"}
    return {key: StudentRow(f"S{key}", **given | values) for key in range(1, many + 1)}


@pytest.mark.parametrize("name", ["upi", "upn"])
@pytest.mark.parametrize("how_many", [1, 10])
def test_a_upn_or_upi_is_never_overwritten_by_nothing(name, how_many):
    ours = students(10)
    theirs = ours | {key: structs.replace(ours[key], **{name: ""}) for key in range(1, how_many + 1)}

    kept, vanished = keep_values(STUDENTS, theirs, ours, {}, free=5)

    assert (kept, vanished) == (ours, [])


def test_a_upn_that_changes_is_taken():
    theirs = students(10, upn=upn_of("new"))

    assert keep_values(STUDENTS, theirs, students(10), {}, free=5) == (theirs, [])


def test_a_returning_student_keeps_the_upn_we_had():
    kept, _ = keep_values(STUDENTS, students(1, upn=""), {}, students(1), free=5)

    assert kept[1].upn == upn_of("S1")


@pytest.mark.parametrize(
    ("lost", "of", "stay"),
    [(20, 100, False), (21, 100, True), (5, 20, False), (6, 20, True), (5, 5, True), (4, 5, False)],
)
def test_a_column_keeps_its_values_when_more_than_a_fifth_and_more_than_the_free_ones_or_all_go_empty(lost, of, stay):
    ours = students(of)
    theirs = ours | {key: structs.replace(ours[key], year_group="") for key in range(1, lost + 1)}

    kept, vanished = keep_values(STUDENTS, theirs, ours, {}, free=5)

    assert vanished == (["year_group"] if stay else [])
    assert kept == (ours if stay else theirs)


def test_new_rows_without_the_value_do_not_count_as_losing_it():
    theirs = students(10, year_group="")

    assert keep_values(STUDENTS, theirs, {}, {}, free=5) == (theirs, [])


def test_values_that_were_empty_before_do_not_count_as_losing_it():
    ours = students(10, year_group="")

    assert keep_values(STUDENTS, students(10, year_group="", forename="New"), ours, {}, free=5)[1] == []


def test_other_values_of_the_same_rows_are_taken_and_the_folded_name_follows():
    kept, vanished = keep_values(
        STUDENTS, students(10, forename="", surname="Ó Briain", sort_name="o briain"), students(10), {}, free=5
    )

    assert vanished == ["forename"]
    assert (kept[1].forename, kept[1].surname, kept[1].sort_name) == ("Asha", "Ó Briain", "o briain asha")


def test_addresses_of_staff_that_vanish_as_a_whole_stay():
    ours = {key: EmployeeRow(f"E{key}", email=f"e{key}@example.org") for key in range(10)}
    theirs = {key: EmployeeRow(f"E{key}") for key in range(10)}

    assert keep_values(EMPLOYEES, theirs, ours, {}, free=5) == (ours, ["email"])


def test_classes_that_come_in_lose_their_reason_however_many_they_are():
    """The reason is ours, not Wonde's: a new subject or year group may bring in most of a school at once."""
    ours = {key: ClassRow(f"C{key}", status="out", reason="other_year_group") for key in range(10)}
    theirs = {key: ClassRow(f"C{key}", status="in") for key in range(10)}

    assert keep_values(CLASSES, theirs, ours, {}, free=5) == (theirs, [])


# --- the fingerprint

rows = st.builds(StudentRow, wonde_id=st.sampled_from(["S1", "S2"]), forename=st.sampled_from(["Asha", "Bo"]))
keyed = st.dictionaries(st.one_of(st.integers(1, 5), st.sampled_from(["S8", "S9"])), rows, max_size=5)


@given(keyed, keyed, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_same_plan_has_the_same_name_in_whatever_order_it_was_read(theirs, ours, dice):
    def shuffled(mapping):
        return dict(dice.sample(list(mapping.items()), len(mapping)))

    first = diff(STUDENTS, theirs, ours, {})
    again = diff(STUDENTS, shuffled(theirs), shuffled(ours), {})

    assert fingerprint({"students": first}) == fingerprint({"students": again})


def test_plans_that_differ_in_anything_have_different_names():
    renamed = structs.replace(ASHA, forename="Aisha")
    plans = [
        diff(STUDENTS, {}, {}, {}),
        diff(STUDENTS, {"S1": ASHA}, {}, {}),
        diff(STUDENTS, {1: ASHA}, {}, {1: ASHA}),
        diff(STUDENTS, {1: renamed}, {1: ASHA}, {}),
        diff(STUDENTS, {1: ASHA}, {1: renamed}, {}),
        diff(STUDENTS, {}, {1: ASHA}, {}),
        diff(STUDENTS, {}, {1: ASHA}, {}, ended={1: "not_current"}),
        diff(STUDENTS, {}, {1: ASHA}, {}, withheld={1: "not_current"}),
        diff(STUDENTS, {}, {1: ASHA}, {}, withheld={1: "not_in_imported_class"}),
        diff(STUDENTS, {}, {2: ASHA}, {}),
    ]

    assert len({fingerprint({"students": plan}) for plan in plans}) == len(plans)
