"""No list, page or mail reads the details of a student; a lead finds them in what is held of one person."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from parents.mail import sending
from students.models import Student
from sync.leaving.export import everything_about
from tests.api.asking import Product
from tests.factories import ApiTokenFactory, DetailsFactory, LeadRightFactory, SyncSettingsFactory, TeachingFactory
from tests.parents.world import a_family, a_school, due
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


def test_no_class_page_student_page_list_or_mail_asks_the_database_for_details(settings):
    school = a_school()
    SyncSettingsFactory(school=school)
    (link,) = a_family(school)
    mail, details = due([link]), DetailsFactory(student=link.student, gender="Demigirl", sen="plan")
    school_class = link.student.enrolments.get().school_class
    teacher = TeachingFactory(school_class=school_class, employee__user__email="t@harbour.example").employee.user
    lead = LeadRightFactory(school=school).user
    product = Product(ApiTokenFactory(schools=[school]))
    pages = [
        reverse("classes:mine", args=[school.code]),
        reverse("classes:detail", args=[school_class.pk]),
        reverse("classes:csv", args=[school_class.pk]),
        reverse("students:detail", args=[link.student_id]),
    ]

    with CaptureQueriesContext(connection) as done:
        answers = [signed_in(user).get(page) for user in (teacher, lead) for page in pages]
        answers += [signed_in(lead).get(reverse("students:list", args=[school.code])), product.get("students/")]
        assert sending.send_due(school.pk) == 1

    assert {answer.status_code for answer in answers} == {200}
    assert mail.pk
    assert [query["sql"] for query in done if "students_details" in query["sql"]] == []
    told = everything_about(school, "students", link.student_id)
    (part,) = (part for part in told["parts"] if part["title"] == "Details of students")
    assert part["rows"][0]["gender"] == "Demigirl"
    assert Student.objects.get(details=details).pk == link.student_id
