"""The pages of leaving one person out: what it means, who is left out, why, and letting them back in."""

from html import unescape

import pytest
from django.urls import reverse

from classes.models import Enrolment
from schools.models import PersonBlock
from students.models import Student
from sync.models import AskedSync, SyncRun, SyncSettings
from tests.factories import (
    EnrolmentFactory,
    LeadRightFactory,
    StudentFactory,
    StudentUserFactory,
    TeachingFactory,
    ago,
)
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db

WHY = {"cause": "safety", "words": "must not be found"}


@pytest.fixture
def student(school):
    student = StudentFactory(
        school=school,
        forename="Tobi",
        surname="Okoro",
        upn="H801200001001",
        upi="0123456789abcdef",
        user=StudentUserFactory(school=school),
    )
    EnrolmentFactory(student=student, school_class__school=school)
    return student


def address(name, school, *more):
    return reverse(f"sync:{name}", args=[school.code, *more])


def said(page):
    return unescape(page.content.decode())


def test_a_lead_leaves_a_student_out_and_lets_them_back_in(school, student, lead):
    form = address("leave_out", school, "students", student.pk)
    assert form in said(lead.get(reverse("students:detail", args=[student.pk])))
    assert "Leave Tobi Okoro out of" in (page := said(lead.get(form)))
    assert "known by their UPI and UPN" in page
    assert "hide Tobi Okoro in Wonde" in page

    page = lead.post(form, WHY | {"until": "2999-12-31"}, follow=True)

    assert "Tobi Okoro is left out from now on." in said(page)
    block = PersonBlock.objects.get()
    assert (block.cause, block.words, str(block.until)) == ("safety", "must not be found", "2999-12-31")
    assert not Student.objects.current().exists()
    assert "For their safety: must not be found" in said(page)
    assert "31 December 2999" in said(page)
    assert "Left out of" in said(lead.get(reverse("students:detail", args=[student.pk])))
    assert "left them out here" in said(lead.get(address("why_student", school, student.pk)))
    run = SyncRun.objects.get(trigger="left_out")
    assert "For their safety: must not be found." in said(page := lead.get(address("run", school, run.pk)))
    assert address("undo", school, run.pk) not in said(page)
    assert lead.get(address("undo", school, run.pk)).status_code == 404
    assert "Tobi" in said(lead.get(address("history", school)))
    assert lead.get(form).url == address("left_out", school)  # twice says nothing more

    page = lead.post(address("let_in", school, block.pk), follow=True)

    assert "They are let back in" in said(page)
    assert "Nobody is left out" in said(page)
    assert AskedSync.objects.filter(school=school).exists()
    assert lead.post(address("let_in", school, block.pk)).status_code == 404


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"words": "must not be found"}, "Choose why."),
        (WHY | {"words": "TOBI moved away"}, "Leave the name out"),
        (WHY | {"words": "   "}, "Say it in a few words."),
        (WHY | {"until": "2020-01-01"}, "That day is over."),
        (WHY | {"until": "soon"}, "Write the day as 2026-12-31."),
        (WHY | {"cause": "whim"}, "Select a valid choice."),
    ],
)
def test_without_a_reason_that_names_nobody_and_a_day_to_come_nothing_happens(school, student, lead, given, told):
    page = lead.post(address("leave_out", school, "students", student.pk), given)

    assert told in said(page)
    assert not PersonBlock.objects.exists()
    assert Student.objects.current().exists()


def test_the_last_lead_stays_and_nobody_shuts_themselves_out(school, lead):
    teaching = TeachingFactory(school_class__school=school)
    form = address("leave_out", school, "employees", teaching.employee_id)
    school.lead_rights.all().delete()
    LeadRightFactory(school=school, user=teaching.employee.user)
    support = support_client(looks_at=[school])
    assert "the lead right" in said(support.get(form))

    assert "keeps at least one lead" in said(support.post(form, WHY))
    assert "You would shut yourself out" in said(signed_in(teaching.employee.user).post(form, WHY))
    assert not PersonBlock.objects.exists()

    LeadRightFactory(school=school)
    assert "is left out from now on" in said(support.post(form, WHY, follow=True))
    assert not school.lead_rights.filter(user=teaching.employee.user).exists()
    assert signed_in(teaching.employee.user).get(reverse("home")).status_code == 302  # to the door


def test_a_teacher_learns_that_it_was_a_person_and_not_why(school, student, lead):
    stay = student.enrolments.current().get()
    teacher = signed_in(TeachingFactory(school_class=stay.school_class).employee.user)
    lead.post(address("leave_out", school, "students", student.pk), WHY)

    page = said(teacher.get(address("why_student", school, student.pk)))

    assert "left them out here" in page
    assert "must not be found" not in page
    assert "safety" not in page
    assert teacher.get(reverse("students:detail", args=[student.pk])).status_code == 404
    assert "Tobi" not in said(teacher.get(reverse("classes:detail", args=[stay.school_class_id])))


def test_what_cannot_be_recognised_is_said_and_parents_have_blocks_of_their_own(school, student, lead):
    Student.objects.filter(pk=student.pk).update(upn="", upi="")

    page = said(lead.get(address("leave_out", school, "students", student.pk)))

    assert "neither a UPI nor a UPN" in page
    assert lead.get(address("leave_out", school, "contacts", student.pk)).status_code == 404


def test_of_a_frozen_kind_nobody_is_named_and_in_a_paused_school_it_is_said_when_they_arrive(school, student, lead):
    lead.post(address("leave_out", school, "students", student.pk), WHY, follow=True)
    SyncSettings.objects.filter(school=school).update(paused_at=ago(days=1))
    school.frozen = {"students": {"since": ago(days=1).isoformat(), "erase_on": "2999-01-01"}}
    school.save()

    page = said(lead.get(address("left_out", school)))
    assert "Okoro" not in page
    assert "Somebody whose name is no longer kept" in page

    page = said(lead.post(address("let_in", school, PersonBlock.objects.get().pk), follow=True))
    assert "they arrive once it is resumed" in page
    assert not Enrolment.objects.current().exists()
