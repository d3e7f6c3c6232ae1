"""The whole of a student, for leads and support: who moved them, sign-in, parents and carers, and all that is held."""

import pytest
from django.urls import reverse

from schools.models import AuditEntry, School, Task
from tests.factories import (
    ChangeFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentUserFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeachingFactory,
    ago,
)
from tests.parents.world import due
from tests.tools.pages import words
from tests.tools.people import REASON, signed_in, support_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return SyncSettingsFactory(school__name="Harbour School", school__code="harbour", school__mis="SIMS").school


@pytest.fixture
def student(school):
    """Tobi Okoro, in 9x/Ma1, whose mother has no email address."""
    stay = EnrolmentFactory(
        school_class=SchoolClassFactory(school=school, name="9x/Ma1"),
        student__forename="Tobi", student__surname="Okoro",
        student__user=StudentUserFactory(school=school, username="tobi.okoro"),
    )  # fmt: skip
    GuardianshipFactory(student=stay.student, contact__forename="Mercy", contact__surname="Okoro", contact__email="")
    return stay.student


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school).user)


def support(*tasks, looks_at=()):
    return support_client(SupportFactory(is_superuser=False, rights__tasks=tasks), looks_at=looks_at)


def page(student):
    return reverse("students:detail", args=[student.pk])


def moved(student, name):
    """A sync of last night moved the student to the class `name`."""
    before = student.enrolments.get(left_at=None)
    before.left_at = ago(hours=6)
    before.save()
    school = student.school
    new = SchoolClassFactory(school=school, name=name)
    stay = EnrolmentFactory(school_class=new, student=student, joined_at=before.left_at)
    values = {"school_class": [before.school_class_id, new.pk]}
    run = SyncRunFactory(school=school)
    ChangeFactory(run=run, kind="enrolments", row_id=stay.pk, verb="move", values=values)


def test_a_lead_reads_the_classes_and_who_moved_the_student(student, lead):
    moved(student, "9x/Ma2")

    said = words(lead.get(page(student)))

    assert "9x/Ma2" in said
    assert "SIMS moved Tobi from 9x/Ma1 to 9x/Ma2." in said
    assert reverse("sync:why_student", args=["harbour", student.pk]) in lead.get(page(student)).text


def test_a_lead_reads_of_each_parent_why_mail_goes_or_not_and_the_last_mails(student, lead):
    link = GuardianshipFactory(student=student, contact__forename="Ada", contact__surname="Okoro")
    due([link], state="bounced", reason="bounce")

    said = words(lead.get(page(student)))

    assert "No mail about Tobi goes to Ms Mercy Okoro, who has no email address in SIMS." in said
    assert "Week of Monday 5 October 2026: came back" in said
    assert link.contact.email not in said


def test_a_teacher_reads_nothing_of_the_parents_but_numbers(student):
    teacher = signed_in(TeachingFactory(school_class=student.enrolments.get().school_class).employee.user)

    said = words(teacher.get(page(student)))

    assert "1 contact: none mailed" in said
    assert "Mercy" not in said
    assert "Everything held" not in said


def test_support_says_why_it_looks_and_each_page_opened_is_noted(student, school):
    looking = support(Task.LOOK)

    assert "Why are you looking?" in words(looking.get(page(student)))
    assert not AuditEntry.objects.filter(verb="opened").exists()
    assert looking.post(page(student), {"looking": REASON}).url == page(student)
    said = words(looking.get(page(student)))

    assert "tobi.okoro" in said
    assert "Mercy" in said
    opened = AuditEntry.objects.get(verb="opened", kind="student", object_id=student.pk)
    assert opened.reason == REASON
    for not_theirs in ("Make a new code", "Change the username", "Everything held"):
        assert not_theirs not in said


def test_support_changes_nothing_there(student, school):
    looking = support(*Task, looks_at=[school])

    for name in ("new_code", "lost_card", "sign_out_student", "decline_code", "keep_username"):
        assert looking.post(reverse(f"students:{name}", args=[student.pk])).status_code == 404


def test_support_without_the_right_or_of_other_schools_finds_nothing(student):
    other = SyncSettingsFactory().school
    elsewhere = SupportFactory(is_superuser=False, rights__schools=[other])

    assert support(Task.REQUESTS).get(page(student)).status_code == 404
    assert support_client(elsewhere, looks_at=[other]).get(page(student)).status_code == 404


def test_a_lead_is_led_to_all_that_is_held_and_to_its_erasure_once_the_student_has_left(student, lead):
    assert "Everything held about Tobi Okoro" in words(lead.get(page(student)))
    assert "Erase now" not in words(lead.get(page(student)))

    student.left_at = ago(days=2)
    student.save()
    said = words(lead.get(page(student)))

    assert "Left" in said
    assert "Erase now" in said
    assert "Make a new code" not in said
    assert lead.post(reverse("students:new_code", args=[student.pk])).status_code == 404


def test_who_was_erased_or_is_frozen_has_no_page(student, lead):
    School.objects.update(frozen={"students": {"since": "2026-11-01", "erase_on": "2026-12-15"}})
    assert lead.get(page(student)).status_code == 404

    School.objects.update(frozen={})
    type(student).objects.update(wonde_id=None, forename="", surname="", left_at=ago(days=2))
    assert lead.get(page(student)).status_code == 404


def test_parents_who_are_not_shared_are_shown_to_nobody(student, lead):
    School.objects.update(frozen={"contacts": {"since": "2026-11-01", "erase_on": "2026-12-15"}})

    said = words(lead.get(page(student)))

    assert "does not share parents and carers with us" in said
    assert "Mercy" not in said
