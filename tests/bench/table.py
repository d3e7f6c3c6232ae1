"""Lines of the benchmark: what was measured, beside what, and whether the goal is met. Printed, and kept as JSON."""

from dataclasses import asdict, dataclass

HEAD = ("case", "ours", "beside", "ratio", "goal", "met")
WALL = "wall"  # in a case's name: a time by the clock, which everything else on the machine makes longer


@dataclass
class Line:
    """ratio: ours to the other's, or the other's to ours where we want to take so many times less; None without one.
    met: None where there is no goal."""

    case: str
    ours: str
    beside: str = "–"
    ratio: float | None = None
    goal: str = "–"
    met: bool | None = None


def at_most(case, ours, beside, goal, unit="ms"):
    """Ours may be `goal` times what stands beside it; goal None: only told. ours: a number, or (number, words)."""
    (mine, said), (other, named) = _told(ours, unit), _told(beside, unit)
    ratio = mine / other if other else 0.0
    return Line(case, said, named, ratio, *_goal(f"≤ {goal}×", goal, ratio <= (goal or 0)))


def times_less(case, ours, beside, goal, unit="ms"):
    """What stands beside takes `goal` times as much as ours, or more."""
    (mine, said), (other, named) = _told(ours, unit), _told(beside, unit)
    ratio = other / mine if mine else 0.0
    return Line(case, said, named, ratio, *_goal(f"≥ {goal}× less", goal, ratio >= (goal or 0)))


def below(case, ours, limit, unit="ms"):
    """Ours by itself; limit None: only told."""
    mine, said = _told(ours, unit)
    return Line(case, said, "–", None, *_goal(f"≤ {limit:,} {unit}" if limit else "", limit, mine <= (limit or 0)))


def above(case, ours, limit, unit):
    """Ours by itself, the more the better."""
    mine, said = _told(ours, unit)
    return Line(case, said, "–", None, *_goal(f"≥ {limit:,} {unit}" if limit else "", limit, mine >= (limit or 0)))


def sample(taken):
    """(CPU, in words) of a Sample: client and server apart."""
    return taken.cpu_ms, f"{taken.cpu_ms:,.0f} ms ({taken.client_ms:,.0f} + {taken.server_ms:,.0f})"


def _told(value, unit):
    if isinstance(value, tuple):
        return value
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return value, f"{value:,.{digits}f} {unit}"


def _goal(words, goal, met):
    return (words, met) if goal else ("–", None)


def printed(lines):
    """The table as text."""
    rows = [HEAD, *([*map(str, _cells(line))] for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    told = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([told[0], "  ".join("-" * width for width in widths), *told[1:]])


def _cells(line):
    ratio = "–" if line.ratio is None else f"{line.ratio:.2f}"
    return line.case, line.ours, line.beside, ratio, line.goal, {None: "–", True: "yes", False: "NO"}[line.met]


def as_data(lines):
    return [asdict(line) for line in lines]
