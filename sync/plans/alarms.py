"""What a sync shows that can hardly be true, for people to hear of at once; what applies is decided elsewhere."""

from sync.facts.kinds import KINDS, PEOPLE
from sync.facts.sides import Ours, Screened

UNREADABLE_FREE, UNREADABLE_SHARE = 5, 2  # more than so many, and more than so many per cent, of a kind
MOST = 50  # per cent


def alarms(screened: Screened, ours: Ours) -> list[dict[str, str]]:
    """One entry for each kind and what is wrong with it: {"kind", "alarm", "what"}; what: a sentence for the school."""
    found = [entry for kind in KINDS for entry in (_unreadable(kind, screened), _not_current(kind, screened, ours))]
    return [entry for entry in found if entry]


def _unreadable(kind: str, screened: Screened) -> dict[str, str] | None:
    """More than a few records that cannot be read are a fault of the MIS or of Wonde, not of those records."""
    ledger = screened.ledger[kind]
    if ledger.unreadable <= UNREADABLE_FREE or ledger.unreadable * 100 <= UNREADABLE_SHARE * ledger.read:
        return None
    return {
        "kind": kind,
        "alarm": "unreadable",
        "what": f"{ledger.unreadable:,} of {ledger.read:,} {KINDS[kind].label} came damaged from the MIS and could not "
        "be read. Whoever is here stays as they were. Ask the school and Wonde to look into it.",
    }


def _not_current(kind: str, screened: Screened, ours: Ours) -> dict[str, str] | None:
    """A first import to which most people do not come, because the MIS says they are not here."""
    ledger = screened.ledger[kind]
    gone = ledger.withheld["not_current"]
    is_first = kind in PEOPLE and not ours.rows[kind] and not ours.former.get(kind)
    if not is_first or gone <= UNREADABLE_FREE or gone * 100 <= MOST * ledger.read:
        return None
    return {
        "kind": kind,
        "alarm": "not_current",
        "what": f"{gone:,} of {ledger.read:,} {KINDS[kind].label} have left, have not started yet or are not current, "
        "says the MIS, so they did not come in. Ask the school to check these dates in the MIS.",
    }
