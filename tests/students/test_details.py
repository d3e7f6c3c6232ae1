"""No list, page or mail reads the details of a student: they leave for a token with their scope, of who is here and
shared beyond doubt."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from parents.mail import sending
from schools.sharing.purposes import GENDER
from students.models import Student
from sync.copies.held import everything_about
from sync.models import Change
from sync.people import leaving_out
from sync.people.purposes import switch
from tests.api.asking import Product, fields
from tests.factories import (
    ApiTokenFactory,
    DetailsFactory,
    LeadRightFactory,
    SchoolFactory,
    SyncSettingsFactory,
    TeachingFactory,
    UserFactory,
    ago,
)
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
    (part,) = (part for part in told.parts if part.title == "Details of students")
    assert {fact.label: fact.value for fact in part.rows[0].facts}["gender"] == "Demigirl"
    assert Student.objects.get(details=details).pk == link.student_id


def test_details_leave_only_with_their_scope_and_of_whom_nothing_is_withdrawn_or_in_doubt():
    school = SchoolFactory()
    SyncSettingsFactory(school=school)
    here, gone, hidden, out = (DetailsFactory(student__school=school) for _ in range(4))
    for row in (gone, gone.student):
        row.left_at = timezone.now()
        row.save()
    hidden.student.perhaps_hidden_since = ago(hours=1)
    hidden.student.save()
    leaving_out.leave_out(school, "students", out.student_id, UserFactory(), "other", "not in this product")
    DetailsFactory()
    product = Product(ApiTokenFactory(scopes=["markers", "changes"], schools=[school]))

    assert product.rows("details/") == [
        {
            "id": here.pk,
            "school_id": school.pk,
            "student_id": here.student_id,
            "gender": "FEMALE",
            "birthday": "06-21",
            "eal": "no",
            "pupil_premium": "yes",
            "sen": "support",
        }
    ]
    assert product.ids("details/", student_id=here.student_id) == [here.pk]
    assert product.ids("details/", student_id=gone.student_id) == []
    assert product.get(f"details/{gone.pk}/").status_code == 404
    assert fields(product.get("details/", left=True, wonde_id="S1")) == {"left", "wonde_id"}
    for said in ({"frozen": {"students": {}}}, {"doubted": {"students": {}}}, {"revoked_at": timezone.now()}):
        for name, value in said.items():
            setattr(school, name, value)
        school.save()
        assert product.ids("details/") == []
        assert product.get(f"details/{here.pk}/").status_code == 404
        school.frozen, school.doubted, school.revoked_at = {}, {}, None
    school.save()
    assert product.ids("details/") == [here.pk]


def test_the_feed_tells_of_details_only_to_a_token_that_may_read_them_and_of_an_emptied_one_at_once():
    school = SchoolFactory()
    SyncSettingsFactory(school=school)
    lead = UserFactory()
    switch(school, GENDER, True, lead)
    row = DetailsFactory(student__school=school)
    both, feed, read = (
        Product(ApiTokenFactory(scopes=scopes, schools=[school]))
        for scopes in (["changes", "markers"], ["changes"], ["read", "changes"])
    )

    switch(school, GENDER, False, lead, "no games any more")

    told = Change.objects.filter(kind="details", row_id=row.pk).order_by("pk").values_list("verb", "values")
    assert sorted(verb for verb, _ in told) == ["create", "erase", "remove"]
    assert not any(values for _, values in told)
    assert Change.objects.visible_to_token(both.token).filter(kind="details").count() == 3
    for product in (feed, read):
        assert not Change.objects.visible_to_token(product.token).filter(kind="details").exists()
        assert product.get("details/").status_code == 403
    assert both.ids("details/") == []
