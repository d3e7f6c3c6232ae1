"""Bugs planted one at a time into a copy of the tree: the tests that a patch names must notice each.

A patch says in words what it breaks, and on its second line, after `Caught by:`, which tests fail with it. A fifth of
them is slow and the rest long; which fifth, the commit says (`fifths.py`).
"""

import os
import subprocess

import pytest

from tests.planted.fifths import PATCHES, PROJECT, of_this_commit
from tests.tools.copies import copy_project, outcome_of

FAILED = 1  # pytest's exit status where tests ran and some failed


@pytest.fixture
def tree(tmp_path):
    return copy_project(tmp_path)


def caught_by(patch):
    """What a patch names as the tests that fail with it, as pytest takes it."""
    label, _, tests = patch.read_text().splitlines()[1].partition(": ")
    assert label == "Caught by", f"the second line of {patch.name} names no tests"
    return tests


def plant(patch, tree, *options):
    """Apply `patch` to `tree`; fails with what to do where the code has moved on."""
    applied = subprocess.run(
        ["git", "apply", *options, str(patch)], cwd=tree, capture_output=True, text=True,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(tree.parent)},
    )  # fmt: skip
    assert applied.returncode == 0, f"{patch.name} no longer fits the code. Plant it anew:\n{applied.stderr}"


NOW = of_this_commit()
MARKED = [pytest.param(patch, marks=pytest.mark.slow if patch in NOW else pytest.mark.long) for patch in PATCHES]


def test_every_planted_bug_fits_the_code_and_names_tests_that_there_are():
    """All of them, not a fifth: whoever moves the code or renames a test hears it at once."""
    for patch in PATCHES:
        plant(patch, PROJECT, "--check")
        file, _, name = caught_by(patch).partition("::")
        assert f"def {name.partition('[')[0] or 'test_'}" in (PROJECT / file).read_text(), patch.name


@pytest.mark.parametrize("patch", MARKED, ids=lambda patch: patch.stem)
def test_a_planted_bug_is_caught_by_the_tests_it_names(patch, tree):
    tests = caught_by(patch)
    plant(patch, tree)

    status, report = outcome_of([tests], tree)

    assert status == FAILED, report
    assert f"\nFAILED {tests.partition('::')[0]}" in report, report
    assert "\nERROR tests/" not in report, report  # in pytest's summary; a captured log has lines of its own


@pytest.mark.slow
def test_without_a_planted_bug_the_same_tests_pass(tree):
    status, report = outcome_of(sorted({caught_by(patch) for patch in NOW}), tree)

    assert status == 0, report
