"""What differs between countries, MISs and kinds of school, as tables.

Structure is invented; see `choices` for Wonde's part.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Country(NamedTuple):
    """Dates are (month, day) of the academic year's first and last day; region is Wonde's code."""

    first_day: tuple[int, int]
    last_day: tuple[int, int]
    timezone: str
    region: str
    country: str
    upns: bool
    student_letter: str
    secondary_years: tuple[str, ...]
    primary_years: tuple[str, ...]
    year_name: str
    first_age: int  # age in whole years at the start of the first primary year


COUNTRIES = {
    "england": Country(
        (9, 1), (7, 22), "Europe/London", "GBR", "United Kingdom", True, "A",
        ("7", "8", "9", "10", "11"), ("R", "1", "2", "3", "4", "5", "6"), "Year {}", 4,
    ),
    "scotland": Country(
        (8, 17), (6, 26), "Europe/London", "GBR", "United Kingdom", False, "A",
        ("S1", "S2", "S3", "S4", "S5", "S6"), ("P1", "P2", "P3", "P4", "P5", "P6", "P7"), "{}", 5,
    ),
    "australia": Country(
        (1, 28), (12, 17), "Australia/Sydney", "AUS", "Australia", False, "B",
        ("7", "8", "9", "10", "11", "12"), ("F", "1", "2", "3", "4", "5", "6"), "Year {}", 5,
    ),
}  # fmt: skip


class Mis(NamedTuple):
    """How a MIS names things. `maths`: code and name of the subject; `set_name`, `form_name`: patterns for class
    names.
    """

    name: str
    maths: tuple[str | None, str]
    codes: bool
    set_name: str
    form_name: str
    states_academic_year: bool
    states_year_group: bool
    class_code: bool


MIS = {
    "sims": Mis("SIMS", ("Ma", "Mathematics"), True, "{year}{half}/{code}{n}", "{form}/{code}", True, True, False),
    "arbor": Mis(
        "Arbor", (None, "Mathematics"), False, "Year {year}: {name}: {half}{n}", "{form}: {name}", False, False, False
    ),
    "bromcom": Mis("Bromcom", ("MA", "Maths"), True, "{year}{half}-{code}{n}", "{form}-{code}", False, False, True),
    "wcbs": Mis("WCBS", ("MAT", "Maths"), True, "{year}.{half}.{code}.{n}", "{form}.{code}", False, False, True),
}


class Phase(NamedTuple):
    wonde: str
    publishes_classes: bool


PHASES = {
    "secondary": Phase("SECONDARY", True),
    "primary": Phase("PRIMARY", False),
    "independent": Phase("NOT APPLICABLE", True),
}


def years_of(country, phase):
    """The year codes a school of this kind has, youngest first."""
    table = COUNTRIES[country]
    if phase == "primary":
        return table.primary_years
    if phase == "independent" and country == "england":
        return (*table.secondary_years, "12", "13")
    return table.secondary_years


def academic_year_of(country, day):
    """The calendar year in which the academic year of `day` began. Holidays belong to the year before them."""
    return day.year if (day.month, day.day) >= COUNTRIES[country].first_day else day.year - 1


def academic_year_start(country, year):
    return date(year, *COUNTRIES[country].first_day)


def academic_year_name(country, year):
    """ "2026/2027", or "2026" if the academic year is the calendar year."""
    return str(year) if COUNTRIES[country].first_day[0] == 1 else f"{year}/{year + 1}"


def year_label(country, year_code):
    """The name of a year group: "Year 8", "Reception"."""
    return {"R": "Reception", "F": "Foundation"}.get(year_code, COUNTRIES[country].year_name.format(year_code))


def age_in(country, year_code):
    """Whole years of age at the start of the academic year, of the youngest in that year."""
    table = COUNTRIES[country]
    return table.first_age + [*table.primary_years, *table.secondary_years, "12", "13"].index(year_code)
