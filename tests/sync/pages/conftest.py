"""A school that was never read, and a lead of it who has signed in."""

import pytest

from tests.factories import LeadRightFactory, SyncSettingsFactory
from tests.tools.people import signed_in


@pytest.fixture
def school(db):
    return SyncSettingsFactory(school__code="harbour").school


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school).user)
