"""The requirements files are complete: what they pin can be installed as it is, without resolving anything."""

import json
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.lock import FILES, PROJECT, PYTHONS, STATED, applies, pinned

NAMES = list(FILES)
PYTHON_IDS = [python["python_full_version"] for python in PYTHONS]


def pins_of(names, python):
    """Package -> its pin in the files `names`, for one Python."""
    pins = [pin for name in names for pin in pinned(name) if applies(pin, python)]
    return {canonicalize_name(pin.name): pin for pin in pins}


def unmet(asked, pins, python):
    """What no pin meets, of `asked` and of what that requires in turn, extras included."""
    stated = {
        tuple(key.split("==")): [Requirement(line) for line in lines]
        for key, lines in json.loads(STATED.read_text()).items()
    }
    todo, seen, missing = [(f"the project: {line}", line) for line in asked], set(), []
    while todo:
        who, requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        pin = pins.get(name)
        version = pin and next(iter(pin.specifier)).version
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            missing.append(f"{who} asks for {requirement}, and here is {pin or 'none'}")
            continue
        for extra in ["", *requirement.extras]:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            todo += [(name, needed) for needed in stated[name, version] if applies(needed, python, extra)]
    return missing


@pytest.mark.parametrize("python", PYTHONS, ids=PYTHON_IDS)
@pytest.mark.parametrize("count", range(1, len(NAMES) + 1), ids=NAMES)
def test_every_requirement_of_a_pinned_package_is_met_by_its_file_or_those_before_it(count, python):
    pins = pins_of(NAMES[:count], python)

    assert pins
    assert unmet(pins.values(), pins, python) == []


@pytest.mark.parametrize("python", PYTHONS, ids=PYTHON_IDS)
@pytest.mark.parametrize("count", range(1, len(NAMES) + 1), ids=NAMES)
def test_what_the_project_itself_requires_is_pinned_extras_included(count, python):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    asked = [project["project"]["dependencies"], *[project["dependency-groups"][group] for group in ("dev", "bench")]]
    lines = [Requirement(line) for each in asked[:count] for line in each]

    assert unmet([line for line in lines if applies(line, python)], pins_of(NAMES[:count], python), python) == []


def test_a_package_has_one_version_in_all_files():
    versions = {}
    for other in NAMES:
        for pin in pinned(other):
            versions.setdefault(canonicalize_name(pin.name), set()).add(str(pin.specifier))

    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


def test_every_pin_has_its_hashes_and_names_no_host():
    for name in NAMES:
        text = (PROJECT / name).read_text()

        assert text.count("==") <= text.count("--hash=sha256:")
        assert "://" not in text
