"""One night as the rules see it: what was read, and what they have found in it so far."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from tests.sync.oracle.night.year import Year
from tests.sync.oracle.ours import Tables
from tests.sync.oracle.wonde import Theirs
from tests.sync.oracle.words import LINKS, ROWS


@dataclass(frozen=True)
class Night:
    """Both sides when the run begins (aware, UTC), and what people have said: see `expected`."""

    ours: Tables
    wonde: Theirs
    now: datetime
    blocks: list
    approved: set | None
    keeps: set
    pairs: dict
    year: Year
    said: dict
    out: list

    @property
    def rules(self):
        return self.ours.rules

    @property
    def today(self):
        return self.now.date()


@dataclass
class Found:
    """What the steps have found, in the order of `expected`; each reads only what came before it.

    aside: kinds and links of which nothing is known tonight. in_doubt: kinds of which nobody is missing tonight.
    safe: ours, by kind or link, of which nothing can be concluded. keys: kind -> Wonde id -> our primary key, or the
    Wonde id itself. why: kind -> key -> why Wonde's row is not kept. kept: kind -> key -> the row as it is to be.
    students: class -> Wonde ids of its students who are here, None where not known. imported: Wonde ids of classes
    that are in, in the order in which a student's class is chosen. members: class that is out -> Wonde ids. wanted:
    link -> ends -> what it says. still: what guardianships of ours say of rights while they are still here,
    confirmed or not. details: student -> column -> what it is to say, of kept students.
    """

    aside: set = field(default_factory=set)
    in_doubt: set = field(default_factory=set)
    safe: dict = field(default_factory=lambda: {name: set() for name in (*ROWS, *LINKS)})
    keys: dict = field(default_factory=dict)
    why: dict = field(default_factory=lambda: defaultdict(dict))
    kept: dict = field(default_factory=lambda: defaultdict(dict))
    students: dict = field(default_factory=dict)
    imported: list = field(default_factory=list)
    members: dict = field(default_factory=dict)
    wanted: dict = field(default_factory=lambda: defaultdict(dict))
    choices: set = field(default_factory=set)
    still: dict = field(default_factory=dict)
    details: dict = field(default_factory=dict)
