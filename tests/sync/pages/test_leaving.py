"""The page of leavers: the countdown, erasing one person, who may."""

import pytest
from django.urls import reverse

from schools.models import Erasure
from tests.factories import ContactFactory, LeadRightFactory, StudentFactory, SyncSettingsFactory, TeacherFactory, ago
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return SyncSettingsFactory(retention_days=30).school


def test_each_leaver_has_a_countdown_and_who_goes_first_is_on_top(school, lead):
    StudentFactory(school=school, forename="Ann", surname="Later", left_at=ago(days=3, hours=1))
    StudentFactory(school=school, forename="Bo", surname="Sooner", left_at=ago(days=18, hours=1))
    StudentFactory(school=school, surname="Here")

    said = lead.get(reverse("sync:left", args=[school.code])).content.decode()

    assert said.index("Sooner, Bo") < said.index("Later, Ann")
    assert "in 12 days" in said or "in 11 days" in said
    assert "Here" not in said


def test_who_left_at_one_moment_is_listed_by_name_students_before_parents(school, lead):
    moment = ago(days=3)
    ContactFactory(school=school, surname="Adams", left_at=moment)
    for surname in ("Mole", "Abbot"):
        StudentFactory(school=school, forename="Bo", surname=surname, left_at=moment)

    said = lead.get(reverse("sync:left", args=[school.code])).text

    assert said.index("Abbot, Bo") < said.index("Mole, Bo") < said.index("Adams")


def test_erasing_one_asks_for_a_reason_names_the_effect_and_leaves_a_note_without_a_name(school, lead):
    student = StudentFactory(school=school, forename="Bo", surname="Sooner", left_at=ago(days=18))
    address = reverse("sync:erase", args=[school.code, "students", student.pk])

    asked = lead.get(address).content.decode()
    without = lead.post(address, {"reason": ""}).content.decode()
    student.refresh_from_db()
    assert "Erase Bo Sooner for good" in asked
    assert "Say in a few words why" in without
    assert student.surname == "Sooner"
    after = lead.post(address, {"reason": "parents asked"}, follow=True).content.decode()

    student.refresh_from_db()
    assert (student.surname, student.wonde_id) == ("", None)
    assert "1 student " in after
    assert "parents asked" in after
    assert "Sooner" not in after
    assert Erasure.objects.get().ids == {"students": [student.pk]}


def test_somebody_still_here_is_not_erased_by_the_page(school, lead):
    student = StudentFactory(school=school)

    said = lead.post(reverse("sync:erase", args=[school.code, "students", student.pk]), {"reason": "because"})

    assert "would come back with the next sync" in said.content.decode()
    student.refresh_from_db()
    assert student.surname


def test_only_the_schools_own_leads_and_support_with_a_reason_erase(school):
    student = StudentFactory(school=school, left_at=ago(days=18))
    address = reverse("sync:erase", args=[school.code, "students", student.pk])

    for user in (TeacherFactory(school=school).user, LeadRightFactory().user):
        assert signed_in(user).post(address, {"reason": "because"}).status_code == 404
    support_client().post(address, {"reason": "because"})
    student.refresh_from_db()
    assert student.surname
    support_client(looks_at=[school]).post(address, {"reason": "because"})

    student.refresh_from_db()
    assert student.surname == ""


def test_a_leaver_of_another_school_is_a_404(school, lead):
    other = StudentFactory(left_at=ago(days=18))

    assert lead.get(reverse("sync:erase", args=[school.code, "students", other.pk])).status_code == 404


def test_twenty_leavers_take_as_many_queries_as_one(school, lead, django_assert_max_num_queries):
    address = reverse("sync:left", args=[school.code])
    StudentFactory(school=school, left_at=ago(days=1))
    TeacherFactory(school=school, left_at=ago(days=1))
    with django_assert_max_num_queries(30) as one:
        lead.get(address)
    for _ in range(20):
        StudentFactory(school=school, left_at=ago(days=1))

    with django_assert_max_num_queries(len(one)):
        lead.get(address)
