"""The page of leavers: the countdown, erasing one person, who may."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import Erasure, School
from students.models import Student
from tests.factories import (
    ApiReadFactory,
    AuthoriserRightFactory,
    ContactFactory,
    ErasureFactory,
    GuardianshipFactory,
    LeadRightFactory,
    StudentFactory,
    SyncSettingsFactory,
    TeacherFactory,
    ago,
)
from tests.tools.pages import words
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
    assert "1 student<" in after
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


def test_an_erasure_leaves_a_note_to_print_that_names_nobody_and_is_checked_on_every_look(school, lead):
    student = StudentFactory(school=school, forename="Bo", surname="Sooner", left_at=ago(days=18))
    GuardianshipFactory(student=student)
    ApiReadFactory(school=school, token__name="nightly census")
    ApiReadFactory(school=school, token__name="read since", day=timezone.localdate() + timedelta(days=1))
    lead.post(reverse("sync:erase", args=[school.code, "students", student.pk]), {"reason": "parents asked"})
    written = Erasure.objects.get()
    page = reverse("sync:erasure", args=[school.code, written.pk])

    told = words(lead.get(page))

    assert "Erased: 1 student, 1 parent or carer" in told
    assert f"1 student number {student.pk} 1 parent or carer number" in told
    for said in (
        written.number,
        written.sha256,
        "Asked for by a person: “parents asked”",
        "By whom Somebody at the school",
        "says what it said when it was written, and the rows it names are empty",
        "What other systems had read before: nightly census.",
    ):
        assert said in told
    assert "Sooner" not in told
    Student.objects.filter(pk=student.pk).update(surname="Sooner", wonde_id="A1")  # as a backup brings them back
    assert "Not erased any more: 1 student of this note." in words(lead.get(page))
    Erasure.objects.update(reason="nobody asked")
    assert "This note has been changed since it was written" in words(lead.get(page))


def test_a_note_about_single_fields_says_so_and_stands_when_they_are_shared_again(school, lead):
    student = StudentFactory(school=school, upn="A801200001001")
    pks = list(range(student.pk, student.pk + 1200))
    written = ErasureFactory(school=school, cause="permission", ids={"students.upn": pks, "details.sen": [91, 92]})

    told = words(lead.get(reverse("sync:erasure", args=[school.code, written.pk])))

    assert "Erased: UPN of 1,200 students, special educational needs of students" in told
    assert "numbers 91" not in told
    assert f"{student.pk + 19} and 1,180 more" in told
    assert "The rows they belonged to stay without it." in told
    assert "Not erased any more" not in told


def test_all_erasures_are_listed_page_by_page_for_whoever_agrees_too_and_for_support_after_the_school_has_ended(school):
    Erasure.objects.bulk_create(ErasureFactory.build_batch(101, school=school, actor=LeadRightFactory().user))
    ErasureFactory()
    page = reverse("sync:erasures", args=[school.code])
    authoriser, support = signed_in(AuthoriserRightFactory(school=school).user), support_client(looks_at=[school])
    assert len(authoriser.get(page, {"page": 2}).context["page"].object_list) == 1

    School.objects.filter(pk=school.pk).update(revoked_at=ago(days=30))

    assert authoriser.get(page).status_code == 200
    assert len(support.get(page).context["page"].object_list) == 100
    note = Erasure.objects.filter(school=school).first()
    assert note.number in words(support.get(reverse("sync:erasure", args=[school.code, note.pk])))
    found = support.post(
        reverse("admin:schools_erasure_changelist"), {"search_for": note.number.replace("-", " ")}, follow=True
    )
    assert [row.pk for row in found.context["cl"].result_list] == [note.pk]
    assert "look at it" in words(support.get(reverse("sync:revoked", args=[school.code])))
