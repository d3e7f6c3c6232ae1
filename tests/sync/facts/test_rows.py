"""How a row of Wonde's is tidied on its way to ours."""

import pytest

from sync.facts.rows import contact_row, employee_row, student_row
from sync.facts.shapes import ContactDetails, Emails, One, RemoteContact, RemoteEmployee, RemoteStudent
from tests.tools.identifiers import upi_of

UNSEEN = ["\u200b", "\ufeff", "\u00ad", "\u200e", "\u202b", "\u00a0", "\u2060", "\x7f", " \u200b\u00a0 "]


def a_contact(**slots):
    return contact_row(RemoteContact("C1", contact_details=One(ContactDetails(Emails(**slots)))))


@pytest.mark.parametrize("sign", UNSEEN)
def test_unseen_signs_at_the_edges_of_a_name_are_no_part_of_it(sign):
    row = student_row(
        RemoteStudent("S1", forename=f"{sign}Zoë{sign}", surname=f"O’Neill{sign}", upi=f"{sign}{upi_of('U1')}")
    )

    assert (row.forename, row.surname, row.upi, row.sort_name) == ("Zoë", "O’Neill", upi_of("U1"), "o'neill zoe")


def test_a_joiner_inside_a_name_stays_and_is_not_sorted_or_searched_by():
    row = employee_row(RemoteEmployee("E1", forename="Mary\u00a0Ann", surname="علی\u200cرضا"))

    assert row.surname == "علی\u200cرضا"
    assert row.sort_name == "علیرضا mary ann"


@pytest.mark.parametrize("sign", UNSEEN)
def test_a_slot_that_only_looks_empty_is_empty_and_the_next_is_taken(sign):
    assert a_contact(email=sign, primary=f"{sign}M@Home.example{sign}").email == "m@home.example"


def test_the_first_filled_slot_counts_whether_or_not_it_can_be_written_to():
    assert a_contact(email="a@x.org; b@x.org", primary="c@x.org").email == "a@x.org; b@x.org"


def test_a_contact_without_details_has_no_address():
    assert contact_row(RemoteContact("C1")).email == ""
