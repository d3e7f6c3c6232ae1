"""A school that is read from the sandbox over real HTTP, with classes enough to choose from."""

import pytest

from tests.classes.world import a_read_school


@pytest.fixture
def read_school(db, settings):
    with a_read_school(settings) as school:
        yield school
