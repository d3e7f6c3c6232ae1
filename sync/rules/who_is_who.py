"""Which student in the MIS each student made by hand is, and the same for classes. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from sync.rules.match import agree


class Hand(Struct, frozen=True):
    """A student made by hand. key: our primary key; school_class: that of the class they are in."""

    key: int
    name: str
    year: str
    upn: str
    shown: str
    school_class: int


class Remote(Struct, frozen=True):
    """A student in the MIS. name: folded; shown: as in a list."""

    wonde_id: str
    name: str
    year: str
    upn: str
    shown: str


class Proposed(Struct):
    """pairs: key of a student made by hand -> Wonde id; how: key -> "UPN" or "name and year group". loose: those
    without a match; free: Wonde ids without one."""

    pairs: dict[int, str] = field(default_factory=dict)
    how: dict[int, str] = field(default_factory=dict)
    loose: list[int] = field(default_factory=list)
    free: list[str] = field(default_factory=list)


def propose(hands: Iterable[Hand], remotes: Iterable[Remote]) -> Proposed:
    """Match by UPN, else by exact name and year group. What is not unique on both sides, or shares a UPN but neither
    name nor year group, is left to a person."""
    hands, remotes = list(hands), list(remotes)
    out = Proposed()
    for how in ("UPN", "name and year group"):
        taken = set(out.pairs.values())
        mine = defaultdict(list)
        for hand in hands:
            if hand.key not in out.pairs and (value := _value(hand, how)):
                mine[value].append(hand)
        theirs = defaultdict(list)
        for remote in remotes:
            if remote.wonde_id not in taken and (value := _value(remote, how)):
                theirs[value].append(remote)
        for value, found in mine.items():
            there = theirs.get(value, [])
            if len(found) == len(there) == 1 and agree(found[0].name, found[0].year, there[0].name, there[0].year):
                out.pairs[found[0].key], out.how[found[0].key] = there[0].wonde_id, how
    taken = set(out.pairs.values())
    out.loose = [hand.key for hand in hands if hand.key not in out.pairs]
    out.free = [remote.wonde_id for remote in remotes if remote.wonde_id not in taken]
    return out


def _value(row: Hand | Remote, how: str) -> str:
    if how == "UPN":
        return row.upn
    return f"{row.name}|{row.year}" if row.name and row.year else ""


def propose_classes(
    hands: Iterable[Hand], pairs: Mapping[int, str], members: Mapping[int, Iterable[str]]
) -> dict[int, int]:
    """Class in the MIS -> class made by hand, if it holds more than half of the latter's matched students and each is
    the other's best match. members: class in the MIS -> Wonde ids."""
    inside = {key: set(ids) for key, ids in members.items()}
    shared: Counter[tuple[int, int]] = Counter()
    sizes: Counter[int] = Counter()
    for hand in hands:
        if hand.key not in pairs:
            continue
        sizes[hand.school_class] += 1
        for key, ids in inside.items():
            if pairs[hand.key] in ids:
                shared[key, hand.school_class] += 1
    found: dict[int, int] = {}
    for (theirs, ours), count in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if theirs not in found and ours not in found.values() and 2 * count > sizes[ours]:
            found[theirs] = ours
    return found


def likely(hand: Hand, remotes: Iterable[Remote], most: int = 12) -> list[Remote]:
    """Who a student could be, best first: same UPN, names that share words, same year group."""
    words = set(hand.name.split())

    def likeness(remote: Remote) -> int:
        return len(words & set(remote.name.split())) + (100 if hand.upn and hand.upn == remote.upn else 0)

    ranked = sorted(remotes, key=lambda remote: (-likeness(remote), remote.year != hand.year, remote.name))
    return [remote for remote in ranked if likeness(remote)][:most]
