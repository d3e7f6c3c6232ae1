"""Parts F and G: the same night and the same pages in a database of thousands of other schools.

The others are copies of one imported school, made inside PostgreSQL; the database is kept for later runs.
"""

from contextlib import contextmanager

from tests.bench.actor import actor
from tests.bench.nights import in_pairs
from tests.bench.place import sandbox
from tests.bench.table import Line, at_most, sample

STUDENTS = 1_000
REPEATS = 10
A_PAGE = 100  # schools fill a list of the admin, in the small database as in the large one


@contextmanager
def small_and_large(place, few, many):
    """(environments of a database with a school and `few` others and of one with `many`, Wonde id of the school)."""
    with sandbox(students=STUDENTS) as wonde:
        envs = []
        for others in (few, many):
            env = place.env(place.database(f"growth_{others}", fresh=False), wonde.url)
            with actor("tests.bench.crowd:Crowd", env, wonde_id=wonde.schools[0]) as crowd:
                if crowd.do("others") != others:
                    env = place.env(place.database(f"growth_{others}"), wonde.url)
            with actor("tests.bench.crowd:Crowd", env, wonde_id=wonde.schools[0]) as crowd:
                if crowd.do("others") != others:
                    crowd.do("build", others=others)
            envs.append(env)
        yield (*envs, wonde.schools[0])


def part_f(place, asked):
    """An unchanged night among thousands of other schools."""
    with (
        small_and_large(place, 0, asked.schools) as (small, large, school),
        actor("tests.bench.ours:Sync", small, wonde_id=school) as alone,
        actor("tests.bench.ours:Sync", large, wonde_id=school) as among,
    ):
        mine, theirs = in_pairs(asked.pairs, lambda: among.measure("night"), lambda: alone.measure("night"))
    case = f"F. unchanged night among {asked.schools:,} other schools, CPU"
    return [at_most(case, sample(mine), sample(theirs), 1.2)]


def part_g(place, asked):
    """Pages and API among thousands of other schools, beside a hundred."""
    lines = []
    with (
        small_and_large(place, min(A_PAGE, asked.schools), asked.schools) as (small, large, school),
        actor("tests.bench.crowd:Pages", small, wonde_id=school) as alone,
        actor("tests.bench.crowd:Pages", large, wonde_id=school) as among,
    ):
        for page in alone.do("names"):

            def ask(who, page=page):
                return lambda: who.measure("ask", page=page, times=REPEATS)

            mine, theirs = in_pairs(asked.pairs, ask(among), ask(alone))
            told = among.do("told", page=page)
            case = "G. {page}, p50 {p50:.0f} ms, p95 {p95:.0f} ms, {queries} queries, CPU".format(page=page, **told)
            if told["queries"] != alone.do("told", page=page)["queries"]:
                lines.append(Line(case, f"{told['queries']} queries", goal="as many queries", met=False))
            lines.append(at_most(case, _each(mine), _each(theirs), 1.2))
    return lines


def _each(taken):
    return taken.cpu_ms / REPEATS, f"{taken.cpu_ms / REPEATS:,.1f} ms"
