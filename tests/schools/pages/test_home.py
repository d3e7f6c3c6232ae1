"""The way in: takes each person to the page they need."""

from datetime import date

import pytest
from django.urls import reverse

from schools.pages.home import server_error
from tests.factories import (
    LeadRightFactory,
    SupportFactory,
    TeacherFactory,
    TeachingFactory,
    UserFactory,
    ago,
)
from tests.tools.pages import words

pytestmark = pytest.mark.django_db


def home(client, user):
    client.force_login(user)
    return client.get(reverse("home"))


def test_visitors_who_are_not_signed_in_are_sent_to_sign_in(client):
    assert client.get(reverse("home")).headers["Location"].startswith(reverse("account_login"))


def test_a_teacher_is_taken_to_their_classes(client):
    teaching = TeachingFactory()

    response = home(client, teaching.employee.user)

    assert response.headers["Location"] == reverse("classes:mine", args=[teaching.school.code])


def test_a_lead_who_does_not_teach_is_taken_to_the_school(client):
    right = LeadRightFactory()

    assert home(client, right.user).headers["Location"] == reverse("sync:school", args=[right.school.code])


def test_a_lead_who_teaches_is_taken_to_their_classes(client):
    teaching = TeachingFactory()
    LeadRightFactory(school=teaching.school, user=teaching.employee.user)

    response = home(client, teaching.employee.user)

    assert response.headers["Location"] == reverse("classes:mine", args=[teaching.school.code])


def test_staff_of_two_schools_choose(client):
    user = UserFactory()
    TeacherFactory.create_batch(2, user=user)

    assert home(client, user).headers["Location"] == reverse("schools:choose")


def test_support_is_taken_to_the_admin(client):
    assert home(client, SupportFactory()).headers["Location"] == reverse("admin:index")


def test_a_lead_of_a_school_that_ended_our_access_reads_why(client):
    right = LeadRightFactory(school__revoked_at=ago(days=1), school__erase_on=date(2026, 12, 6))

    said = words(client.get(home(client, right.user).headers["Location"]))

    assert right.school.name in said
    assert "6 December" in said


def test_choosing_shows_only_my_schools(client):
    right, other = LeadRightFactory(), LeadRightFactory()
    client.force_login(right.user)

    page = client.get(reverse("schools:choose")).content.decode()

    assert right.school.name in page
    assert other.school.name not in page


def test_an_unknown_page_says_so_in_words(client):
    client.force_login(LeadRightFactory().user)

    response = client.get("/nothing-here/")

    assert response.status_code == 404
    assert "help@example.org" in response.content.decode()


def test_the_page_for_our_own_mistakes_needs_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = server_error(None)

    assert response.status_code == 500
    assert "help@example.org" in response.content.decode()


def test_a_browser_that_asks_for_an_icon_by_itself_gets_ours(client):
    assert client.get("/favicon.ico").url == "/static/img/mark.svg"
