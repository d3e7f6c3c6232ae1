"""What the weekly mail says, in both languages. No database."""

import re
import string
from datetime import date

import pytest
from django.utils import translation

from parents.mail.letter import Progress, Week, week_of, write
from parents.mail.words import PAGE_WORDS, WORDS, Words

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "cy": "Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr",
}
PRODUCT = {"name": "Times Tables Club", "support_email": "help@example.org", "privacy_url": "https://x.example/privacy"}


def letter(*children, language="en", week=Week(2026, 41)):  # noqa: B008 (frozen)
    return write(language, "Harbour School", week, children, PRODUCT, "https://x.example/stop", "https://x.example/no")


def lines(progress, language="en"):
    return letter(("Tobi", "9x/Ma1", progress), language=language).children[0].lines


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_phrases_with_the_same_blanks():
    assert WORDS["en"].keys() == WORDS["cy"].keys()
    assert {k: fields(v) for k, v in WORDS["en"].items()} == {k: fields(v) for k, v in WORDS["cy"].items()}
    assert set(PAGE_WORDS) <= WORDS["en"].keys()
    assert not [k for k, v in WORDS["en"].items() if v == WORDS["cy"][k]]


def test_the_week_is_reported_with_what_changed():
    told = lines(Progress(tasks_set=6, tasks_done=5, minutes=42, done_before=3))

    assert told == ("5 of 6 tasks done", "That is 2 more than the week before.", "42 minutes of practice")


@pytest.mark.parametrize("language", MONTHS)
def test_a_month_is_in_the_mails_language_whatever_language_is_active(language):
    words = Words(language)

    for number, month in enumerate(MONTHS[language].split(), start=1):
        with translation.override("cy" if language == "en" else "en-gb"):
            assert words.day(date(2026, number, 5)) == f"5 {month} 2026"
            assert words.day(date(2026, number, 15), with_year=False) == f"15 {month}"


@pytest.mark.parametrize(
    ("before", "told"),
    [(None, None), (5, "As many as the week before."), (6, "That is 1 fewer than the week before.")],
)
def test_the_change_is_reported_only_if_the_week_before_is_known(before, told):
    said = lines(Progress(tasks_set=6, tasks_done=5, done_before=before))

    assert said[1:] == ((told,) if told else ())


def test_a_child_without_tasks_is_not_compared_and_has_no_bar():
    child = letter(("Tobi", "", Progress(done_before=4))).children[0]

    assert (child.lines, child.percent, child.school_class) == (("No tasks were set this week.",), None, "")


def test_a_bar_never_shows_more_than_all_of_it():
    assert letter(("Tobi", "", Progress(tasks_set=3, tasks_done=9))).children[0].percent == 100


def test_when_there_is_nothing_to_report_the_letter_says_so_kindly():
    assert "that is all right" in letter(("Tobi", "9x/Ma1", Progress())).frame.intro
    assert "that is all right" not in letter(("Tobi", "", Progress()), ("Asha", "", Progress(minutes=3))).frame.intro


def test_no_name_of_a_child_is_in_the_subject_or_heading():
    told = letter(("Tobi", "9x/Ma1", Progress(tasks_set=1))).frame

    assert told.subject == "Harbour School: how the week went"
    assert told.heading == "The week from 5 October to 11 October 2026"


def test_a_week_across_new_year_names_both_years():
    assert (
        letter(("Tobi", "", Progress()), week=Week(2026, 53)).frame.heading
        == "The week from 28 December 2026 to 3 January 2027"
    )
    assert week_of(date(2027, 1, 1)) == Week(2026, 53)
    assert str(Week(2027, 1).before) == "2026-W53"


def test_welsh_is_welsh_throughout():
    told = letter(("Tobi", "9x/Ma1", Progress(6, 5, 42, "", 3)), language="cy")

    assert told.frame.language == "cy"
    assert told.children[0].lines[0] == "5 o 6 tasg wedi'u gwneud"
    assert "Hydref" in told.frame.heading
    assert not re.search(r"\btasks\b|\bweek\b", " ".join(told.children[0].lines))


def test_an_unknown_language_falls_back_to_english():
    assert letter(("Tobi", "", Progress()), language="fr").frame.language == "en"
