"""A school's rules as plain data: academic years and year groups in the spellings schools use."""

from datetime import date

import pytest

from schools.text.names import year_group
from sync.rules.policy import academic_year, stated_year


@pytest.mark.parametrize(
    ("today", "starts", "year"),
    [
        (date(2026, 8, 31), "09-01", 2025),
        (date(2026, 9, 1), "09-01", 2026),
        (date(2026, 12, 31), "09-01", 2026),
        (date(2027, 1, 1), "09-01", 2026),
        (date(2027, 1, 27), "01-28", 2026),
        (date(2027, 1, 28), "01-28", 2027),
        (date(2026, 8, 14), "08-15", 2025),
        (date(2026, 8, 15), "08-15", 2026),
    ],
)
def test_an_academic_year_begins_on_the_schools_own_day(today, starts, year):
    assert academic_year(today, starts) == year


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2026/2027", 2026),
        ("2026/27", 2026),
        ("2026-27", 2026),
        ("Academic Year 2026-2027", 2026),
        ("2026", 2026),
        ("Current", None),
        ("20267", 2026),
        ("", None),
        (None, None),
    ],
)
def test_an_academic_year_states_the_calendar_year_it_began_in_or_nothing(text, year):
    assert stated_year(text) == year


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("7", "7"),
        ("07", "7"),
        ("Year 7", "7"),
        ("year 07", "7"),
        ("Yr 10", "10"),
        ("Y11", "11"),
        ("R", "R"),
        ("Reception", "R"),
        ("YEAR R", "R"),
        ("N1", "N"),
        ("Nursery", "N"),
        ("Sixth Form", "Sixth Form"),
        ("  Upper Fourth ", "Upper Fourth"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_year_group_is_kept_in_one_spelling(text, kept):
    assert year_group(text) == kept


def test_a_year_group_that_is_an_essay_fits_its_column():
    assert len(year_group("Mixed ages, see the note on the wall")) == 20
