"""Which of our rows each of theirs is: Wonde id, else UPI, else UPN, never a name, never a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.facts.kinds import CLASSES, EMPLOYEES, STUDENTS
from sync.rules.match import Theirs, match


def row(wonde_id, upi="", upn="", name="okoro sam", year="9"):
    return Theirs(wonde_id, upi, upn, name, year)


def matched(theirs, ours, kind=STUDENTS, said=None):
    return match(kind, {one.wonde_id: one for one in theirs}, ours, said=said)


def test_the_wonde_id_comes_first_even_where_every_identifier_says_otherwise():
    ours = {1: row("S1", "upi-1", "upn-1"), 2: row("S2", "upi-2", "upn-2")}

    matching = matched([row("S1", "upi-2", "upn-2")], ours)

    assert matching.keys == {"S1": 1}


def test_a_new_id_with_a_known_upi_is_the_same_person():
    assert matched([row("NEW", "upi-1", "other")], {1: row("S1", "upi-1", "upn-1")}).keys == {"NEW": 1}


def test_a_new_id_with_a_known_upn_is_the_same_student():
    assert matched([row("NEW", "other", "upn-1")], {1: row("S1", "upi-1", "upn-1")}).keys == {"NEW": 1}


def test_the_upi_goes_before_the_upn():
    ours = {1: row("S1", "upi-1", "upn-1"), 2: row("S2", "upi-2", "upn-2")}

    assert matched([row("NEW", "upi-1", "upn-2")], ours).keys == {"NEW": 1}


@pytest.mark.parametrize("kind", [EMPLOYEES, CLASSES], ids=lambda kind: kind.name)
def test_only_students_are_matched_by_upn(kind):
    assert matched([row("NEW", "", "upn-1")], {1: row("S1", "", "upn-1")}, kind).keys == {"NEW": "NEW"}


def test_empty_identifiers_match_nobody():
    assert matched([row("NEW")], {1: row("S1")}).keys == {"NEW": "NEW"}


def test_a_row_that_wonde_still_lists_is_not_given_to_a_new_id():
    ours = {1: row("S1", "upi-1", "upn-1")}

    matching = matched([row("S1", "upi-1", "upn-1"), row("NEW", "upi-1", "")], ours)

    assert matching.keys == {"S1": 1, "NEW": "NEW"}


@pytest.mark.parametrize("name", ["upi", "upn"])
def test_an_identifier_that_two_new_rows_share_names_nobody(name):
    ours = {1: row("S1", **{name: "same"})}

    matching = matched([row("N1", **{name: "same"}), row("N2", **{name: "same"})], ours)

    assert matching.keys == {"N1": "N1", "N2": "N2"}


@pytest.mark.parametrize("name", ["upi", "upn"])
def test_an_identifier_that_two_of_ours_share_names_nobody(name):
    ours = {1: row("S1", **{name: "same"}), 2: row("S2", **{name: "same"})}

    assert matched([row("NEW", **{name: "same"})], ours).keys == {"NEW": "NEW"}


def test_two_new_rows_with_one_upn_both_wait():
    matching = matched([row("N1", "a", "same"), row("N2", "b", "same")], {})

    assert matching.waiting == {"N1", "N2"}


def test_a_new_row_with_the_upn_of_a_known_one_waits_and_the_known_one_goes_on():
    matching = matched([row("S1", "a", "same"), row("NEW", "b", "same")], {1: row("S1", "a", "same")})

    assert matching.waiting == {"NEW"}
    assert matching.keys["S1"] == 1


def test_a_new_row_waits_where_the_known_row_lost_its_upn_in_the_mis():
    """We never empty a UPN, so two of our rows would have it."""
    matching = matched([row("S1", "a", ""), row("NEW", "b", "same")], {1: row("S1", "a", "same")})

    assert matching.waiting == {"NEW"}


def test_known_rows_with_one_upn_go_on_without_waiting():
    ours = {1: row("S1", "a", "same"), 2: row("S2", "b", "same")}

    matching = matched([row("S1", "a", "same"), row("S2", "b", "same")], ours)

    assert (matching.keys, matching.waiting) == ({"S1": 1, "S2": 2}, frozenset())


def test_an_identifier_that_finds_a_row_of_another_name_and_year_group_waits_for_a_person():
    """A mistyped UPN would hand the leaver's sign-in to another child."""
    ours = {1: row("S1", "upi-1", "upn-1", "okoro sam", "9")}

    for new in (row("NEW", "upi-1", "", "lee ann", "7"), row("NEW", "", "upn-1", "lee ann", "7")):
        matching = matched([new], ours)

        assert (matching.keys, matching.unlike) == ({"NEW": "NEW"}, {"NEW": 1})


@pytest.mark.parametrize(
    ("name", "year"),
    [("okoro ann", "7"), ("lee sam", "7"), ("owen-okoro ann", "7"), ("lee ann", "9")],
    ids=["surname", "first name", "half a surname", "year group"],
)
def test_a_shared_name_or_year_group_is_enough_for_an_identifier_to_be_believed(name, year):
    assert matched([row("NEW", "u", name=name, year=year)], {1: row("S1", "u")}).keys == {"NEW": 1}


@pytest.mark.parametrize(("name", "year"), [("", "7"), ("lee ann", ""), ("", "")])
def test_what_is_not_known_is_not_shared(name, year):
    assert matched([row("NEW", "u", name=name, year=year)], {1: row("S1", "u", year="")}).unlike == {"NEW": 1}


def test_a_wonde_id_is_believed_whatever_the_name():
    assert matched([row("S1", "u", name="lee ann", year="7")], {1: row("S1", "u")}).keys == {"S1": 1}


def test_name_and_year_group_alone_never_match():
    assert matched([row("NEW")], {1: row("S1")}).keys == {"NEW": "NEW"}


def test_staff_and_contacts_have_no_year_group_to_agree_in():
    ours = {1: Theirs("E1", "u", sort_name="pell ruth")}

    assert matched([Theirs("NEW", "u", sort_name="pell ruth")], ours, EMPLOYEES).keys == {"NEW": 1}
    assert matched([Theirs("NEW", "u", sort_name="lee ann")], ours, EMPLOYEES).unlike == {"NEW": 1}


def test_a_person_says_that_somebody_is_the_same_or_somebody_else():
    ours, new = {1: row("S1", "u", "n")}, [row("NEW", "u", "n", "lee ann", "7")]

    assert matched(new, ours, said={("NEW", 1): True}).keys == {"NEW": 1}
    assert matched(new, ours, said={("NEW", 1): False}) == match(STUDENTS, {"NEW": row("NEW")}, {})


identifiers = st.sampled_from(["", "a", "b", "c"])
some = st.dictionaries(st.sampled_from("PQRSTU"), st.tuples(identifiers, identifiers), max_size=6)


@given(some, some)
def test_nobody_is_matched_twice_and_the_order_of_reading_does_not_matter(theirs, ours):
    theirs = {wonde_id: row(wonde_id, *rest) for wonde_id, rest in theirs.items()}
    ours = {key: row(wonde_id, *rest) for key, (wonde_id, rest) in enumerate(ours.items(), 1)}

    matching = match(STUDENTS, theirs, ours)
    backwards = match(STUDENTS, dict(reversed(theirs.items())), dict(reversed(ours.items())))

    assert (matching.keys, matching.waiting) == (backwards.keys, backwards.waiting)
    assert len(set(matching.keys.values())) == len(theirs)
    assert all(matching.keys[one.wonde_id] == key for key, one in ours.items() if one.wonde_id in theirs)
    assert all(matching.keys[wonde_id] == wonde_id for wonde_id in matching.waiting)
