"""What can hardly be true, for people to hear of at once; what applies is decided elsewhere."""

from collections.abc import Iterator

from sync.facts.kinds import KINDS, PEOPLE
from sync.facts.sides import Ours, Screened
from sync.plans.waiting import Waiting

FREE = 5  # and more than so many per cent of a kind:
UNREADABLE_SHARE, MOST = 2, 50


def alarms(screened: Screened, ours: Ours) -> Iterator[Waiting]:
    """What can hardly be true of each kind."""
    for kind in KINDS:
        ledger = screened.ledger[kind]
        if _are_many(ledger.unreadable, UNREADABLE_SHARE, ledger.read):
            # More than a few rows that cannot be read are a fault of the MIS or of Wonde, not of those rows.
            yield Waiting(kind, "unreadable", count=ledger.unreadable, of=ledger.read)
        away = ledger.withheld["not_current"]
        if _is_first(kind, ours) and _are_many(away, MOST, ledger.read):
            # A first import that leaves most people out because the MIS says they are not here.
            yield Waiting(kind, "not_current", count=away, of=ledger.read)


def _is_first(kind: str, ours: Ours) -> bool:
    return kind in PEOPLE and not ours.rows[kind] and not ours.former.get(kind)


def _are_many(number: int, share: int, of: int) -> bool:
    return number > FREE and number * 100 > share * of
