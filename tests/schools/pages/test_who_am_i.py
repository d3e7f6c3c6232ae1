"""Who am I: what we know about staff, where it comes from, and signing out everywhere."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry, School
from tests.factories import (
    PASSWORD,
    LeadRightFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    SyncRunFactory,
    TeacherFactory,
    TeachingFactory,
)
from tests.tools.pages import words
from tests.tools.people import signed_in, with_second_factor

pytestmark = pytest.mark.django_db
PAGE = "/who-am-i/"


@pytest.fixture
def pell():
    """Ms Ruth Pell, who teaches one class at Harbour School, read this morning."""
    teacher = TeacherFactory(
        school__name="Harbour School", title="Ms", forename="Ruth", surname="Pell", email="r.pell@mis.example.org",
        user__email="pell@example.org",
    )  # fmt: skip
    TeachingFactory(school_class__school=teacher.school, employee=teacher)
    SyncRunFactory(school=teacher.school)
    return teacher


def test_visitors_who_are_not_signed_in_are_sent_to_sign_in(client):
    assert client.get(PAGE).url.startswith(reverse("account_login"))


def test_students_have_another_page():
    student = StudentFactory()
    student.user = StudentUserFactory(school=student.school)
    student.save()

    assert signed_in(student.user).get(PAGE).status_code == 404
    assert signed_in(student.user).post(PAGE).status_code == 404


def test_a_teacher_reads_what_is_known_and_where_it_is_from(pell):
    said = words(signed_in(pell.user).get(PAGE))

    assert "pell@example.org" in said
    assert "Ms Ruth Pell, as SIMS has it" in said
    assert "r.pell@mis.example.org" in said
    assert "1 class , as SIMS names you as their teacher" in said
    assert "from SIMS through Wonde" in said
    assert "Two-step sign-in Off" in said
    assert "School lead" not in said


def test_a_second_factor_and_a_lead_right_are_shown(pell):
    granted = SupportFactory()
    LeadRightFactory(school=pell.school, user=pell.user, granted_by=granted)
    with_second_factor(pell.user)

    said = words(signed_in(pell.user).get(PAGE))

    assert "Two-step sign-in On" in said
    assert f"granted by {granted}" in said


def test_a_lead_not_listed_in_the_mis_is_told_so():
    right = LeadRightFactory()

    assert "SIMS does not list you as staff" in words(signed_in(right.user).get(PAGE))


def test_staff_at_two_schools_switch_between_them_and_the_two_are_kept_apart(pell):
    elsewhere = TeacherFactory(user=pell.user, school__name="Cliff School", surname="Pell-Amadi")

    said = words(signed_in(pell.user).get(PAGE))

    assert "Go to Harbour School" in said
    assert "Go to Cliff School" in said
    assert elsewhere.surname in said.partition("Cliff School")[2].partition("Harbour School")[0]


def test_staff_the_school_no_longer_shares_are_not_shown(pell):
    School.objects.update(frozen={"employees": {"since": "2026-10-03", "erase_on": "2026-10-17"}})

    said = words(signed_in(pell.user).get(PAGE))

    assert "the school no longer shares its staff" in said
    assert "r.pell@mis.example.org" not in said


def test_support_of_no_school_is_told_so():
    assert "You are support" in words(signed_in(SupportFactory()).get(PAGE))


def test_signing_out_everywhere_ends_all_this_persons_sessions_and_nobody_elses(pell):
    here, at_home = signed_in(pell.user), signed_in(pell.user)
    colleague = signed_in(TeacherFactory(school=pell.school).user)

    response = here.post(PAGE)

    assert response.url == reverse("account_login")
    assert "You are signed out everywhere." in words(here.get(response.url))
    assert at_home.get(PAGE).url.startswith(reverse("account_login"))
    assert colleague.get(PAGE).status_code == 200
    assert signed_in(pell.user).get(PAGE).status_code == 200
    assert AuditEntry.objects.get().verb == "signed out everywhere"


def test_the_page_lists_where_you_are_signed_in_and_can_sign_you_out_there(pell):
    agents = {
        "Chrome on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
        "Safari on iPad": "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Safari/604.1",
    }
    clients = []
    for agent in agents.values():
        client = Client(headers={"User-Agent": agent})
        client.post(reverse("account_login"), {"login": pell.user.email, "password": PASSWORD})
        clients.append(client)
    here, there = clients
    signed_in(TeacherFactory(school=pell.school).user)

    page = here.get(PAGE)
    other = [place for place in page.context["signed_in"] if not place.is_here]

    assert {place.browser for place in page.context["signed_in"]} == set(agents)
    assert [place.browser for place in other] == ["Safari on iPad"]
    assert there.session.session_key not in page.text
    assert here.post(PAGE, {"place": other[0].handle}).url == PAGE
    assert there.get(PAGE).url.startswith(reverse("account_login"))
    assert len(here.get(PAGE).context["signed_in"]) == 1


def test_somebody_elses_session_cannot_be_ended(pell):
    colleague = signed_in(TeacherFactory(school=pell.school).user)
    handle = colleague.get(PAGE).context["signed_in"][0].handle

    signed_in(pell.user).post(PAGE, {"place": handle})

    assert colleague.get(PAGE).status_code == 200


def test_a_session_that_is_over_is_not_listed(pell):
    signed_in(pell.user)
    with time_machine.travel(timezone.now() + timedelta(hours=9)):
        client = signed_in(pell.user)
    with time_machine.travel(timezone.now() + timedelta(hours=10, minutes=1)):
        assert len(client.get(PAGE).context["signed_in"]) == 1


def test_opening_the_page_does_not_sign_anybody_out(pell):
    client = signed_in(pell.user)

    client.get(PAGE)

    assert client.get(PAGE).status_code == 200


def test_the_page_costs_the_same_for_one_school_and_for_five(pell, django_assert_num_queries):
    client = signed_in(pell.user)
    with django_assert_num_queries(7):
        client.get(PAGE)
    for _ in range(4):
        TeachingFactory(employee__user=pell.user)
    with django_assert_num_queries(7):
        client.get(PAGE)
