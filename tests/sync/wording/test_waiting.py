"""What waits has a sentence, as a person would say it, whatever its numbers."""

import pytest
from msgspec import to_builtins

from sync.facts.kinds import KINDS
from sync.plans.bulk import STATED as IN_BULK
from sync.plans.waiting import ALARMS, Waiting
from sync.rules.change_of_mis import Matched
from sync.rules.silence import FACTS as STATED_FACTS
from sync.wording.waiting import FACTS, SENTENCES, STATED, sentence, with_sentences


def said(*values, **more):
    return sentence(to_builtins(Waiting(*values, **more)))


def test_whatever_can_be_silent_stated_or_alarming_has_its_words():
    assert FACTS.keys() == STATED_FACTS.keys()
    assert STATED.keys() == set(IN_BULK)
    assert SENTENCES.keys() >= ALARMS


@pytest.mark.parametrize("code", SENTENCES)
@pytest.mark.parametrize("count", [1, 2, 1200])
def test_every_sentence_is_whole(code, count):
    text = said("students", code, count=count, of=1200, missing=count, column="upn", fact="dates", name="9x/Ma1")

    assert text[0].isupper() or text[0] in "“12"
    assert text.endswith(".")
    assert "{" not in text


@pytest.mark.parametrize("kind", IN_BULK)
def test_what_the_mis_states_in_a_pause_is_told_with_what_to_do_first(kind):
    assert (
        said(kind, "stated_in_pause", count=3, of=4)
        == said(kind, "stated", count=3, of=4) + " Resume the school first."
    )


@pytest.mark.parametrize(
    ("missing", "because"),
    [
        (12, "they are missing in the MIS"),
        (0, "the MIS lists 12, but in no imported class"),
        (5, "5 are missing in the MIS, and the MIS lists 7, but in no imported class"),
    ],
)
def test_whom_the_mis_lists_is_not_said_to_be_missing_there(missing, because):
    text = said("students", "removals", "kind", count=12, of=1200, missing=missing, before=2)

    assert text.startswith(f"12 of 1,200 students would be removed because {because}, after 2 in the last seven days.")


def test_one_is_not_spoken_of_as_many():
    assert said("students", "duplicate", count=1).startswith("1 new student has a UPN")
    assert said("students", "unlike", count=1).startswith("1 new person has the UPN or UPI")
    assert said("students", "unlike", count=2).startswith("2 new people have the UPN or UPI")


def test_a_change_of_mis_says_how_far_it_is_known_who_is_who():
    matched = (Matched("students", {"UPN": 1187, "name and year group": 11}, 2), Matched("contacts", {}, 0, 4))

    text = said("students", "change_of_mis", name="Arbor", matched=matched)

    assert "changed its MIS to Arbor" in text
    assert "students: 1,187 by UPN, 11 by name and year group, 2 to settle by hand; parents and carers: 0 to" in text
    assert text.endswith("4 no longer listed.")


@pytest.mark.parametrize("kind", KINDS)
def test_machines_get_the_sentence_beside_the_numbers(kind):
    (entry,) = with_sentences([to_builtins(Waiting(kind, "denied"))])

    assert entry == {"kind": kind, "code": "denied", "what": said(kind, "denied")}
