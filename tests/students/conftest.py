import pytest

from students.cards import codes
from tests.factories import SchoolFactory, StudentFactory, StudentUserFactory


@pytest.fixture
def school():
    return SchoolFactory(code="fenbrook", name="Fenbrook Academy")


@pytest.fixture
def asha(school):
    """A student with a card; `asha.words` is what it says."""
    user = StudentUserFactory(school=school, username="ashap")
    student = StudentFactory(school=school, user=user, forename="Asha", surname="Patel")
    student.words = " ".join(codes.renew(school, [student], by=None)[student.pk])
    return student
