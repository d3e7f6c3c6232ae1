"""Part C: what people would otherwise use to land the same rows, on a first import and on an unchanged night."""

from contextlib import ExitStack
from importlib.util import find_spec

from tests.bench.actor import median
from tests.bench.nights import same_work, school
from tests.bench.table import Line, sample, times_less

PEERS = {  # name -> (class, how many times less CPU than it we want to take)
    "dlt": ("Dlt", 10),
    "update_or_create loop": ("Loop", 20),
    "bulk_create(update_conflicts)": ("Bulk", None),
}
FIRST, UNCHANGED = "first import", "unchanged night"


def part_c(place, asked):
    """The same rows landed by dlt, by an update_or_create loop and by a bulk upsert."""
    names = [name for name in PEERS if name != "dlt" or find_spec("dlt")]
    taken = {(name, when): [] for name in ["ours", *names] for when in (FIRST, UNCHANGED)}
    with school(place, asked.students) as one, ExitStack() as stack:
        peers = {name: stack.enter_context(one.beside(f"peers:{PEERS[name][0]}")) for name in names}
        for _ in range(asked.pairs):
            for name, actor in {"ours": one.ours, **peers}.items():
                land = "night" if name == "ours" else "land"
                actor.do("empty")
                taken[name, FIRST].append(actor.measure(land))
                one.ours.do("settle_down")
                taken[name, UNCHANGED].append(actor.measure(land))
                if name == "dlt":
                    one.ours.do("not_lacking")
                elif name != "ours":
                    same_work(one.ours, one.floor)
    lines = []
    for name in names:
        for when in (FIRST, UNCHANGED):
            mine, theirs = median(taken["ours", when]), median(taken[name, when])
            lines.append(times_less(f"C. {when}, beside {name}", sample(mine), sample(theirs), PEERS[name][1]))
    if "dlt" not in names:
        lines.append(Line("C. beside dlt", "–", "not installed (make venv-bench)"))
    return lines
