"""A school read from the sandbox over real HTTP."""

import pytest

from tests.classes.world import a_read_school


@pytest.fixture
def read_school(db, settings):
    with a_read_school(settings) as school:
        yield school
