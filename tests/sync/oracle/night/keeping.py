"""What a person said to keep: it stays until the MIS has it again, ends it by something new, or a person lets it go."""

from dataclasses import dataclass, field

from tests.sync.oracle.night.bulk import PRESENCE
from tests.sync.oracle.night.going import unasked

PEOPLE = ("employees", "students", "contacts")
DETAILS = ("identity", "addresses")


@dataclass
class Kept:
    """stays: (kind, primary key) of whom a person's word keeps tonight. old: the same, whose old details stay. quiet:
    those of whom tonight says nothing, or nothing that changes it."""

    stays: set = field(default_factory=set)
    old: set = field(default_factory=set)
    quiet: set = field(default_factory=set)


def of(night, kind, limit):
    """Whom a person kept when that limit asked; at a rollover they have seen every name again."""
    if night.year.confirmed:
        return set()
    return {key for (what, key), asked in night.ours.kept.items() if what == kind and asked == limit}


def against_the_mis(night, found):
    """(kind, key) of whom the MIS still says that they are not here, and a person said that they are."""
    return {
        (kind, key)
        for kind in ("students", "employees", "classes")
        for key in of(night, kind, "evidence")
        if found.why[kind].get(key) in PRESENCE
    }


def kept(night, found, going, at_once, old):
    """at_once: (kind, key) of whom the MIS says too many are not here: a person is asked anew. old: of whom it says
    what a person refused to take over."""
    out = Kept(old=old)
    for (kind, key), limit in night.ours.kept.items():
        if limit not in DETAILS and not night.year.confirmed:
            if kind == "classes":
                goes = going.would_go(kind, key) and night.ours.decisions.get(key) != "out"
            else:
                goes = key in unasked(night, going, kind, alone=False)
            if goes and (kind, key) not in at_once:
                out.stays.add((kind, key))
    for kind, key in night.ours.kept:
        listed = kind not in found.aside and key in found.kept[kind]
        if not listed or (kind, key) in out.stays | out.old:
            out.quiet.add((kind, key))
    return out
