"""What waits for a person, or what somebody should look at, as data: `sync.wording.waiting` says it in a sentence."""

from msgspec import Struct

from sync.rules.change_of_mis import Matched

# What can hardly be true, whatever of it applies: people hear of it at once.
ALARMS = frozenset({"unreadable", "emptied", "not_current"})


class Waiting(Struct, frozen=True, omit_defaults=True):
    """One thing that waits, about rows of one kind.

    code: what it is. limit: which limit holds the rows, as in `Judgement.held`; "" where none is held. count, of: how
    many of how many. missing: how many of them are no longer in the MIS. before: how many went in the seven days
    before. column: which column of the kind. fact: a fact of `sync.rules.silence`. name: of a class, or of the MIS.
    matched: of a change of MIS, how far it is known who is who.
    """

    kind: str
    code: str
    limit: str = ""
    count: int = 0
    of: int = 0
    missing: int = 0
    before: int = 0
    column: str = ""
    fact: str = ""
    name: str = ""
    matched: tuple[Matched, ...] = ()
