"""The house: no room is too full, docs/architecture.md names each, and none reaches upwards through a string."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
APPS = ("config", "schools", "students", "classes", "parents", "sync")
MOST = 15
OF_DJANGO = {"management", "commands", "templatetags"}
BELOW_THE_SYNC = ("schools", "students", "classes", "parents")
READS_RUNS = re.compile(r"""\bruns__|\.runs\b|\bledger(__|\[)|["'](runs|sync_settings)["']""")


def rooms():
    """Every folder of the product's modules, except migrations."""
    folders = {path.parent for app in APPS for path in (PROJECT / app).rglob("*.py")}
    return sorted(folder for folder in folders if folder.name != "migrations")


def test_no_room_has_more_than_fifteen_modules_in_the_product_or_the_tests():
    of_tests = {path.parent for path in (PROJECT / "tests").rglob("*.py")}
    full = {
        room: len([path for path in room.glob("*.py") if path.name != "__init__.py"]) for room in [*rooms(), *of_tests]
    }

    assert {str(room): number for room, number in full.items() if number > MOST} == {}


def test_every_room_is_in_the_list():
    page = (PROJECT / "docs/architecture.md").read_text()
    named = {room.name for room in rooms() if room.name not in OF_DJANGO and room.parent != PROJECT}

    assert {name for name in named if f"`{name}`" not in page and f"/{name}`" not in page} == set()


def test_no_app_below_the_sync_reads_its_runs_through_a_string_no_import_rule_sees():
    """What they may know is in `LastRead` and on the school."""
    files = [file for app in BELOW_THE_SYNC for file in (PROJECT / app).rglob("*.py")]

    assert {str(file.relative_to(PROJECT)) for file in files if READS_RUNS.search(file.read_text())} == set()
