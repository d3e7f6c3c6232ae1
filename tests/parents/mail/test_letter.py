"""What the weekly mail says, in both languages. No database."""

import re
import string
from datetime import date

import pytest
from django.utils import translation

from parents.mail.letter import Progress, Pupil, Week, week_of, write
from parents.mail.words import PAGE_WORDS, WORDS, Words

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "cy": "Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr",
}
PRODUCT = {"name": "Times Tables Club", "support_email": "help@example.org", "privacy_url": "https://x.example/privacy"}


TOBI = Pupil("Tobi", "9x/Ma1", ("Ms Ruth Pell", "Mr Tom Ash"), Progress(6, 5, 42, "Well done.", (6, 3)))


def letter(*pupils, language="en", week=Week(2026, 41), reply_to="office@x.example"):  # noqa: B008 (frozen)
    links = "https://x.example/stop", "https://x.example/no"
    return write(language, "Harbour School", reply_to, week, pupils, PRODUCT, *links)


def said(progress, language="en", name="Tobi"):
    return letter(Pupil(name, progress=progress), language=language).children[0].said


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_phrases_with_the_same_blanks():
    assert WORDS["en"].keys() == WORDS["cy"].keys()
    assert {k: fields(v) for k, v in WORDS["en"].items()} == {k: fields(v) for k, v in WORDS["cy"].items()}
    assert set(PAGE_WORDS) <= WORDS["en"].keys()
    assert not [k for k, v in WORDS["en"].items() if v == WORDS["cy"][k]]


def test_a_child_has_a_line_that_says_how_the_week_went_a_class_its_teachers_and_minutes():
    (child,) = letter(TOBI).children

    assert child.said == "Tobi did 5 of 6 tasks, 2 more than the week before"
    assert child.school_class == "Class 9x/Ma1, with Ms Ruth Pell, Mr Tom Ash"
    assert (child.minutes, child.note, child.percent) == ("42 minutes of practice", "Well done.", 83)


WEEKS = [  # tasks set and done, those of the week before, what is said
    (6, 6, None, "Tobi finished all 6 tasks"),
    (1, 1, None, "Tobi finished the one task that was set"),
    (6, 0, None, "Tobi did none of the 6 tasks"),
    (1, 0, None, "Tobi did not do the one task that was set"),
    (3, 9, (3, 1), "Tobi did 9 tasks, and 3 were set"),
    (0, 1, (3, 1), "Tobi did 1 task, and none were set"),
    (0, 3, (3, 1), "Tobi did 3 tasks, and none were set"),
    (0, 0, (3, 1), "No tasks were set for Tobi"),
    (6, 4, (6, 5), "Tobi did 4 of 6 tasks, 1 fewer than the week before"),
    (6, 4, (6, 4), "Tobi did 4 of 6 tasks, as in the week before"),
    (4, 4, (6, 6), "Tobi finished all 4 tasks, as in the week before"),
    (5, 3, (6, 3), "Tobi did 3 of 5 tasks, a larger share than the week before"),
    (4, 3, (6, 5), "Tobi did 3 of 4 tasks, a smaller share than the week before"),  # though each left out one
    (4, 4, (6, 5), "Tobi finished all 4 tasks, a larger share than the week before"),  # though fewer
    (4, 2, (6, 3), "Tobi did 2 of 4 tasks, the same share as the week before"),
    (4, 2, (0, 3), "Tobi did 2 of 4 tasks"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "done", "before", "told"), WEEKS)
def test_a_week_is_compared_by_tasks_where_as_many_were_set_and_else_by_share(given, done, before, told):
    assert said(Progress(given, done, before=before)) == told
    welsh = said(Progress(given, done, before=before), "cy")
    assert "Tobi" in welsh
    assert not re.search(r"\b(tasks?|week|the|than)\b", welsh)


@pytest.mark.parametrize("language", MONTHS)
def test_a_month_is_in_the_mails_language_whatever_language_is_active(language):
    words = Words(language)

    for number, month in enumerate(MONTHS[language].split(), start=1):
        with translation.override("cy" if language == "en" else "en-gb"):
            assert words.day(date(2026, number, 5)) == f"5 {month} 2026"
            assert words.day(date(2026, number, 15), "j F") == f"15 {month}"


def test_a_child_without_tasks_has_no_bar_and_a_bar_never_shows_more_than_all_of_it():
    percents = [letter(Pupil("Tobi", progress=each)).children[0].percent for each in (Progress(), Progress(3, 9))]

    assert percents == [None, 100]


def test_a_child_whose_name_the_mis_does_not_have_is_your_child():
    assert said(Progress(6, 6), name="") == "Your child finished all 6 tasks"


def test_questions_go_to_the_schools_address_and_where_there_is_none_to_the_school():
    assert "Write to Harbour School at office@x.example, or answer" in letter(TOBI).frame.questions
    assert letter(TOBI, reply_to="").frame.questions == "Questions? Please ask Harbour School."


def test_when_there_is_nothing_to_report_the_letter_says_so_kindly():
    silent, other = Pupil("Tobi", "9x/Ma1"), Pupil("Asha", progress=Progress(minutes=3))

    assert "that is all right" in letter(silent).frame.intro
    assert "that is all right" not in letter(silent, other).frame.intro


def test_no_name_of_a_child_is_in_what_a_list_of_mails_shows():
    told = letter(TOBI).frame

    assert told.subject == "Harbour School: the week of 5 October"
    assert told.preheader == "What was set and what was done in Times Tables Club from 5 to 11 October 2026."
    assert told.week == "The week from 5 to 11 October 2026"


@pytest.mark.parametrize(
    ("week", "span"),
    [
        (Week(2026, 53), "28 December 2026 to 3 January 2027"),
        (Week(2026, 44), "26 October to 1 November 2026"),
        (Week(2026, 47), "16 to 22 November 2026"),
    ],
)
def test_a_week_names_the_month_and_the_year_of_its_first_day_where_they_are_others(week, span):
    assert letter(TOBI, week=week).frame.week == f"The week from {span}"


def test_weeks_follow_one_another_across_new_year():
    assert week_of(date(2027, 1, 1)) == Week(2026, 53)
    assert str(Week(2027, 1).before) == "2026-W53"


def test_welsh_is_welsh_throughout():
    told = letter(TOBI, language="cy")

    assert told.frame.language == "cy"
    assert told.children[0].said == "Gwnaeth Tobi 5 o'r 6 tasg, 2 yn fwy na'r wythnos flaenorol"
    assert told.children[0].school_class == "Dosbarth 9x/Ma1, gyda Ms Ruth Pell, Mr Tom Ash"
    assert told.frame.subject == "Harbour School: wythnos 5 Hydref"
    assert "o 5 i 11 Hydref 2026" in told.frame.week


def test_an_unknown_language_falls_back_to_english():
    assert letter(TOBI, language="fr").frame.language == "en"
