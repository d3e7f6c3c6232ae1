"""`make lock`: writes the three requirements files, each package pinned with its hashes, and what each package
requires.

tests/locked.json holds the requirements that every pinned package states in its own metadata, so that a test can prove,
without a network, that the files are complete: a complete file installs without resolving anything.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parent.parent
STATED = PROJECT / "tests/locked.json"
COMPILE = ["-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
COMPILE += ["--generate-hashes", "--no-header", "--no-annotate"]
# Each file, and what it is made from; the files before it are its constraints.
FILES = {
    "requirements.txt": ["pyproject.toml"],
    "requirements-dev.txt": ["--group", "dev"],
    "requirements-bench.txt": ["--group", "bench"],
}
# Where Rollbook runs: Linux on x86-64, CPython. Debian's 3.11 is 3.11.2, and before 3.11.3 one more package is needed.
MACHINE = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "sys_platform": "linux",
}
PYTHONS = [
    MACHINE | {"python_version": full.rpartition(".")[0], "python_full_version": full, "implementation_version": full}
    for full in ("3.11.2", "3.11.9", "3.12.3")
]


def pinned(name):
    """The requirements of the file `name`, each with its marker, without hashes."""
    lines = (PROJECT / name).read_text().splitlines()
    return [Requirement(line.rstrip("\\ ")) for line in lines if line and not line.startswith((" ", "#"))]


def applies(requirement, python, extra=""):
    """Whether a requirement applies on one of `PYTHONS`. extra: the extra of its package that was asked for."""
    return requirement.marker is None or requirement.marker.evaluate(python | {"extra": extra})


def main(arguments):
    """Lock again, keeping existing pins. arguments: more arguments for `uv pip compile`, such as --upgrade."""
    before = []
    for name, source in FILES.items():
        constraints = [word for earlier in before for word in ("-c", earlier)]
        _python(*COMPILE, *source, *constraints, *arguments, "-o", name)
        before.append(name)
    STATED.write_text(json.dumps(_stated(before), indent=1, sort_keys=True) + "\n")


def _stated(names):
    """What each package requires: {"name==version": [requirement, ...]}, as pip reads it from the package."""
    pins = [pin for name in names for pin in pinned(name) if any(applies(pin, python) for python in PYTHONS)]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as bare:
        # Without markers: includes what another Python needs.
        bare.write("\n".join(sorted({f"{pin.name}{pin.specifier}" for pin in pins})))
        bare.flush()
        options = ["--dry-run", "--ignore-installed", "--no-deps", "-qqq", "--report", "-"]
        report = json.loads(_python("-m", "pip", "install", *options, "-r", bare.name, stdout=subprocess.PIPE))
    found = (package["metadata"] for package in report["install"])
    return {f"{canonicalize_name(each['name'])}=={each['version']}": each.get("requires_dist", []) for each in found}


def _python(*words, **options):
    return subprocess.run([sys.executable, *words], cwd=PROJECT, check=True, **options).stdout


if __name__ == "__main__":
    main(sys.argv[1:])
