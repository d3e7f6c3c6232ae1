"""A copy of the project for a test to change, and the tests in it: on this session's servers, in a database apart."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

PROJECT = Path(__file__).parents[2]
COMPILED = {"__pycache__/", "*.pyc"}  # taken along: it is as old as its source, so nothing is compiled again
IGNORED = [line.rstrip("/") for line in (PROJECT / ".gitignore").read_text().split() if line not in COMPILED]


def copy_project(to: Path) -> Path:
    """Everything that is, or would be, in version control, without its history, in the folder `to`: a test of the
    copy finds whatever it reads here."""
    return shutil.copytree(PROJECT, to, ignore=shutil.ignore_patterns(".git", *IGNORED), dirs_exist_ok=True)


def run_in(tree: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and output of Python with `arguments` in the copy."""
    database = urlsplit(os.environ["DATABASE_URL"])
    own = f"/copy{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    run = subprocess.run(
        [sys.executable, *arguments], cwd=tree,
        env=os.environ | {"DATABASE_URL": database._replace(path=own).geturl()}, capture_output=True, text=True,
    )  # fmt: skip
    return run.returncode, run.stdout + run.stderr


def outcome_of(tests: list[str], tree: Path) -> tuple[int, str]:
    """Exit status and report of `tests` in the copy, without a plugin that takes a second to load and that only the
    API's test needs.
    """
    return run_in(tree, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider", "-p", "no:schemathesis", *tests)
