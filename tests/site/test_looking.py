"""A reason for looking at a school: asked for once an hour, for the admin and the school's own pages together."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry
from sync.models import SyncSettings
from tests.factories import StudentFactory, SyncSettingsFactory
from tests.tools.people import REASON, support_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return SyncSettingsFactory().school


def later(**length):
    return time_machine.travel(timezone.now() + timedelta(**length), tick=False)


def pages(school):
    """A list of children in the admin, and a page of the school."""
    return [
        f"{reverse('admin:students_student_changelist')}?school={school.pk}",
        reverse("sync:held", args=[school.code]),
    ]


@pytest.mark.parametrize("first", [0, 1])
def test_a_reason_given_on_one_page_opens_the_others_for_an_hour_and_then_none(first, school):
    StudentFactory(school=school)
    client, addresses = support_client(), pages(school)
    client.post(addresses[first], {"looking": REASON})

    with later(minutes=59):
        assert not any("Why are you looking?" in client.get(address).text for address in addresses)
    with later(minutes=61):
        assert all("Why are you looking?" in client.get(address).text for address in addresses)


def test_going_on_looking_does_not_make_the_hour_longer(school):
    client, (address, _) = support_client(looks_at=[school]), pages(school)

    for minutes in (20, 40, 59):
        with later(minutes=minutes):
            client.get(address)

    with later(minutes=61):
        assert "Why are you looking?" in client.get(address).text


def test_the_last_reason_is_offered_and_giving_it_again_is_noted_again(school):
    client, (address, page) = support_client(), pages(school)
    client.post(address, {"looking": "ticket 4711"})

    with later(minutes=90):
        assert 'value="ticket 4711"' in client.get(address).text
        assert 'value="ticket 4711"' in client.get(page).text
        client.post(page, {"looking": "ticket 4711"})
        assert "Why are you looking?" not in client.get(address).text

    noted = AuditEntry.objects.filter(verb="began to look", school=school, reason="ticket 4711", actor=client.user)
    assert noted.count() == 2


def test_a_reason_for_one_school_does_not_count_for_another(school):
    other = SyncSettingsFactory().school
    client = support_client(looks_at=[school])

    assert "Why are you looking?" in client.get(reverse("sync:held", args=[other.code])).text


@pytest.mark.parametrize("said", ["", "  x ", "y" * 201])
def test_a_reason_is_a_few_words(said, school):
    client, (address, _) = support_client(), pages(school)

    assert "Why are you looking?" in client.post(address, {"looking": said}).text
    assert not AuditEntry.objects.exists()


def test_a_form_filled_in_within_the_hour_may_still_be_sent_for_a_quarter_of_an_hour(school):
    SyncSettings.objects.filter(school=school).update(paused_at=timezone.now())
    client = support_client(looks_at=[school])
    address = reverse("sync:resume", args=[school.code])

    with later(minutes=76):
        told = client.post(address)
        paused = SyncSettings.objects.get(school=school).paused_at
    with later(minutes=74):
        client.post(address)

    assert "nothing was done with what you just sent" in told.text
    assert paused
    assert SyncSettings.objects.get(school=school).paused_at is None


def test_somebody_who_sends_a_form_too_late_goes_on_to_a_page_that_exists(school):
    client = support_client()
    address = reverse("sync:resume", args=[school.code])

    asked = client.post(address)
    told = client.post(address, {"looking": REASON, "was_sending": "yes"}, follow=True)

    assert 'name="was_sending" value="yes"' in asked.text
    assert told.status_code == 200
    assert told.request["PATH_INFO"] == reverse("admin:schools_school_change", args=[school.pk])


def test_a_reason_typed_for_something_else_does_not_count_for_looking(school):
    client = support_client()

    client.post(reverse("sync:decide", args=[school.code]), {"reason": "keep them, they are ill", "keep": "1"})

    assert not AuditEntry.objects.filter(verb="began to look").exists()
