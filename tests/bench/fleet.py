"""Parts E and E2: many schools through Celery, as a night is."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from config.running.processes import die_with_parent, signal
from tests.bench.actor import NANOSECONDS, Server, actor
from tests.bench.place import PROJECT, TOKEN, sandbox
from tests.bench.table import WALL, above, at_most
from tests.tools.waiting import wait_for

STUDENTS = 1000
CACHE_MB = 2000
PATIENCE_S = 900
LATE_S = 0.3
PLACES = 32  # of the chosen pool
CHOSEN = f"{PLACES} processes"
ROUNDS = 4  # schools for each place: the first of each is slow
POOLS = {  # E2: what is tried, as options of the worker
    "8 processes": ["--concurrency", "8"],
    CHOSEN: ["--concurrency", str(PLACES)],
    f"{PLACES} threads": ["--concurrency", str(PLACES), "--pool", "threads"],
}


class Fleet:
    """Schools that were imported. boss: an actor that queues and counts."""

    def __init__(self, place, wonde, boss, env):
        self.place, self.wonde, self.boss, self.env = place, wonde, boss, env

    def night(self, number, options):
        """(seconds by the clock, CPU ms of the workers with PostgreSQL, of the sandbox, MiB of the workers) for one
        night of the first `number` schools through a worker that is ready."""
        server = Server(self.place.postmaster)
        with worker(self.env, options) as process:
            self.boss.do("queue", number=1)  # everyone has said hello
            self._wait(1)
            self.wonde.forget()
            before, mine, theirs = server.read(), cpu_ms(process.pid), self.wonde.cpu_ms
            began = time.perf_counter()
            self.boss.do("queue", number=number)
            self._wait(number)
            took = time.perf_counter() - began
            used = cpu_ms(process.pid) - mine + server.since(before)
            return took, used, self.wonde.cpu_ms - theirs, memory_mib(process.pid)

    def _wait(self, number):
        too_long = f"The fleet's night did not end within {PATIENCE_S} s."
        wait_for(lambda: self.boss.do("applied") >= number, PATIENCE_S, too_long)


@contextmanager
def fleet(place, schools, students=STUDENTS):
    """A `Fleet` that was imported once."""
    name = place.database("fleet")
    with sandbox(schools, students, CACHE_MB) as wonde:
        env = place.env(name, wonde.url)
        with actor("tests.bench.ours:Fleet", env, wonde_ids=wonde.schools) as boss:
            all_of_them = Fleet(place, wonde, boss, env)
            boss.do("empty")
            all_of_them.night(schools, ["--concurrency", "2"])
            boss.do("settle_down")
            yield all_of_them


@contextmanager
def worker(env, options):
    """A Celery worker as in production, with `options`, for the length of a `with`."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--without-mingle", "--without-gossip"]
    with subprocess.Popen(
        [*command, "--loglevel", "ERROR", *options], cwd=PROJECT, env=env, stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGTERM),
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()


def family(pid):
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [str(pid), *children]


def cpu_ms(pid):
    """CPU of a worker and its pool so far, all threads."""
    tasks = [task for member in family(pid) for task in Path(f"/proc/{member}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / NANOSECONDS


def memory_mib(pid):
    """What a worker and its pool hold; shared pages are counted once."""
    rollups = [Path(f"/proc/{member}/smaps_rollup").read_text() for member in family(pid)]
    return sum(int(text.split("Pss:")[1].split()[0]) for text in rollups) / 1024


def part_e(place, asked):
    """A fleet of schools, unchanged, through Celery on two cores, sandbox included."""
    with fleet(place, asked.fleet) as schools:
        took, used, served, _ = schools.night(asked.fleet, ["--concurrency", str(os.cpu_count())])
        floor = _floor(schools)
    each = (used + served) / asked.fleet
    return [
        above(f"E. {asked.fleet} schools of {STUDENTS:,}, unchanged, {WALL}", asked.fleet / took, 5, "schools/s"),
        above("E. the same, of two cores' CPU", 2000 / each, 5, "schools/s"),
        at_most("E. CPU a school, without the sandbox", used / asked.fleet, floor / asked.fleet, None),
    ]


def _floor(schools):
    """CPU ms of floor A for what the last night asked."""
    given = {"sandbox": schools.wonde.url, "token": TOKEN, "database": schools.env["DATABASE_URL"]}
    with actor("tests.bench.floor:Floor", schools.env, targets=schools.wonde.asked(), **given) as floor:
        floor.do("night")
        return floor.measure("night").cpu_ms


def part_e2(place, asked):
    """The same where Wonde takes 300 ms for each answer: processes or threads, and what they hold."""
    number, lines = min(asked.fleet, ROUNDS * PLACES), []
    with fleet(place, number) as schools:
        schools.wonde.control("POST", "faults", {"kind": "late", "path": "", "parameters": {"seconds": LATE_S}})
        for name, options in POOLS.items():
            took, _, _, held = schools.night(number, options)
            hourly = number / took * 3600
            goal = 18_000 if name == CHOSEN else None
            lines.append(above(f"E2. 300 ms an answer, {name} ({held:,.0f} MiB), {WALL}", hourly, goal, "schools/h"))
    return lines
