"""A field and a kind, added to a copy of the project as CONTRIBUTING.md says, are seen wherever they should be."""

import re

import pytest

from tests.sync.grown.walk import A_KIND, FIELD, walk
from tests.tools.copies import PROJECT, copy_project, outcome_of, run_in

SEEN = "tests/sync/grown/seen.py"
STILL_TRUE = [
    "tests/sync/facts/test_kinds.py",
    "tests/sync/models/test_triggers.py::test_the_database_has_the_triggers_that_are_declared_and_no_others",
    "tests/sync/wonde/test_reading.py::test_people_the_school_hides_are_a_number_and_not_a_failure",
    "tests/api/test_read.py::test_there_is_a_list_for_every_kind_that_is_declared_for_the_api_and_for_schools",
]


def named(begins, ends):
    """The modules that a walk of CONTRIBUTING.md names, without its tests."""
    page = (PROJECT / "CONTRIBUTING.md").read_text()
    files = re.findall(r"`([a-z_/]+\.py)`", page.partition(begins)[2].partition(ends)[0])
    return {file for file in files if not file.startswith("tests/")}


@pytest.mark.parametrize(
    ("steps", "begins", "ends"), [(FIELD, "**A field**", "**A reason**"), (A_KIND, "**A kind**", "\n#")]
)
def test_the_page_names_the_modules_that_a_walk_changes_and_no_others(steps, begins, ends):
    assert named(begins, ends) == {step.file for step in steps}


@pytest.mark.slow
def test_a_field_and_a_kind_added_as_the_page_says_are_seen_in_every_place(tmp_path):
    tree = copy_project(tmp_path)
    walk([*FIELD, *A_KIND], tree)
    status, told = run_in(tree, "manage.py", "makemigrations", "students", "--settings=tests.settings")
    assert status == 0, told

    status, report = outcome_of([SEEN, *STILL_TRUE], tree)

    assert status == 0, report
