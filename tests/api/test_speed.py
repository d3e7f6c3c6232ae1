"""A school of 1,200 is read in full in less than two seconds of CPU, a page of 1,000 in a handful of queries."""

import pytest

from classes.models import Enrolment
from students.models import Student
from tests.factories import SchoolClassFactory, StudentFactory, TeachingFactory, ago
from tests.tools.cpu import ours_cpu_s

LISTS = ["schools/", "classes/", "students/", "employees/", "enrolments/", "teachings/"]


@pytest.fixture
def big_school(school):
    classes = [SchoolClassFactory(school=school) for _ in range(48)]
    for school_class in classes:
        TeachingFactory(school_class=school_class)
    students = Student.objects.bulk_create(StudentFactory.build_batch(1200, school=school))
    Enrolment.objects.bulk_create(
        Enrolment(school=school, student=student, school_class=classes[number % 48], joined_at=ago(days=9))
        for number, student in enumerate(students)
    )
    return school


@pytest.mark.speed
def test_a_school_of_1200_is_read_in_two_seconds_of_cpu_and_a_page_of_1000_in_six_queries(
    product, big_school, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        assert len(product.get("students/", limit=1000).json()["results"]) == 1000

    began = ours_cpu_s()
    read = {path: len(product.rows(path)) for path in LISTS}
    took = ours_cpu_s() - began

    assert read == {"schools/": 1, "classes/": 48, "students/": 1200, "employees/": 48, "enrolments/": 1200,
                    "teachings/": 48}  # fmt: skip
    assert took < 2, f"{took:.2f} s"
