"""A student's page: for those who teach them or may read their class, and for nobody else."""

import pytest
from django.urls import reverse

from schools.models import School
from students.models import Student
from tests.factories import (
    EnrolmentFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentUserFactory,
    TeacherFactory,
    TeachingFactory,
    ago,
)
from tests.pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def stay():
    """Tobi Okoro, in 9x/Ma1 for sixty days, with a login."""
    stay = EnrolmentFactory(
        school_class__name="9x/Ma1", student__forename="Tobi", student__surname="Okoro", student__upn="H801200001001"
    )
    stay.student.user = StudentUserFactory(school=stay.school, username="tobi.okoro")
    stay.student.save()
    return stay


def page(stay):
    return reverse("students:detail", args=[stay.student_id])


def test_nobody_is_sent_to_sign_in(client, stay):
    assert client.get(page(stay)).headers["Location"].startswith(reverse("account_login"))


def test_a_teacher_of_the_class_reads_the_username_and_no_upn(client, stay):
    client.force_login(TeachingFactory(school_class=stay.school_class).employee.user)

    said = words(client.get(page(stay)))

    assert "Tobi Okoro" in said
    assert "tobi.okoro" in said
    assert "H801200001001" not in said


def test_a_colleague_reads_the_page_without_the_username(client, stay):
    client.force_login(TeacherFactory(school=stay.school).user)

    said = words(client.get(page(stay)))

    assert "Tobi Okoro" in said
    assert "tobi.okoro" not in said


def test_a_lead_reads_the_username(client, stay):
    client.force_login(LeadRightFactory(school=stay.school).user)

    assert "tobi.okoro" in words(client.get(page(stay)))


def test_a_teacher_of_another_school_or_another_class_finds_nothing(client, stay):
    School.objects.update(teachers_see_all_classes=False)
    for stranger in (TeachingFactory(), TeachingFactory(school_class__school=stay.school)):
        client.force_login(stranger.employee.user)
        assert client.get(page(stay)).status_code == 404


def test_a_teacher_of_a_class_the_student_left_finds_nothing(client, stay):
    School.objects.update(teachers_see_all_classes=False)
    client.force_login(TeachingFactory(school_class=stay.school_class).employee.user)
    stay.left_at = ago(days=1)
    stay.save()

    assert client.get(page(stay)).status_code == 404


def test_a_student_who_left_is_on_no_page(client, stay):
    client.force_login(LeadRightFactory(school=stay.school).user)
    Student.objects.update(left_at=ago(days=1))

    assert client.get(page(stay)).status_code == 404


def test_the_page_tells_every_class_the_student_was_in(client, stay):
    EnrolmentFactory(
        student=stay.student,
        school_class=SchoolClassFactory(school=stay.school, name="8b/Ma2"),
        joined_at=ago(days=200),
        left_at=ago(days=60),
    )
    client.force_login(LeadRightFactory(school=stay.school).user)

    said = words(client.get(page(stay)))

    assert said.index("9x/Ma1") < said.index("8b/Ma2")


def test_the_page_costs_the_same_whatever_the_history(client, stay, django_assert_max_num_queries):
    client.force_login(LeadRightFactory(school=stay.school).user)
    with django_assert_max_num_queries(10) as small:
        client.get(page(stay))
    for day in range(20):
        EnrolmentFactory(student=stay.student, school_class__school=stay.school, left_at=ago(days=day))
    with django_assert_max_num_queries(10) as large:
        client.get(page(stay))

    assert len(large) == len(small)
