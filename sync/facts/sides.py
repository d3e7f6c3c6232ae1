"""The two sides of a sync as plain data: ours before it, and theirs once the rules of who may be kept were applied."""

from collections import Counter
from collections.abc import Mapping, Set
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct, field

from sync.facts.decisions import Decisions
from sync.facts.errors import LedgerError
from sync.facts.kinds import ContactRow, Key, Kind, OwnRow, Row, StudentRow
from sync.facts.snapshot import Rows


class SevenDays(Struct, frozen=True):
    """A rolling seven days of a kind or class: its size at the start, and how many left since by absence, unasked."""

    start: int
    gone: int = 0


class Blocks(Protocol):
    """What people said against contacts (`parents.rules.blocks.Blocks`)."""

    def cover(self, key: Key, student: StudentRow, contact: ContactRow) -> bool:
        """Whether `contact` is blocked for `student`; `key` is the student's."""


class LeftOut(Protocol):
    """Whom people left out of the product (`schools.left_out.LeftOut`)."""

    def find(self, kind: str, key: Key, person: Any, is_here: bool = False) -> Any:
        """The word (with its `row_id`) by which a person is left out, or None. key: theirs or ours; person: a row with
        what identifies them; is_here: whether we have them as current."""


class Ours(Struct):
    """Our side, by kind and key. former: who left before and may return. stays: link key -> primary key of the stay.
    week: per kind, class_week: per class. pairs: kind -> Wonde id -> key, as a person settled after a change of MIS.
    said: kind -> (Wonde id, key) -> whether somebody new is this row of ours, as a person said. mis: what the school's
    MIS was called. kept: kind -> key -> the limit that held it when a person said that it stays. hidden: kind -> keys
    of people who are perhaps no longer shared, also of those who left. beyond: kind -> how many more people Wonde
    counted than it showed, when it last counted. deleted: kind -> keys of what waits and Wonde called deleted."""

    rows: dict[str, dict[Key, Row]]
    former: dict[str, dict[Key, Row]] = field(default_factory=dict)
    stays: dict[str, dict[Key, int]] = field(default_factory=dict)
    week: dict[str, SevenDays] = field(default_factory=dict)
    class_week: dict[Key, SevenDays] = field(default_factory=dict)
    pairs: dict[str, dict[str, Key]] = field(default_factory=dict)
    said: dict[str, dict[tuple[str, Key], bool]] = field(default_factory=dict)
    kept: dict[str, dict[Key, str]] = field(default_factory=dict)
    hidden: dict[str, set[Key]] = field(default_factory=dict)
    beyond: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, set[Key]] = field(default_factory=dict)
    mis: str = ""
    decisions: Decisions = field(default_factory=Decisions)
    blocks: Blocks | None = None
    left_out: LeftOut | None = None

    def ever(self, kind: Kind[OwnRow]) -> Mapping[Key, OwnRow]:
        """The rows of a kind, those that left included."""
        return kind.of({kind.name: {**self.former.get(kind.name, {}), **self.rows[kind.name]}})

    def to_match(self, kind: Kind[OwnRow]) -> Mapping[Key, OwnRow]:
        """The rows of a kind that a change of MIS has to find again: those that are here, and those left out of the
        product, who must be known again under their new ids."""
        rows = dict(kind.of(self.rows))
        if self.left_out is not None:
            former = kind.of({kind.name: self.former.get(kind.name, {})})
            rows |= {key: row for key, row in former.items() if self.left_out.find(kind.name, key, row)}
        return rows

    def here(self, kind: str) -> set[Key]:
        """The keys of what is here of a kind: everybody, and of classes those that are in."""
        return {key for key, row in self.rows[kind].items() if getattr(row, "status", "in") == "in"}


class Ledger(Struct):
    """What became of every row of a kind that was read. hidden stands beside the sum: Wonde told only the number.
    perhaps_hidden: how many of ours may be among them.

    aside: why nothing was concluded of the kind, "" where it was. kept: columns that went empty as a whole and
    whose old values stay, which nobody is written to. keys: unexpected names of keys, counted.
    """

    read: int = 0
    imported: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    hidden: int = 0
    perhaps_hidden: int = 0
    aside: str = ""
    kept: list[str] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Rows[object], imported: int, withheld: Counter[str]) -> "Ledger":
        """Of one complete read, and what became of its rows."""
        unreadable = len(source.unreadable) + source.anonymous
        return cls(source.read, imported, withheld, unreadable, source.hidden)

    def check(self, kind: str) -> None:
        """Raises LedgerError where the rows read are not all accounted for."""
        if self.read != self.imported + self.withheld.total() + self.unreadable:
            raise LedgerError(f"The ledger of {kind} does not add up: {self}. Nothing was changed. Tell the engineers.")


OneRow = TypeVar("OneRow", bound=Row, covariant=True)


class Part(Struct, Generic[OneRow], frozen=True):
    """The screening of one kind, by key. theirs: the rows that are in. withheld: why the others are not. present: rows
    that Wonde has but that could not be read in full; nothing is concluded of them. ended: ours that evidence or a
    person's decision ends. said: what rows of ours that are not confirmed, or are so again, say of rights now; in a
    pause this is all they say."""

    theirs: Mapping[Key, OneRow] = field(default_factory=dict)
    withheld: Mapping[Key, str] = field(default_factory=dict)
    present: Set[Key] = frozenset()
    ended: Mapping[Key, str] = field(default_factory=dict)
    said: Mapping[Key, OneRow] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)


class Screened(Struct, frozen=True):
    """theirs, withheld, present, ended, said, ledger: by kind, as in `Part`. aside: kinds of which nothing may be
    concluded tonight, and why. unsure: kinds with a row that could be anyone, so nobody of them is absent. second:
    students whom the MIS has in a further imported class, and which. keys: per kind, Wonde id -> key, of every row
    Wonde has. members: Wonde ids of who is in each class of the school's own subjects that is out. over: (student,
    class) of choices about a conflict that is gone. unlike: (kind, Wonde id, key) of new rows that an identifier takes
    for one of ours, which has another name and year group. graduates: students of the top year who leave at the year's
    end. stated, silent: facts of `sync.rules.silence` that tonight's sync states, and those of which it says nothing
    about anybody."""

    theirs: Mapping[str, Mapping[Key, Row]]
    withheld: Mapping[str, Mapping[Key, str]]
    present: Mapping[str, Set[Key]]
    ended: Mapping[str, Mapping[Key, str]]
    said: Mapping[str, Mapping[Key, Row]]
    ledger: Mapping[str, Ledger]
    aside: Mapping[str, str]
    unsure: Set[str]
    second: list[tuple[Key, Key]]
    keys: Mapping[str, Mapping[str, Key]]
    members: Mapping[Key, list[str]]
    over: list[tuple[Key, Key]]
    unlike: list[tuple[str, str, Key]]
    graduates: Set[Key]
    stated: Set[str]
    silent: Set[str]
