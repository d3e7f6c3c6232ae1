"""The benchmark itself: that it runs, that it compares like with like, and that the table says what was measured."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.bench import table
from tests.bench.actor import Sample, median
from tests.bench.place import PROJECT

SMALL = ["--students", "40", "--pairs", "2"]


def bench(data, *arguments):
    command = [sys.executable, "-m", "tests.bench", "--data", str(data), *SMALL, *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)


@pytest.mark.slow
def test_a_small_run_prints_a_table_and_writes_the_same_as_json(tmp_path):
    tmp_path.chmod(0o755)

    done = bench(tmp_path, "A", "B")

    assert done.returncode == 0, done.stderr
    assert "A. unchanged night, CPU" in done.stdout
    written = json.loads((tmp_path / "results.json").read_text())
    lines = [table.Line(**line) for part in "AB" for line in written["parts"][part]["lines"]]
    assert done.stdout.strip() == table.printed(lines)


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("dlt"), reason="dlt is not installed: make venv-bench")
def test_dlt_the_loop_and_the_bulk_upsert_land_the_same_rows(tmp_path):
    tmp_path.chmod(0o755)

    done = bench(tmp_path, "C", "--pairs", "1")

    assert done.returncode == 0, done.stderr
    assert "beside dlt" in done.stdout


def test_a_run_that_was_interrupted_goes_on_with_the_parts_it_lacks(tmp_path):
    from tests.bench.__main__ import Results, options

    asked = options(["A", "B", "--data", str(tmp_path)])
    Results(asked).add("A", [table.below("A. wall", 120.0, 150)], 1)

    again, other = Results(asked), Results(options(["A", "--data", str(tmp_path)]))

    assert (list(again.parts), list(other.parts)) == (["A"], [])


@pytest.mark.parametrize(
    ("line", "met"),
    [
        (table.at_most("x", 20.0, 10.0, 2.0), True),
        (table.at_most("x", 20.1, 10.0, 2.0), False),
        (table.times_less("x", 1.0, 10.0, 10), True),
        (table.times_less("x", 1.1, 10.0, 10), False),
        (table.below("x", 150.0, 150), True),
        (table.below("x", 151.0, 150), False),
        (table.above("x", 5.0, 5, "schools/s"), True),
        (table.above("x", 4.9, 5, "schools/s"), False),
        (table.at_most("x", 20.0, 10.0, None), None),
    ],
)
def test_a_goal_is_met_up_to_its_limit_and_not_beyond(line, met):
    assert line.met is met


def test_a_median_is_taken_field_by_field_and_of_memory_the_most():
    samples = [Sample(1, 30, 5, 100), Sample(2, 20, 9, 90), Sample(3, 10, 7, 80)]

    assert median(samples) == Sample(2, 20, 7, 100)
