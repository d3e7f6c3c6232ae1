"""Times and numbers as people in a school would say them."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django import forms

from schools.templatetags import words

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)  # a Sunday


def said(html):
    return re.sub(r"<[^>]*>", "", html)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 22, 4, 14, tzinfo=UTC), "today 04:14"),
        (datetime(2026, 11, 21, 22, 40, tzinfo=UTC), "yesterday 22:40"),
        (datetime(2026, 11, 23, 3, 17, tzinfo=UTC), "tomorrow 03:17"),
        (datetime(2026, 11, 16, 4, 0, tzinfo=UTC), "Monday 04:00"),
        (datetime(2026, 11, 15, 4, 0, tzinfo=UTC), "15 November"),
        (datetime(2025, 10, 3, 4, 0, tzinfo=UTC), "3 October 2025"),
    ],
)
def test_a_moment_is_said_as_people_say_it(moment, expected):
    with time_machine.travel(NOW, tick=False):
        assert said(words.when(moment, LONDON)) == expected


def test_a_moment_is_in_the_schools_time_zone_and_its_title_is_exact():
    with time_machine.travel(NOW, tick=False):
        html = words.when(datetime(2026, 11, 21, 17, 30, tzinfo=UTC), ZoneInfo("Australia/Sydney"))

    assert said(html) == "today 04:30"
    assert 'datetime="2026-11-22T04:30:00+11:00"' in html
    assert 'title="Sunday 22 November 2026, 04:30"' in html


def test_a_word_that_is_true_only_today_is_a_date_on_paper():
    with time_machine.travel(NOW, tick=False):
        soon = [
            words.when(datetime(2026, 11, 22, 4, 14, tzinfo=UTC), LONDON),
            words.when(datetime(2026, 11, 16, 4, 0, tzinfo=UTC), LONDON),
            words.day(datetime(2026, 11, 23, 4, 14, tzinfo=UTC), LONDON),
        ]
        dated = words.when(datetime(2026, 11, 15, 4, 0, tzinfo=UTC), LONDON)

    on_paper = [re.search('data-on-paper="([^"]*)"', html)[1] for html in soon]
    assert on_paper == ["22 November 04:14", "16 November 04:00", "23 November"]
    assert "data-on-paper" not in dated


def test_a_day_needs_no_hour():
    with time_machine.travel(NOW, tick=False):
        assert said(words.day(datetime(2026, 11, 22, 4, 14, tzinfo=UTC), LONDON)) == "today"
        assert said(words.day(datetime(2026, 11, 18, 4, 14, tzinfo=UTC), LONDON)) == "18 November"


def test_without_a_moment_there_are_no_words():
    assert words.when(None, LONDON) == ""
    assert words.day(None, LONDON) == ""


@pytest.mark.parametrize(
    ("year_group", "expected"),
    [
        ("9", "Year 9"),
        ("09", "Year 9"),
        ("R", "Reception"),
        ("0", "Reception"),
        ("N1", "Nursery"),
        ("", ""),
        ("S4", "S4"),
    ],
)
def test_year_groups_are_said_in_full(year_group, expected):
    assert words.year_words(year_group) == expected


def test_numbers_agree_with_their_nouns():
    assert words.count_of(1, "student") == "1 student"
    assert words.count_of(0, "student") == "0 students"
    assert words.count_of(1187, "class,classes") == "1,187 classes"


def test_lists_end_with_and():
    assert [words.and_list(names) for names in ([], ["Ann"], ["Ann", "Bo"], ["Ann", "Bo", "Cy"])] == [
        "",
        "Ann",
        "Ann and Bo",
        "Ann, Bo and Cy",
    ]


def test_an_error_that_could_be_of_any_field_names_its_own_and_one_that_says_what_it_is_about_does_not():
    class Visit(forms.Form):
        reason = forms.CharField(label="why you look", min_length=4)
        email = forms.EmailField(error_messages={"required": "Enter your address."})

    def told(**given):
        return [words.away_from(error, field) for field in Visit(given) for error in field.errors]

    assert told() == ["Why you look: This field is required.", "Enter your address."]
    assert told(reason="no", email="no")[0].startswith("Why you look: Ensure this value has at least 4")
