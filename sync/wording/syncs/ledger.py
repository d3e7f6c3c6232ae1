"""A run's ledger as lines that add up: read = imported + withheld + unreadable; who is hidden stands beside the sum."""

from dataclasses import dataclass

from sync.facts.kinds import KINDS
from sync.wording.reasons import IN_WORDS


@dataclass(frozen=True)
class Line:
    """One kind in a ledger. withheld: (reason in words, who can change it, number), largest first. perhaps_hidden: how
    many of those here may be among the hidden."""

    label: str
    read: int
    imported: int
    withheld: list[tuple[str, str, int]]
    unreadable: int
    hidden: int
    perhaps_hidden: int = 0

    @property
    def withheld_total(self):
        return sum(number for _, _, number in self.withheld)


def lines(ledger):
    """The ledger of a run as it is stored, {kind: {"read": n, …}}, in the order of the kinds; what is attached to a row
    has no line."""
    return [_line(kind, ledger[name]) for name, kind in KINDS.items() if name in ledger and not kind.attached]


def _line(kind, entry):
    by_number = sorted(entry.get("withheld", {}).items(), key=lambda item: (-item[1], item[0]))
    withheld = [(*_words(code), number) for code, number in by_number if number]
    return Line(
        label=kind.label,
        read=entry.get("read", 0),
        imported=entry.get("imported", 0),
        withheld=withheld,
        unreadable=entry.get("unreadable", 0),
        hidden=entry.get("hidden", 0),
        perhaps_hidden=entry.get("perhaps_hidden", 0),
    )


def _words(code):
    return (IN_WORDS[code].sentence, IN_WORDS[code].who) if code in IN_WORDS else (code, "")
