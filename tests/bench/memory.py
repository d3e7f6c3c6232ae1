"""Part I: what a worker holds, for a large school and after hundreds of syncs."""

from statistics import median

from tests.bench.actor import actor
from tests.bench.place import sandbox
from tests.bench.table import below

LARGE = 3_000  # students
LIMIT_MIB, FLAT = 250, 5  # per cent


def part_i(place, asked):
    """Memory: a school of 3,000 students, then hundreds of syncs in one worker."""
    first, night = _peaks(place)
    syncs = asked.syncs
    with sandbox(students=asked.students) as wonde, actor(
        "tests.bench.ours:Sync", place.env(place.database("memory"), wonde.url), wonde_id=wonde.schools[0]
    ) as ours:  # fmt: skip
        ours.do("empty")
        held = [ours.do("night_and_memory") for _ in range(syncs)]
    tenth = max(1, syncs // 10)
    early, late = median(held[:tenth]), median(held[-tenth:])
    growth = 100 * (late / early - 1)
    return [
        below(f"I. peak, first import of {LARGE:,} students", first, LIMIT_MIB, "MiB"),
        below(f"I. peak, unchanged night of {LARGE:,} students", night, LIMIT_MIB, "MiB"),
        below(f"I. growth over {syncs} syncs, {early:.0f} to {late:.0f} MiB", (growth, f"{growth:+.1f} %"), FLAT, "%"),
    ]


def _peaks(place):
    """Peak memory in MiB of a process that imports the large school, and of a new one that reads it again."""
    with sandbox(students=LARGE) as wonde:
        env, peaks = place.env(place.database("memory"), wonde.url), []
        for fresh in (True, False):
            with actor("tests.bench.ours:Sync", env, wonde_id=wonde.schools[0]) as ours:
                if fresh:
                    ours.do("empty")
                peaks.append(ours.measure("night").peak_mib)
    return peaks
