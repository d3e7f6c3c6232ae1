"""What is true of somebody, whole: every code of every kind is a sentence that can be read aloud."""

from datetime import date, timedelta
from itertools import product

import pytest
from django.utils import timezone

from sync.rules.reasons import REASONS
from sync.wording.reasons import STATES
from sync.wording.verdict import SENTENCES, About, sentence

KINDS = ("students", "employees", "contacts", "classes")
OF_CLASSES = {
    "excluded_class", "other_subject", "no_subject", "other_year_group", "other_academic_year", "intervention_group",
    "asks_first", "no_students", "awaits_rollover",
}  # fmt: skip
DAY = date(2026, 10, 3)
FULL = {
    "mis": "SIMS", "classes": ("9x/Ma1", "9x/Ma2"), "others": ("9x/PE is not a class of a subject",), "starts": DAY,
    "leaves": DAY, "since": DAY, "by": "pat@example.org said to keep them", "because": ", by hand",
    "subject": "Art", "year_group": "9", "hidden": 3,
}  # fmt: skip


def test_every_reason_and_every_state_has_a_sentence():
    assert SENTENCES.keys() == REASONS.keys() | STATES.keys()


@pytest.mark.parametrize("code", SENTENCES)
def test_each_is_a_whole_sentence_of_no_code_and_no_rule_and_nobody_is_an_it(code):
    for kind, name, facts in product(KINDS, ["", "Leo Hart"], [{}, FULL]):
        told = sentence(code, About(kind, name, **facts))

        assert told[0].isupper()
        assert told.endswith(".")
        assert not any(sign in told for sign in "{}_")
        assert not any(words in told for words in ("  ", " ,", ",,", " .", "..", "None", "the rule", "record"))
        if kind != "classes" and code not in OF_CLASSES:
            assert not {"it", "its"} & set(told.replace(".", " ").replace(",", " ").split())


def test_a_student_who_is_yet_to_start_is_here_from_the_next_day_where_nights_begin_before_midnight():
    today = timezone.localdate()
    starts = today + timedelta(days=2)
    about = {"kind": "students", "name": "Leo Hart", "mis": "SIMS", "starts": starts}

    def said(day):
        return f"{day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")

    assert sentence("not_current", About(**about)) == (
        f"Leo Hart starts on {said(starts)}, so they are here from {said(starts)}."
    )
    assert sentence("not_current", About(**about, late=True)).endswith(
        f"so they are here from {said(starts + timedelta(days=1))}."
    )


@pytest.mark.parametrize(
    ("code", "facts", "told"),
    [
        ("imported", {"classes": ("9x/Ma1",), "since": DAY}, "Leo Hart is here, in 9x/Ma1 since 3 October 2025."),
        ("imported", {}, "Leo Hart is here but in no class at the moment."),
        ("arrives", {"classes": ("9x/Ma1",)}, "Leo Hart is new in SIMS and comes with the next sync, into 9x/Ma1."),
        ("not_current", {"leaves": DAY}, "Leo Hart left on 3 October 2025, says SIMS."),
        ("kept", {"by": "pat said so"}, "Leo Hart is here although SIMS no longer has them, because pat said so."),
        ("left", {"since": DAY, "because": ", by hand"}, "Leo Hart was removed on 3 October 2025, by hand."),
    ],
)
def test_what_is_known_is_in_the_sentence(code, facts, told):
    facts = {name: DAY.replace(year=2025) if value is DAY else value for name, value in facts.items()}

    assert sentence(code, About("students", "Leo Hart", "SIMS", **facts)) == told
