"""What make says before there is anything to run: each command's line of help, and which Python it accepts."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def make(folder, *arguments, **env):
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | env,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def fresh(tmp_path):
    """A clone without a virtual environment."""
    (tmp_path / "config").mkdir()
    for name in ("Makefile", "config/venv.sh", "requirements.txt", "requirements-dev.txt"):
        shutil.copy2(PROJECT / name, tmp_path / name)
    return tmp_path


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_plain_make_lists_every_command_with_a_line_of_help():
    commands = set(re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)[1].split())

    listed = dict(re.findall(r"^make ([a-z-]+) +(.{10,})$", make(PROJECT).stdout, re.MULTILINE))

    assert listed.keys() == commands - {"venv", "venv-dev", "venv-bench"}


@pytest.mark.parametrize("told", ["Python 3.9.2", "Python 3.13.0"])
def test_a_python_that_is_too_old_or_too_new_is_refused_in_one_sentence(fresh, told):
    python = program(fresh / "python", f'case "$1" in --version) echo {told};; *) exit 1;; esac')

    done = make(fresh, "demo", PYTHON=python)

    assert done.returncode != 0
    assert f"Rollbook needs Python 3.11 or 3.12 with its venv module, and here is {told}: install one" in done.stderr
    assert not (fresh / ".venv").exists()


def test_no_python_at_all_is_refused_in_one_sentence(fresh):
    done = make(fresh, "demo", PYTHON="/nowhere/python3")

    assert done.returncode != 0
    assert "and here is no /nowhere/python3: install one" in done.stderr


def test_packages_are_installed_once_and_again_only_when_the_requirements_change(fresh):
    calls = fresh / "calls"
    (fresh / ".venv/bin").mkdir(parents=True)
    program(fresh / ".venv/bin/python", f'echo "$*" >> {calls}')

    def installed():
        calls.write_text("")
        assert make(fresh, "venv").returncode == 0
        return "pip install" in calls.read_text()

    first, second = installed(), installed()
    with (fresh / "requirements.txt").open("a") as requirements:
        requirements.write("# changed\n")
    third = installed()

    assert (first, second, third) == (True, False, True)


def test_packages_that_cannot_be_installed_are_reported_with_the_next_step(fresh):
    (fresh / ".venv/bin").mkdir(parents=True)
    program(fresh / ".venv/bin/python", 'case "$*" in *install*) echo no network >&2; exit 1;; esac')

    done = make(fresh, "demo")

    assert done.returncode != 0
    assert "no network" in done.stderr
    assert "pip says why above. Put that right and run make again." in done.stderr
