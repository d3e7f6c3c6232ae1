"""September and a new MIS, told before they come: with the school's own dates, numbers and people."""

import pytest
import time_machine
from django.urls import reverse

from schools.models import Task
from sync.models import SyncSettings
from tests.factories import EmployeeFactory, LeadRightFactory, StudentFactory, SupportFactory
from tests.tools.pages import words
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db


def said(client, school, page):
    return words(client.get(reverse(f"sync:{page}", args=[school.code])))


@pytest.mark.parametrize(
    ("today", "starts", "ends", "told"),
    [
        ("2026-11-22", "09-01", "07-20", ["in September?", "Tuesday 20 July 2027", "Wednesday 1 September 2027"]),
        ("2027-07-25", "09-01", "07-20", ["The last school day has passed", "until Wednesday 1 September 2027"]),
        ("2026-11-22", "01-28", "12-17", ["in January?", "Thursday 17 December 2026", "Thursday 28 January 2027"]),
        ("2026-11-22", "09-01", "", ["not set: support can enter it", "Your last school day is not set."]),
    ],
)
def test_the_new_year_is_told_with_the_dates_of_the_school(today, starts, ends, told, school, client):
    SyncSettings.objects.filter(school=school).update(year_starts=starts, year_ends=ends)
    with time_machine.travel(f"{today} 12:00+00:00"):
        client.force_login(LeadRightFactory(school=school).user)

        page = said(client, school, "september")

    assert [text for text in told if text not in page] == []


def test_who_leaves_with_the_top_year_is_counted_and_who_confirms_is_named(school, lead):
    StudentFactory.create_batch(2, school=school, year_group="11")
    StudentFactory(school=school, year_group="9")
    other = LeadRightFactory(school=school).user

    page = said(lead, school, "september")

    assert "Your oldest, 2 students in Year 11, leave" in page
    assert f"or {other.email}, who lead here, or support" in page


def test_a_new_year_or_mis_that_has_come_leads_to_where_it_is_settled(school, lead):
    SyncSettings.objects.filter(school=school).update(to_confirm={"rollover": 2026, "change_of_mis": "Arbor"})

    assert "It has come: the new school year waits for you" in said(lead, school, "september")
    assert "It has come: a change of MIS waits for you" in said(lead, school, "changing_mis")
    for page, settled in (("september", "new_year"), ("changing_mis", "change_of_mis")):
        text = lead.get(reverse(f"sync:{page}", args=[school.code])).text
        assert reverse(f"sync:{settled}", args=[school.code]) in text
        assert (
            reverse(f"sync:{page}", args=[school.code]) in lead.get(reverse(f"sync:{settled}", args=[school.code])).text
        )


def test_a_change_of_mis_is_told_with_how_many_can_be_found_again(school, lead):
    StudentFactory(school=school, upn="H801200001001")
    StudentFactory(school=school, upn="")
    EmployeeFactory(school=school, email="")

    page = said(lead, school, "changing_mis")

    assert "1 of 2 students have a UPN here and are found again by it." in page
    assert "0 of 1 staff have an email address here." in page


def test_support_that_may_only_look_reads_both_and_is_offered_nothing_to_decide(school):
    client = support_client(SupportFactory(rights__tasks=[Task.LOOK]), looks_at=[school])

    for page, settled in (("september", "new_year"), ("changing_mis", "change_of_mis")):
        response = client.get(reverse(f"sync:{page}", args=[school.code]))
        assert response.status_code == 200
        assert reverse(f"sync:{settled}", args=[school.code]) not in response.text
