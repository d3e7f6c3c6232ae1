"""How a school stands with us in Wonde, from the lists of Wonde's that it is in, and who must act next.

The state of an access request is no field of Wonde's: it is the list the school is in. A list may fail, come empty, lag
or contradict another, so it never opens or ends anything by itself: `stand` says where one school must be asked about
alone, and what that finds is final (`sync.people.access`).

| in the lists | not approved yet, as far as we know | approved until now |
|---|---|---|
| `schools` | checked by Wonde | the same; as it was and asked about, where it was open or offline |
| `schools`, `audited` | open | open |
| `schools`, `offline` | offline | offline |
| `schools` and `revoked` or `declined` | as it was; asked about | as it was; asked about |
| `pending`, whatever else | asked | as it was; asked about |
| `revoked`, also `declined` | revoked | as it was; asked about |
| `declined` | declined | as it was; asked about |
| `audited` or `offline` alone, or none | as it was; asked about, once it was asked | as it was; asked about |
"""

from collections.abc import Set
from enum import StrEnum
from typing import NamedTuple

APPROVED_LIST, AUDITED_LIST, OFFLINE_LIST = "schools", "audited", "offline"
PENDING_LIST, REVOKED_LIST, DECLINED_LIST = "pending", "revoked", "declined"
LISTS = (APPROVED_LIST, AUDITED_LIST, PENDING_LIST, OFFLINE_LIST, REVOKED_LIST, DECLINED_LIST)
ENDED = frozenset({REVOKED_LIST, DECLINED_LIST})


class State(StrEnum):
    NOT_ASKED = "not_asked"
    ASKED = "asked"
    DECLINED = "declined"
    CHECKED = "checked_by_wonde"
    OPEN = "open"
    OFFLINE = "offline"
    REVOKED = "revoked"


class Actor(StrEnum):
    """Who must act next."""

    SUPPORT = "support"
    SCHOOL = "school"
    WONDE = "wonde"
    IT = "it"
    NOBODY = "nobody"


ACTORS = {
    State.NOT_ASKED: Actor.SUPPORT,
    State.ASKED: Actor.SCHOOL,
    State.DECLINED: Actor.SCHOOL,
    State.CHECKED: Actor.WONDE,
    State.OPEN: Actor.NOBODY,
    State.OFFLINE: Actor.IT,
    State.REVOKED: Actor.SCHOOL,
}
APPROVED = frozenset({State.CHECKED, State.OPEN, State.OFFLINE})
READABLE = frozenset({State.OPEN, State.OFFLINE})
CLOSED = frozenset({State.NOT_ASKED, State.ASKED, State.DECLINED})  # the school has not let us in: there is no reading


class Standing(NamedTuple):
    """state: to be written. is_doubtful: the lists prove nothing; the one school must be asked about alone."""

    state: State
    is_doubtful: bool = False


def stand(lists: Set[str], was: State | None) -> Standing:
    """How a school in these lists stands. was: as we knew it until now; None where we knew nothing."""
    known = was or State.NOT_ASKED
    if APPROVED_LIST in lists and not lists & ENDED:
        state = _approved(lists)
        is_step_back = state == State.CHECKED and known in READABLE
        return Standing(known, is_doubtful=True) if is_step_back else Standing(state)
    if APPROVED_LIST in lists or known in APPROVED:
        return Standing(known, is_doubtful=True)
    if PENDING_LIST in lists:
        return Standing(State.ASKED)
    if REVOKED_LIST in lists:
        return Standing(State.REVOKED)
    if DECLINED_LIST in lists:
        return Standing(State.DECLINED)
    return Standing(known, is_doubtful=known in {State.ASKED, State.DECLINED})  # it may have let us in meanwhile


def _approved(lists: Set[str]) -> State:
    """Without its link Wonde cannot check the data either, so the link comes first."""
    if OFFLINE_LIST in lists:
        return State.OFFLINE
    return State.OPEN if AUDITED_LIST in lists else State.CHECKED
