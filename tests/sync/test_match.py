"""Which of our rows each of theirs is: Wonde id, else UPI, else UPN, never a name, never a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.kinds import CLASSES, EMPLOYEES, STUDENTS
from sync.match import Theirs, match


def matched(theirs, ours, kind=STUDENTS):
    return match(kind, {row.wonde_id: row for row in theirs}, ours)


def test_the_wonde_id_comes_first_even_where_every_identifier_says_otherwise():
    ours = {1: Theirs("S1", "upi-1", "upn-1"), 2: Theirs("S2", "upi-2", "upn-2")}

    matching = matched([Theirs("S1", "upi-2", "upn-2")], ours)

    assert matching.keys == {"S1": 1}


def test_a_new_id_with_a_known_upi_is_the_same_person():
    assert matched([Theirs("NEW", "upi-1", "other")], {1: Theirs("S1", "upi-1", "upn-1")}).keys == {"NEW": 1}


def test_a_new_id_with_a_known_upn_is_the_same_student():
    assert matched([Theirs("NEW", "other", "upn-1")], {1: Theirs("S1", "upi-1", "upn-1")}).keys == {"NEW": 1}


def test_the_upi_goes_before_the_upn():
    ours = {1: Theirs("S1", "upi-1", "upn-1"), 2: Theirs("S2", "upi-2", "upn-2")}

    assert matched([Theirs("NEW", "upi-1", "upn-2")], ours).keys == {"NEW": 1}


@pytest.mark.parametrize("kind", [EMPLOYEES, CLASSES], ids=lambda kind: kind.name)
def test_only_students_are_matched_by_upn(kind):
    assert matched([Theirs("NEW", "", "upn-1")], {1: Theirs("S1", "", "upn-1")}, kind).keys == {"NEW": "NEW"}


def test_empty_identifiers_match_nobody():
    assert matched([Theirs("NEW")], {1: Theirs("S1")}).keys == {"NEW": "NEW"}


def test_a_row_that_wonde_still_lists_is_not_given_to_a_new_id():
    ours = {1: Theirs("S1", "upi-1", "upn-1")}

    matching = matched([Theirs("S1", "upi-1", "upn-1"), Theirs("NEW", "upi-1", "")], ours)

    assert matching.keys == {"S1": 1, "NEW": "NEW"}


@pytest.mark.parametrize("name", ["upi", "upn"])
def test_an_identifier_that_two_new_rows_share_names_nobody(name):
    ours = {1: Theirs("S1", **{name: "same"})}

    matching = matched([Theirs("N1", **{name: "same"}), Theirs("N2", **{name: "same"})], ours)

    assert matching.keys == {"N1": "N1", "N2": "N2"}


@pytest.mark.parametrize("name", ["upi", "upn"])
def test_an_identifier_that_two_of_ours_share_names_nobody(name):
    ours = {1: Theirs("S1", **{name: "same"}), 2: Theirs("S2", **{name: "same"})}

    assert matched([Theirs("NEW", **{name: "same"})], ours).keys == {"NEW": "NEW"}


def test_two_new_rows_with_one_upn_both_wait():
    matching = matched([Theirs("N1", "a", "same"), Theirs("N2", "b", "same")], {})

    assert matching.waiting == {"N1", "N2"}


def test_a_new_row_with_the_upn_of_a_known_one_waits_and_the_known_one_goes_on():
    matching = matched([Theirs("S1", "a", "same"), Theirs("NEW", "b", "same")], {1: Theirs("S1", "a", "same")})

    assert matching.waiting == {"NEW"}
    assert matching.keys["S1"] == 1


def test_a_new_row_waits_where_the_known_row_lost_its_upn_in_the_mis():
    """We never empty a UPN, so two of our rows would have it."""
    matching = matched([Theirs("S1", "a", ""), Theirs("NEW", "b", "same")], {1: Theirs("S1", "a", "same")})

    assert matching.waiting == {"NEW"}


def test_known_rows_with_one_upn_go_on_without_waiting():
    ours = {1: Theirs("S1", "a", "same"), 2: Theirs("S2", "b", "same")}

    matching = matched([Theirs("S1", "a", "same"), Theirs("S2", "b", "same")], ours)

    assert (matching.keys, matching.waiting) == ({"S1": 1, "S2": 2}, frozenset())


identifiers = st.sampled_from(["", "a", "b", "c"])
some = st.dictionaries(st.sampled_from("PQRSTU"), st.tuples(identifiers, identifiers), max_size=6)


@given(some, some)
def test_nobody_is_matched_twice_and_the_order_of_reading_does_not_matter(theirs, ours):
    theirs = {wonde_id: Theirs(wonde_id, *rest) for wonde_id, rest in theirs.items()}
    ours = {key: Theirs(wonde_id, *rest) for key, (wonde_id, rest) in enumerate(ours.items(), 1)}

    matching = match(STUDENTS, theirs, ours)
    backwards = match(STUDENTS, dict(reversed(theirs.items())), dict(reversed(ours.items())))

    assert (matching.keys, matching.waiting) == (backwards.keys, backwards.waiting)
    assert len(set(matching.keys.values())) == len(theirs)
    assert all(matching.keys[row.wonde_id] == key for key, row in ours.items() if row.wonde_id in theirs)
    assert all(matching.keys[wonde_id] == wonde_id for wonde_id in matching.waiting)
