"""A warm process that does one thing over and over, and what each time took.

The parent starts `python -m tests.bench.actor MODULE:CLASS`, sends the arguments of the class as one JSON line, then
one line for each thing to do, and reads one line back for each. Imports and connections are made before anything is
measured.
"""

import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from config.running.processes import die_with_parent, signal

NANOSECONDS = 1_000_000  # in a millisecond
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    """What one step took: CPU of the process and of PostgreSQL for it, wall time, the process's peak memory so far."""

    client_ms: float
    server_ms: float
    wall_ms: float
    peak_mib: float

    @property
    def cpu_ms(self):
        return self.client_ms + self.server_ms


def median(samples: Iterable[Sample]) -> Sample:
    """Field by field; of the memory the most."""
    columns = list(zip(*samples, strict=True))
    return Sample(*map(statistics.median, columns[:3]), max(columns[3]))


class Server:
    """The CPU that PostgreSQL spends on its clients. postmaster: process id.

    Backends that live are counted to the nanosecond; those that ended within a step (of a client that opens its own
    connections, and parallel workers) to the hundredth of a second, as the kernel keeps them for the postmaster.
    """

    def __init__(self, postmaster: int):
        self.postmaster = postmaster

    def read(self):
        children = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split()
        living = {pid: used for pid in children if (used := self._used(pid)) is not None}
        ended = Path(f"/proc/{self.postmaster}/stat").read_text().rpartition(") ")[2].split()[13:15]
        return living, sum(map(int, ended)) * TICK_MS

    def since(self, before) -> float:
        """Milliseconds between `before` and now."""
        (was, ended_before), (living, ended) = before, self.read()
        return sum(used - was.get(pid, 0) for pid, used in living.items()) / NANOSECONDS + ended - ended_before

    def _used(self, pid):
        """Nanoseconds of a backend that serves a client; None for the server's own housekeeping."""
        try:
            title = Path(f"/proc/{pid}/cmdline").read_text()
            return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) if " 127.0.0.1(" in title else None
        except OSError:  # it ended meanwhile
            return None


class Actor:
    """The parent's end."""

    def __init__(self, process):
        self.process = process

    def do(self, name, **arguments):
        """Do it, and return what it answers."""
        return self._ask(name, arguments)["answer"]

    def measure(self, name, **arguments) -> Sample:
        """Do it, and return what that took."""
        return Sample(*self._ask(name, arguments)["sample"])

    def _ask(self, name, arguments):
        self.process.stdin.write(json.dumps([name, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(
                "A part of the benchmark failed and says why above. `make bench` goes on where it stopped."
            )
        return json.loads(line)


@contextmanager
def actor(what: str, env, **arguments):
    """An `Actor` for the length of a `with`. what: "module:Class"; arguments: of the class."""
    command = [sys.executable, "-m", "tests.bench.actor", what]
    preexec = die_with_parent(signal.SIGTERM)
    with subprocess.Popen(
        command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=preexec
    ) as process:
        assert process.stdin
        try:
            process.stdin.write(json.dumps(arguments) + "\n")
            yield Actor(process)
        finally:
            process.stdin.close()


def serve(what):
    """The child's end: stdout is for answers only, whatever else is printed goes to stderr."""
    answers, sys.stdout = sys.stdout, sys.stderr
    module, _, name = what.partition(":")
    acting = getattr(importlib.import_module(module), name)(**json.loads(sys.stdin.readline()))
    server = Server(int(os.environ["BENCH_POSTMASTER"]))
    for line in sys.stdin:
        name, given = json.loads(line)
        before, wall, client = server.read(), time.perf_counter_ns(), time.process_time_ns()
        answer = getattr(acting, name)(**given)
        client, wall = time.process_time_ns() - client, time.perf_counter_ns() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sample = client / NANOSECONDS, server.since(before), wall / NANOSECONDS, peak
        print(json.dumps({"answer": answer, "sample": sample}), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
