"""Which fifth of the planted bugs is planted at this commit: its hash says so, the same on every machine."""

import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PATCHES = sorted(Path(__file__).parent.glob("*.patch"))


def commit() -> str:
    """The hash of the commit that is checked out; "0" where this is no clone or there is no git."""
    try:
        asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "0"
    return asked.stdout.strip()


def fifth(commit: str) -> int:
    """0 to 4."""
    return int(commit, 16) % 5


def of_this_commit() -> list[Path]:
    return PATCHES[fifth(commit()) :: 5]


def told() -> str:
    """A line that says which bugs are planted."""
    numbers = " ".join(patch.stem.partition("-")[0] for patch in of_this_commit())
    which = ["first", "second", "third", "fourth", "last"][fifth(commit())]
    return f"planted bugs: the {which} fifth, by commit {commit()[:7]}: {numbers}"
