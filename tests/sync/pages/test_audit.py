"""What a lead reads of support's work: in words, with names only of rows that may still be shown."""

import pytest
from django.urls import reverse

from schools.models import AuditEntry
from tests.factories import (
    AuditEntryFactory,
    ContactFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentFactory,
    SupportFactory,
    TeacherFactory,
)
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db


def read(client, **asked):
    return words(client.get(reverse("sync:audit", args=["harbour"]), asked))


def test_the_page_is_for_leads_of_the_school_alone(school, lead, client):
    url = reverse("sync:audit", args=["harbour"])

    assert client.get(url).url.startswith(reverse("account_login"))
    for stranger in (TeacherFactory(school=school).user, LeadRightFactory().user):
        assert signed_in(stranger).get(url).status_code == 404
    assert lead.get(url).status_code == 200


def test_a_lead_reads_whose_record_support_opened_and_why(school, lead):
    student = StudentFactory(school=school, surname="Okoro", forename="Tobi")
    support = support_client(SupportFactory(email="ada@support.example"), looks_at=[school])
    support.get(reverse("admin:students_student_change", args=[student.pk]))

    said = read(lead)

    assert "today" in said
    assert "ada@support.example (support) opened the record of Okoro, Tobi ticket 4711" in said


def test_what_is_stored_names_nobody(school, lead):
    student = StudentFactory(school=school, surname="Okoro", forename="Tobi")
    support_client(looks_at=[school]).get(reverse("admin:students_student_change", args=[student.pk]))

    assert "Okoro" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("verb", "make", "said"),
    [
        ("opened", StudentFactory, "opened the record of a student who is no longer held or shared"),
        ("revealed address", ContactFactory, "looked at the address of a parent or carer who is no longer held"),
    ],
)
def test_a_row_that_is_frozen_has_no_name(verb, make, said, school, lead):
    row = make(school=school, surname="Okoro")
    AuditEntryFactory(school=school, verb=verb, kind=row._meta.model_name, object_id=row.pk)
    school.frozen = {"students": {"since": "2026-11-01", "erase_on": "2026-11-15"}}
    school.save()

    told = read(lead)

    assert said in told
    assert "Okoro" not in told


def test_verbs_without_a_sentence_of_their_own_stand_before_what_they_were_done_to(school, lead):
    row = SchoolClassFactory(school=school, name="9x/Ma1")
    teacher = TeacherFactory(school=school, user__email="pell@example.org")
    AuditEntryFactory(school=school, verb="printed 30 login cards of", kind="schoolclass", object_id=row.pk)
    AuditEntryFactory(school=school, verb="withdrew the lead right of", kind="user", object_id=teacher.user.pk)
    AuditEntryFactory(school=school, verb="withdrew the lead right of", kind="user", object_id=0)
    AuditEntryFactory(
        school=school, verb="approved held removals", kind="approval", object_id=1, reason="asked the school"
    )

    said = read(lead)

    assert "printed 30 login cards of 9x/Ma1" in said
    assert "withdrew the lead right of pell@example.org" in said
    assert "withdrew the lead right of a sign-in that is gone" in said
    assert "approved held removals asked the school" in said


def test_supports_work_is_shown_unless_another_is_asked_for(school, lead):
    AuditEntryFactory(school=school, actor=SupportFactory(email="ada@support.example"))
    AuditEntryFactory(school=school, actor=TeacherFactory(school=school, user__email="pell@example.org").user)
    AuditEntryFactory(school=school, actor=None, verb="erased", kind="erasure", object_id=1)

    assert "pell@example.org" not in read(lead)
    assert "ada@support.example" not in read(lead, whose="school")
    assert "by itself, or somebody who has left erased what was held" in read(lead, whose="all")


def test_another_schools_entries_are_not_here(school, lead):
    AuditEntryFactory(actor=SupportFactory(email="ada@support.example"))

    assert "Support has not looked" in read(lead)


def test_long_histories_come_in_pages_at_the_same_cost(school, lead, django_assert_max_num_queries):
    for number in range(51):
        AuditEntryFactory(school=school, reason=f"ticket {number}")

    with django_assert_max_num_queries(9):
        said = read(lead)
    assert "Page 1 of 2" in said
    assert "ticket 0" in read(lead, page=2)
