"""The people behind the numbers of the parents' overview: of a class, and of a week's mails."""

import re

import pytest
from django.urls import reverse

from classes.models import SchoolClass
from tests.factories import (
    ContactFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentFactory,
    TeacherFactory,
)
from tests.parents.world import MOTHER, a_family, a_school, due
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return a_school()


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school).user)


@pytest.fixture
def school_class(school):
    return SchoolClassFactory(school=school, name="9x/Ma1")


def child(school_class, surname, **contact):
    """A student of the class with one contact; `email=""` is one who is not reached."""
    student = StudentFactory(school=school_class.school, forename="Sam", surname=surname)
    EnrolmentFactory(school_class=school_class, student=student)
    return GuardianshipFactory(student=student, contact=ContactFactory(school=school_class.school, **contact))


def of_class(school_class):
    return reverse("parents:of_class", args=[school_class.school.code, school_class.pk])


def mails(school, **asked):
    return reverse("parents:mails", args=[school.code], query=asked)


def test_a_class_says_whom_the_mail_reaches_and_why_not_the_others_who_come_first(school_class, lead):
    child(school_class, "Adeyemi", email=MOTHER)
    child(school_class, "Baker", title="Mrs", email="", forename="Ann")

    said = words(lead.get(of_class(school_class)))

    assert "1 of 2 students has somebody who is written to." in said
    assert re.search(r"Mrs Ann \w+ \(Mother\) has no email address in SIMS\.", said)
    assert said.index("Baker, Sam") < said.index("Adeyemi, Sam")
    assert MOTHER not in said


def test_the_overview_leads_there_from_its_number(school_class, lead):
    child(school_class, "Baker", email="")

    assert of_class(school_class) in lead.get(reverse("parents:overview", args=[school_class.school.code])).text


def test_who_is_between_classes_is_counted_and_found_in_the_list_of_students(school, school_class, lead):
    child(school_class, "Baker", email="")
    GuardianshipFactory(student=StudentFactory(school=school))

    page = lead.get(reverse("parents:overview", args=[school.code])).text

    assert "Between classes" in page
    assert reverse("students:list", args=[school.code], query={"state": "between"}) in page


def test_a_class_of_another_school_or_that_is_out_is_not_there(school_class, lead):
    assert (
        lead.get(reverse("parents:of_class", args=[school_class.school.code, SchoolClassFactory().pk])).status_code
        == 404
    )
    SchoolClass.objects.update(status="out")
    assert lead.get(of_class(school_class)).status_code == 404


def test_neither_page_is_there_for_a_teacher(school, school_class):
    teacher = signed_in(TeacherFactory(school=school).user)

    assert {teacher.get(url).status_code for url in (of_class(school_class), mails(school))} == {404}


def test_the_number_of_a_week_opens_its_mails_with_whom_they_are_to_and_about(school, lead):
    sent, bounced = a_family(school, MOTHER), a_family(school, "other@home.example")
    due(sent, state="sent")
    due(bounced, state="bounced", refusal="no_mailbox")
    overview = lead.get(reverse("parents:overview", args=[school.code])).text

    link = mails(school, week="2026-W41", state="bounced")
    said = words(lead.get(link))

    assert link.replace("&", "&amp;") in overview
    assert str(bounced[0].contact) in said
    assert str(bounced[0].student) in said
    assert "Came back: no such mailbox" in said
    assert str(sent[0].contact) not in said
    assert str(sent[0].contact) in words(lead.get(mails(school)))


@pytest.mark.parametrize("week", ["yesterday", "2026-W60", ""])
def test_what_is_no_week_is_not_there(week, school, lead):
    assert lead.get(mails(school, week=week)).status_code == 404


def test_a_school_without_a_mail_says_so(school, lead):
    assert "No week has been mailed yet." in words(lead.get(mails(school)))


def test_what_is_not_shared_any_more_is_shown_to_nobody(school, school_class, lead):
    contact = child(school_class, "Baker", email=MOTHER).contact
    due(a_family(school, MOTHER))
    school.frozen = {"contacts": {"since": "2026-11-01", "erase_on": "2026-12-15"}}
    school.save()

    assert str(contact) not in words(lead.get(of_class(school_class)))
    assert "No such mail" in words(lead.get(mails(school)))


def test_both_pages_cost_the_same_for_one_and_for_many(school, school_class, lead, django_assert_max_num_queries):
    def cost():
        with django_assert_max_num_queries(20) as asked:
            lead.get(of_class(school_class))
        with django_assert_max_num_queries(14) as listed:
            lead.get(mails(school))
        return len(asked), len(listed)

    due([child(school_class, "Adeyemi", email=MOTHER)])
    small = cost()
    for number in range(20):
        due([child(school_class, f"Baker{number}", email=f"{number}@home.example")])

    assert cost() == small
