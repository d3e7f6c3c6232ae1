"""The school whose pages everybody tries to open."""

import pytest

from tests.site.world import a_world


@pytest.fixture
def world():
    return a_world()
