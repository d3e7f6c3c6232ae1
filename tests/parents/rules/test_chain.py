"""Why mail goes to a contact or not, step by step."""

import pytest

from parents.rules.chain import LEAVES, STEPS, steps
from parents.rules.rule import WHY


def test_every_reason_why_not_belongs_to_one_step():
    codes = [code for of_step in STEPS.values() for code in of_step]

    assert sorted(codes) == sorted(set(WHY) - {""})


@pytest.mark.parametrize("code", sorted(set(WHY) - {""}))
def test_the_chain_says_yes_up_to_the_step_that_says_no_and_asks_no_further(code):
    *chain, leaves = steps(code, "")

    at = [step.is_so for step in chain].index(False)
    assert [step.is_so for step in chain] == [True] * at + [False] + [None] * (len(chain) - at - 1)
    assert chain[at].why == WHY[code]
    assert leaves.is_so


def test_whoever_is_mailed_has_said_yes_at_every_step():
    assert all(step.is_so for step in steps("", ""))


def test_a_school_whose_mail_is_off_stops_it_at_the_end():
    *chain, leaves = steps("", "The weekly mail is switched off.")

    assert all(step.is_so for step in chain)
    assert (leaves.label, leaves.is_so, leaves.why) == (LEAVES, False, "The weekly mail is switched off.")
