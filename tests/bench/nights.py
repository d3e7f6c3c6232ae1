"""Parts A, B and D: a night of one school, beside the floor."""

from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.bench.actor import Actor, actor, median
from tests.bench.place import TOKEN, sandbox
from tests.bench.table import WALL, at_most, below, sample

WARM_UP = 2


class School(NamedTuple):
    """One school that was imported. wonde: its sandbox. ours: the product. floor: asks what ours asked."""

    wonde: Any
    ours: Actor
    floor: Actor
    env: dict
    given: dict

    def beside(self, what):
        """Somebody else who lands the same rows; what: "module:Class"."""
        return actor(f"tests.bench.{what}", self.env, **self.given)


@contextmanager
def school(place, students):
    """A `School` in a database of its own."""
    name = place.database("nights")
    with sandbox(students=students) as wonde, actor(
        "tests.bench.ours:Sync", place.env(name, wonde.url), wonde_id=wonde.schools[0]
    ) as ours:  # fmt: skip
        ours.do("empty")
        ours.do("night")
        wonde.forget()
        ours.do("night")
        ours.do("settle_down")
        targets = wonde.asked()
        given = {"sandbox": wonde.url, "token": TOKEN, "database": place.url(name)}
        given |= {"targets": targets, "chosen": ours.do("chosen")}
        with actor("tests.bench.floor:Floor", place.env(name), **given) as floor:
            floor.do("empty")
            yield School(wonde, ours, floor, place.env(name), given)


def in_pairs(number, first, second):
    """Both steps alternately, `number` times each after a warm-up: (median of the first, median of the second)."""
    taken = [(first(), second()) for _ in range(WARM_UP + number)][WARM_UP:]
    return tuple(map(median, zip(*taken, strict=True)))


def same_work(ours, floor):
    """What ours holds is what the floor landed, row for row."""
    kept, landed = ours.do("digest"), ours.do("digest_of_bare")
    if kept != landed:
        raise SystemExit(f"Not the same work: ours holds {kept}, the floor landed {landed}.")
    return {kind: number for kind, (number, _) in kept.items()}


def part_a(place, asked):
    """An unchanged night."""
    with school(place, asked.students) as (_, ours, floor, *_):
        mine, theirs = in_pairs(asked.pairs, lambda: ours.measure("night"), lambda: floor.measure("night"))
        floor.do("land")
        same_work(ours, floor)
    return [
        at_most("A. unchanged night, CPU", sample(mine), sample(theirs), 2.0),
        below(f"A. unchanged night, {WALL}", mine.wall_ms, 150),
    ]


def part_b(place, asked):
    """The first import."""

    def first():
        ours.do("empty")
        return ours.measure("night")

    def copied():
        floor.do("empty")
        return floor.measure("land")

    with school(place, asked.students) as (_, ours, floor, *_):
        mine, theirs = in_pairs(asked.pairs, first, copied)
        same_work(ours, floor)
    return [
        at_most("B. first import, CPU with the server", sample(mine), sample(theirs), 6.0),
        at_most("B. first import, CPU of the client", mine.client_ms, theirs.client_ms, 3.0),
        below(f"B. first import, {WALL}", mine.wall_ms, None),
    ]


def part_d(place, asked):
    """A night in which 1% changed: names, addresses, places and people, beside a night without news."""

    def changed():
        wonde.happen(wonde.schools[0], events)
        floor.do("night")  # the sandbox has made the new pages
        written.append(sum(ours.do("preview").values()))
        return ours.measure("night")

    share, written = max(1, asked.students // 100), []
    events = [
        {"event": "rename", "count": share},
        {"event": "change_email", "count": share * 2},
        {"event": "move_class", "count": max(1, share // 4)},
        {"event": "join", "count": 1},
        {"event": "leave", "count": 1},
    ]
    with school(place, asked.students) as (wonde, ours, floor, *_):
        mine, theirs = in_pairs(asked.pairs, changed, lambda: ours.measure("night"))
    news = sum(written) / len(written)
    return [at_most(f"D. night with news ({news:.0f} rows), CPU", sample(mine), sample(theirs), 1.3)]
