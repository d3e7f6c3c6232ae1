"""From Wonde's spellings of what a school may share of a student to ours: years and diagnoses stay outside."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.facts import details
from sync.facts.kinds import DETAILS
from sync.facts.shapes import RemoteStudent
from sync.facts.snapshot import decode_page
from sync.sandbox import choices

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["date", "data"]), inner, max_size=2),
    max_leaves=4,
)
BLOCK = {
    "english_as_additional_language": JSON,
    "english_as_additional_language_status": JSON,
    "premium_pupil_indicator": JSON,
    "sen_status": JSON,
    "religion": JSON,
}


def row_of(**sent):
    body = {"data": [{"id": "S1"} | sent], "meta": {}}
    (student,) = decode_page(json.dumps(body).encode(), RemoteStudent).rows
    return details.details_row(student), student


def at_midnight(day, zone="Europe/London"):
    return {"date": f"{day} 00:00:00.000000", "timezone_type": 3, "timezone": zone}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (at_midnight("2014-06-21"), "06-21"),
        (at_midnight("2014-06-21", "UTC"), "06-21"),
        (at_midnight("2012-02-29"), "02-29"),
        ({"date": "2014-06-21"}, "06-21"),
        ("2014-06-21", "06-21"),
        (at_midnight("1900-01-01"), ""),
        (at_midnight("1970-01-01"), ""),
        (at_midnight("0000-00-00"), ""),
        (at_midnight("2014-02-30"), ""),
        ("21/06/2014", ""),
        (20140621, "06-21"),
        ({"date": None}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_of_a_date_of_birth_only_day_and_month_are_decoded(sent, kept):
    row, student = row_of(date_of_birth=sent)

    assert row.birthday == kept
    assert "2014" not in repr(student)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("MALE", "MALE"), (" male\u200b\n", "male"), ("Not specified", "Not specified"), ("Demigirl", "Demigirl"),
     ("intersex or indeterminate", "intersex or indeterm"), ("N/A", ""), ("-", ""), ("  ", ""), (None, ""), (1, "1")],
)  # fmt: skip
def test_a_gender_is_kept_as_it_came(sent, kept):
    assert row_of(gender=sent)[0].gender == kept


def test_every_spelling_that_the_sandbox_invents_is_understood():
    spelled = choices.SPELLINGS

    assert {details.answer(each) for each in spelled["yes"]} == {"yes"}
    assert {details.answer(each) for each in spelled["no"]} == {"no"}
    assert {details.eal(None, each) for each in spelled["eal_status"]} == {"yes"}
    assert details.eal("N", "Fluent") == details.eal(None, "No") == "no"
    for level in ("none", "support", "plan"):
        assert {details.sen(each) for each in spelled[level]} == {level}
    assert {details.sen(each) + details.answer(each) + details.eal(each, each) for each in spelled["nothing"]} == {""}


@given(JSON, JSON, st.fixed_dictionaries({}, optional=BLOCK))
@example("x" * 400, {"date": "2014-06-21"}, {"sen_status": "Autism", "religion": "Jedi"})
def test_whatever_comes_is_one_of_few_words_or_nothing_and_never_the_original(gender, born, block):
    row, student = row_of(gender=gender, date_of_birth=born, extended_details={"data": block})

    assert len(row.gender) <= DETAILS.columns["gender"].limit
    assert row.birthday == "" or len(row.birthday) == len("06-21")
    assert {row.eal, row.pupil_premium} <= {"yes", "no", ""}
    assert row.sen in {"none", "support", "plan", ""}
    assert not hasattr(student.extended_details and student.extended_details.data, "religion")
