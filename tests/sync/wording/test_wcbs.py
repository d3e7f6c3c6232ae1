"""Every outcome of a check of WCBS has words of its own."""

from sync.wcbs.check import OUTCOMES
from sync.wording.wcbs import IN_WORDS, told


def test_every_outcome_says_what_it_means_who_can_change_it_and_what_to_do_next():
    said = [told(outcome, detail="503") for outcome in OUTCOMES]

    assert set(IN_WORDS) == set(OUTCOMES)
    assert len({one.title for one in said}) == len({one.meaning for one in said}) == len(OUTCOMES)
    for one in said:
        for text in (one.meaning, one.who, one.step):
            assert text.endswith(".")
            assert "{" not in text


def test_schools_are_counted_and_what_came_instead_is_quoted():
    assert told("reached", schools=1).meaning == "WCBS answered and lists 1 school."
    assert told("reached", schools=2).meaning == "WCBS answered and lists 2 schools."
    assert told("not_understood", detail="value, Code").meaning.endswith("It sent: value, Code.")
