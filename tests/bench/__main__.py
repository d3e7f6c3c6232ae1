"""`make bench`: ours beside something else, in one table. `python -m tests.bench --help` says how.

The result of each part is written down as soon as it is there: an interrupted run goes on with the parts it lacks.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from config.embedded import EmbeddedError, forget
from tests.bench import fleet, growth, memory, nights, others, post, table
from tests.bench.place import DATA, PROJECT, place

PARTS = {
    "A": nights.part_a,
    "B": nights.part_b,
    "C": others.part_c,
    "D": nights.part_d,
    "E": fleet.part_e,
    "E2": fleet.part_e2,
    "F": growth.part_f,
    "G": growth.part_g,
    "H": post.part_h,
    "I": memory.part_i,
}


def options(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Ours beside something else.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {' '.join(PARTS)}; default all")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed")
    parser.add_argument("--forget", action="store_true", help="delete what is kept for later runs, and do nothing else")
    parser.add_argument("--students", type=int, default=1_200, help="in the school of A to D and I, default 1,200")
    parser.add_argument("--pairs", type=int, default=7, help="how often each step is measured, default 7")
    parser.add_argument("--fleet", type=int, default=200, help="schools of E, default 200")
    parser.add_argument("--schools", type=int, default=2_000, help="other schools of F and G, default 2,000")
    parser.add_argument("--families", type=int, default=post.FAMILIES, help="mailed in H, default 20,000")
    parser.add_argument("--syncs", type=int, default=500, help="in the one worker of I, default 500")
    parser.add_argument("--data", type=Path, default=DATA, help="where databases and results are kept")
    asked = parser.parse_args(arguments)
    asked.parts = asked.parts or list(PARTS)
    if unknown := [part for part in asked.parts if part not in PARTS]:
        parser.error(f"There is no part {unknown[0]}: choose of {' '.join(PARTS)}.")
    return asked


def main(arguments):
    asked = options(arguments)
    if asked.forget:
        forget(asked.data)
        return 0
    asked.data.mkdir(parents=True, exist_ok=True)
    results = Results(asked)
    try:
        if todo := [part for part in asked.parts if part not in results.parts]:
            with place(asked.data) as where:
                for part in todo:
                    results.add(part, *measured(part, where, asked))
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the same command goes on with the part that was under way.", file=sys.stderr)
        return 130
    lines = results.end()
    print("\n" + table.printed(lines))
    return int(asked.check and any(line.met is False for line in lines))


def measured(part, where, asked):
    """(lines, seconds) of one part."""
    began = time.monotonic()
    print(f"{part}: {PARTS[part].__doc__}", file=sys.stderr, flush=True)
    lines = PARTS[part](where, asked)
    took = round(time.monotonic() - began)
    print(f"{part} took {took} s", file=sys.stderr, flush=True)
    return lines, took


class Results:
    """results.json: the last run that ended. unfinished.json: one that was interrupted, if it asked for the same."""

    def __init__(self, asked):
        self.file, self.unfinished = asked.data / "results.json", asked.data / "unfinished.json"
        given = {name: value for name, value in vars(asked).items() if name not in ("check", "data")}
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True)
        self.head = {"asked": given, "commit": commit.stdout.strip()}
        self.parts = {}
        if self.unfinished.exists():
            found = json.loads(self.unfinished.read_text())
            if all(found[name] == value for name, value in self.head.items()):
                self.parts = found["parts"]

    def add(self, part, lines, seconds):
        load = os.getloadavg()[0]
        self.parts[part] = {"seconds": seconds, "load": round(load, 1), "lines": table.as_data(lines)}
        self._write(self.unfinished)

    def end(self):
        """Write down the whole, and return its lines."""
        self._write(self.file)
        self.unfinished.unlink(missing_ok=True)
        return [table.Line(**line) for part in self.head["asked"]["parts"] for line in self.parts[part]["lines"]]

    def _write(self, file):
        machine = {"cpus": os.cpu_count(), "processor": processor(), "python": platform.python_version()}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        file.write_text(json.dumps({**self.head, "at": now, "machine": machine, "parts": self.parts}, indent=1))


def processor():
    """What the kernel calls it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
