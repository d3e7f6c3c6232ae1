"""From Wonde's lists to how a school stands: each state, each contradiction, and the same end however often we look."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.rules.access_states import ACTORS, APPROVED, LISTS, READABLE, State, stand

REAL = {  # the lists of a school as Wonde has it -> how it stands
    (): State.NOT_ASKED,
    ("pending",): State.ASKED,
    ("declined",): State.DECLINED,
    ("schools",): State.CHECKED,
    ("schools", "audited"): State.OPEN,
    ("schools", "offline"): State.OFFLINE,
    ("schools", "audited", "offline"): State.OFFLINE,
    ("revoked",): State.REVOKED,
    ("revoked", "declined"): State.REVOKED,
    ("pending", "declined"): State.ASKED,
    ("pending", "revoked"): State.ASKED,
}
EVERY = list(chain.from_iterable(combinations(LISTS, number) for number in range(len(LISTS) + 1)))


@pytest.mark.parametrize("lists", REAL, ids="+".join)
def test_of_a_school_we_knew_nothing_of_the_lists_say_how_it_stands_and_somebody_acts_next(lists):
    standing = stand(frozenset(lists), None)

    assert standing == (REAL[lists], False)
    assert ACTORS[standing.state]


def test_no_list_by_itself_ends_what_was_approved_and_none_opens_what_another_says_has_ended():
    """Whatever the lists: all 64 sets of them, from every state."""
    for lists in map(frozenset, EVERY):
        for was in State:
            state, is_doubtful = stand(lists, was)
            if "schools" in lists and lists & {"revoked", "declined"}:
                assert (state, is_doubtful) == (was, True), lists
            elif lists == {"schools"} and was in READABLE:
                assert (state, is_doubtful) == (was, True)
            elif was in APPROVED and state not in APPROVED:
                pytest.fail(f"{set(lists)} ended {was}")
            elif was in APPROVED and "schools" not in lists:
                assert (state, is_doubtful) == (was, True), lists
            elif not lists:
                assert (state, is_doubtful) == (was, was in {State.ASKED, State.DECLINED})
            elif state in APPROVED:
                assert "schools" in lists, lists


class Wonde:
    """A school there, and what we know of it. `alone` is what asking about it alone finds: the truth, or nothing."""

    def __init__(self):
        self.lists, self.state, self.listed = frozenset(), None, frozenset()

    def poll(self, seen=None):
        """One poll: it sees the lists, or only some of them where the others failed or came empty."""
        seen = frozenset(LISTS) if seen is None else seen
        self.listed = (self.listed - seen) | (self.lists & seen)
        standing = stand(self.listed, self.state)
        self.state = standing.state
        if standing.is_doubtful:
            self.look()

    def look(self):
        """Asked about alone, after a hint or in doubt: `meta` and, where it is not approved, the lists of those."""
        self.listed = self.lists
        if "schools" in self.listed:
            self.state = stand(self.listed, None).state
        else:
            self.state = State.REVOKED if self.state in APPROVED else stand(self.listed, self.state).state


steps = st.one_of(
    st.sampled_from(list(REAL)).map(lambda lists: ("becomes", frozenset(lists))),
    st.just(("hint", None)),  # a webhook, true or forged, once or twice: it only makes us look
    st.sets(st.sampled_from(LISTS)).map(lambda seen: ("poll", frozenset(seen))),
)


@given(st.lists(steps, max_size=12), st.sampled_from([lists for lists in REAL if lists]))
def test_whatever_polls_and_hints_came_before_the_state_is_that_of_a_first_poll(story, final):
    """At the second poll at the latest: the first may have to find that an approval has ended."""
    school, fresh = Wonde(), Wonde()
    for what, value in story:
        if what == "becomes":
            school.lists = value
        else:
            school.look() if what == "hint" else school.poll(value)
    school.lists = fresh.lists = frozenset(final)

    school.poll()
    school.poll()
    fresh.poll()

    assert school.state == fresh.state
