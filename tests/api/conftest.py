import pytest

from tests.api.asking import Product
from tests.factories import ApiTokenFactory, SchoolFactory
from tests.tools.people import student_with_a_card


@pytest.fixture
def school(db):
    return SchoolFactory()


@pytest.fixture
def product(school):
    """The learning product, with a token for `school` that may do everything."""
    return Product(ApiTokenFactory(schools=[school]))


@pytest.fixture
def student(db):
    """Tobi Okoro, in a class, with `student.words`."""
    return student_with_a_card()
