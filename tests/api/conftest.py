import pytest

from tests.api.asking import Product
from tests.factories import ApiTokenFactory, SchoolFactory


@pytest.fixture
def school(db):
    return SchoolFactory()


@pytest.fixture
def product(school):
    """The learning product with a token for `school` that may do everything."""
    return Product(ApiTokenFactory(schools=[school]))
