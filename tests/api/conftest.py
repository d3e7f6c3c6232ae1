import pytest

from students.cards import codes
from tests.api.asking import Product
from tests.factories import ApiTokenFactory, EnrolmentFactory, SchoolFactory, StudentUserFactory


@pytest.fixture
def school(db):
    return SchoolFactory()


@pytest.fixture
def product(school):
    """The learning product with a token for `school` that may do everything."""
    return Product(ApiTokenFactory(schools=[school]))


@pytest.fixture
def student(db):
    """In a class, with a login and the words of a card: `student.words`."""
    stay = EnrolmentFactory(student__forename="Tobi", student__surname="Okoro")
    student = stay.student
    student.user = StudentUserFactory(school=student.school, username="tobi.okoro")
    student.save()
    ((_, student.words),) = codes.renew(student.school, [student], by=None).items()
    return student
