"""A copy of the project for a test to change, and the tests in it: on this session's servers, in a database apart."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

PROJECT = Path(__file__).parents[2]
COPIED = [
    "config", "docs", "schools", "students", "classes", "parents", "sync", "static", "templates", "tests", "manage.py",
    "pyproject.toml",
]  # fmt: skip


def copy_project(to: Path) -> Path:
    """What the tests need, in the folder `to`."""
    for name in COPIED:
        source = PROJECT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, to / name)
    return to


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
    """Exit status and report of `tests` in the copy."""
    return run_in(tree, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider", *tests)
