"""The same seed and days give the same bytes."""

import os
import subprocess
import sys

from sync.sandbox.testing import running_sandbox
from tests.sync.sandbox.wire.reading import rows


def everything(sandbox):
    """What the sandbox's first school says, whole."""
    school = sandbox.school_ids[0]
    paths = ("students", "contacts", "employees", "classes", "groups", "subjects", "deletions", "lessons")
    content = [rows(sandbox, school, path) for path in paths]
    return [*content, rows(sandbox, school, "classes", "students,employees")]


def test_the_same_seed_and_days_give_the_same_rows():
    told = []
    for _ in range(2):
        with running_sandbox(students=90, seed="x") as sandbox:
            days = [sandbox.day(sandbox.school_ids[0]) for _ in range(6)]
            days.append(sandbox.day(sandbox.school_ids[0], [{"event": "rollover"}, {"event": "change_mis"}]))
            told.append((days, everything(sandbox)))

    assert told[0] == told[1]


def test_another_seed_gives_other_people():
    with running_sandbox(seed=1) as one, running_sandbox(seed=2) as other:
        assert not set(one.school_ids) & set(other.school_ids)
        assert everything(one) != everything(other)


def test_the_nth_school_of_a_seed_does_not_depend_on_how_many_there_are():
    with running_sandbox(schools=1) as one, running_sandbox(schools=5) as five:
        assert everything(one) == everything(five)


def test_a_school_put_away_comes_back_as_it_was():
    with running_sandbox(schools=3) as sandbox:
        sandbox.sandbox.registry.kept = 1
        for _ in range(3):
            sandbox.day(sandbox.school_ids[0])
        before = everything(sandbox)
        for school in sandbox.school_ids[1:]:
            sandbox.get(f"schools/{school}/students")

        sandbox.sandbox.api._cache.clear()
        assert everything(sandbox) == before


SAYS_ITS_STUDENTS = """
from sync.sandbox.testing import running_sandbox
import hashlib
with running_sandbox() as sandbox:
    school = sandbox.school_ids[0]
    for _ in range(4):
        sandbox.day(school)
    rows = sandbox.every(f"schools/{school}/students", include="classes,contacts")
    print(hashlib.sha256(repr(rows).encode()).hexdigest())
"""


def test_nothing_depends_on_pythons_hash_seed():
    said = {
        subprocess.run(
            [sys.executable, "-c", SAYS_ITS_STUDENTS],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1
