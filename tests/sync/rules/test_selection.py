"""Which classes are in: the rule at first sight, then as they were; facts looked at nightly, people's words kept."""

import pytest
from msgspec import structs

from sync.facts.kinds import ClassRow
from sync.rules.selection import Candidate, select
from tests.sync.build import ENGLISH, a_class, ids, policy

YEARS = dict.fromkeys(ids("S", 60), "9")


def chosen(*candidates, rules=None, years=YEARS):
    """Wonde id -> "in", or the reason why not."""
    found = select({candidate.remote.id: candidate for candidate in candidates}, rules or policy(), years)
    return {wonde_id: row.reason or row.status for wonde_id, row in found.items()}


TWENTY = ids("S", 20)


def candidate(wonde_id, students=TWENTY, before=None, form="class", read=True, **fields):
    remote = a_class(wonde_id, **fields)
    return Candidate(remote, form, before, frozenset(students) if read else None)


def known(wonde_id, status, reason="", **fields):
    return ClassRow(wonde_id, name=f"Class {wonde_id}", status=status, reason=reason, **fields)


def test_a_class_of_the_subject_with_students_is_in():
    assert chosen(candidate("C1")) == {"C1": "in"}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"subject": ENGLISH}, "other_subject"),
        ({"subject": None}, "no_subject"),
        ({"students": []}, "no_students"),
        ({"academic_year": "2025/2026"}, "other_academic_year"),
        ({"academic_year": "2027/2028"}, "other_academic_year"),
    ],
    ids=str,
)
def test_a_class_that_does_not_fit_is_out_with_its_reason(wrong, reason):
    assert chosen(candidate("C1", **wrong)) == {"C1": reason}


def test_an_academic_year_that_is_null_or_says_nothing_is_the_present_one():
    assert chosen(candidate("C1", academic_year=None), candidate("C2", ids("S", 9, 30), academic_year="Current")) == {
        "C1": "in",
        "C2": "in",
    }


def test_a_year_group_that_does_not_use_the_product_is_out():
    assert chosen(candidate("C1"), rules=policy(years=frozenset({"7", "8"}))) == {"C1": "other_year_group"}
    assert chosen(candidate("C1"), rules=policy(years=frozenset({"9"}))) == {"C1": "in"}


def test_the_year_group_of_a_class_is_that_of_most_of_its_members():
    years = {"S001": "8", "S002": "9", "S003": "9"}

    (row,) = select({"C1": candidate("C1", ids("S", 3))}, policy(), years).values()

    assert row.year_group == "9"


def test_what_wonde_says_of_the_year_group_goes_before_the_members():
    (row,) = select({"C1": candidate("C1", year_group="Year 10")}, policy(), YEARS).values()

    assert row.year_group == "10"


@pytest.mark.parametrize(("shared", "verdict"), [(10, "in"), (11, "intervention_group")])
def test_a_class_is_an_intervention_group_when_more_than_half_are_in_classes_already_taken(shared, verdict):
    large = candidate("C1", ids("S", 30))
    small = candidate("C2", [*ids("S", shared), *ids("S", 20 - shared, 31)])

    assert chosen(large, small) == {"C1": "in", "C2": verdict}


def test_larger_classes_are_taken_first_then_by_name_with_numbers_as_numbers():
    same = ids("S", 10)

    assert chosen(candidate("C1", same, name="10x/Ma1"), candidate("C2", same, name="9x/Ma1")) == {
        "C2": "in",
        "C1": "intervention_group",
    }
    assert chosen(candidate("C1", ids("S", 11), name="10x/Ma1"), candidate("C2", same, name="9x/Ma1"))["C1"] == "in"


def test_two_classes_alike_in_size_and_name_are_taken_by_id_whatever_the_order_of_reading():
    pair = [candidate("C1", ids("S", 10), name="Ma"), candidate("C2", ids("S", 10), name="Ma")]

    assert chosen(*pair) == chosen(*reversed(pair)) == {"C1": "in", "C2": "intervention_group"}


def test_a_registration_group_needs_no_subject():
    assert chosen(candidate("C1", subject=None, form="registration")) == {"C1": "in"}


@pytest.mark.parametrize(
    "changed",
    [{"subject": ENGLISH}, {"subject": None}, {"students": []}, {"academic_year": "2027/2028"}, {"read": False}],
    ids=str,
)
def test_a_class_that_is_in_stays_in_although_it_no_longer_fits(changed):
    assert chosen(candidate("C1", before=known("C1", "in"), **changed)) == {"C1": "in"}


def test_a_class_that_is_in_ends_when_the_mis_states_a_year_that_is_over():
    assert chosen(candidate("C1", before=known("C1", "in"), academic_year="2025/2026")) == {"C1": "other_academic_year"}


def test_a_class_that_ended_keeps_that_reason_whatever_its_subject_is_now():
    before = known("C1", "out", "other_academic_year")

    ended = chosen(candidate("C1", before=before, academic_year="2025/2026", subject=ENGLISH))

    assert ended == {"C1": "other_academic_year"}


@pytest.mark.parametrize("reason", ["excluded_class", "intervention_group"])
def test_a_persons_word_and_an_intervention_group_stay_as_they_were_decided(reason):
    assert chosen(candidate("C1", before=known("C1", "out", reason))) == {"C1": reason}


@pytest.mark.parametrize(
    ("rule", "reason"), [({"asks_first": True}, "asks_first"), ({"awaiting": True}, "awaits_rollover")]
)
def test_a_new_class_waits_for_the_schools_word_and_one_that_is_in_does_not(rule, reason):
    both = chosen(candidate("C1"), candidate("C2", ids("S", 20, 21), known("C2", "in")), rules=policy(**rule))

    assert both == {"C1": reason, "C2": "in"}


@pytest.mark.parametrize(
    "reason",
    [
        "no_students", "no_subject", "other_subject", "other_year_group", "other_academic_year", "asks_first",
        "awaits_rollover",
    ],
)  # fmt: skip
def test_a_reason_that_rests_on_a_fact_is_looked_at_again_every_night(reason):
    assert chosen(candidate("C1", before=known("C1", "out", reason))) == {"C1": "in"}


def test_a_class_first_seen_beside_one_that_is_in_may_be_its_intervention_group_although_larger():
    settled = candidate("C1", ids("S", 10), before=known("C1", "in"))
    new = candidate("C2", ids("S", 15))

    assert chosen(settled, new) == {"C1": "in", "C2": "intervention_group"}


def test_a_class_of_the_subject_whose_members_could_not_be_read_waits():
    assert chosen(candidate("C1", read=False)) == {"C1": "no_students"}


def test_a_subject_counts_by_code_or_name_ignoring_case_and_accents():
    rules = policy(subjects=frozenset({"mathematiques"}))
    subject = structs.replace(ENGLISH, code=None, name="MATHÉMATIQUES")

    assert chosen(candidate("C1", subject=subject), rules=rules) == {"C1": "in"}


def test_a_subject_without_code_and_name_is_no_subject():
    subject = structs.replace(ENGLISH, code=None, name=None)

    assert chosen(candidate("C1", subject=subject), rules=policy(subjects=frozenset({""}))) == {"C1": "no_subject"}
