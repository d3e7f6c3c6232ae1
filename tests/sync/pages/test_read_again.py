"""Reading again because a lead asks: once in ten minutes, followed to its end, told in words."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry
from sync.models import SyncRun, SyncSettings
from tests.factories import ChangeFactory, LeadRightFactory, SyncRunFactory, TeacherFactory, ago
from tests.sync.living import living_school
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db
URL = reverse("sync:read", args=["harbour"])


def press(client):
    return words(client.post(URL, follow=True))


def wanted(school):
    return SyncSettings.objects.get(school=school).wanted_at


def test_only_leads_of_the_school_read_it_again(school, lead, client):
    assert client.post(URL).url.startswith(reverse("account_login"))
    for stranger in (TeacherFactory(school=school).user, LeadRightFactory().user):
        assert signed_in(stranger).get(URL).status_code == 404
        assert signed_in(stranger).post(URL).status_code == 404
    assert wanted(school) is None


def test_a_press_wants_a_reading_and_the_page_follows_it(school, lead):
    SyncRunFactory(school=school)
    assert "Sync now" in words(lead.get(URL))

    said = press(lead)

    assert "It begins in a moment" in said
    assert "Sync now" not in said
    assert 'hx-trigger="every 2s"' in lead.get(URL).text
    assert SyncSettings.objects.get(school=school).due_at < timezone.now() + timedelta(minutes=2)
    assert AuditEntry.objects.filter(verb="asked for a sync of", object_id=school.pk).count() == 1


def test_a_run_that_goes_on_is_shown_step_by_step_and_alone_for_htmx(school, lead):
    SyncRunFactory(school=school, status="running", ended_at=None, started_at=ago(seconds=5), step="staff")

    said = words(lead.get(URL, headers={"HX-Request": "true"}))

    assert "Members of classes : done" in said
    assert "Staff: now" in said
    assert "Somebody joined this morning?" not in said


@pytest.mark.parametrize("minutes", [9, 11])
def test_a_school_is_read_again_every_ten_minutes(minutes, school, lead):
    SyncRunFactory(school=school, started_at=ago(minutes=minutes))

    page = words(lead.get(URL))
    said = press(lead)

    if minutes < 10:
        assert "the next time today" in page
        assert "every 10 minutes" in said
        assert wanted(school) is None
    else:
        assert wanted(school)


def test_it_is_not_wanted_twice_while_it_waits(school, lead):
    press(lead)
    before = wanted(school)

    assert "being synced already" in press(lead)
    assert wanted(school) == before


def test_an_undo_is_no_reading(school, lead):
    SyncRunFactory(school=school, started_at=ago(minutes=1), trigger=SyncRun.Trigger.UNDO)

    assert "Sync now" in words(lead.get(URL))


def test_a_school_that_is_switched_off_is_not_read(school, lead):
    SyncSettings.objects.update(enabled=False)

    assert "Support can switch it on" in words(lead.get(URL))
    assert "Support can switch it on" in press(lead)
    assert wanted(school) is None


def test_what_came_of_it_is_told_in_words(school, lead):
    ChangeFactory(run=SyncRunFactory(school=school, started_at=ago(hours=1)), verb="remove")
    assert " left." in words(lead.get(URL))
    SyncRunFactory(school=school, started_at=ago(minutes=30))
    assert "Nothing had changed." in words(lead.get(URL))
    SyncRunFactory(school=school, started_at=ago(minutes=20), status="refused", message="Wonde did not answer.")
    assert "Wonde did not answer. Nothing changed" in words(lead.get(URL))


def test_the_page_says_how_old_wondes_own_copy_is(school, lead):
    SyncRunFactory(school=school, wonde_newest=ago(days=2), mis_offline=True)

    said = words(lead.get(URL))

    assert "Newest change in Wonde then" in said
    assert "Wonde has lost its link to SIMS" in said


def test_the_page_takes_a_fixed_number_of_queries(school, lead, django_assert_max_num_queries):
    SyncRunFactory.create_batch(20, school=school)

    with django_assert_max_num_queries(11):
        lead.get(URL)


def test_who_joined_this_morning_is_there_after_a_press(settings, in_term):
    with living_school(settings) as living:
        lead = signed_in(LeadRightFactory(school=living.school).user)
        url = reverse("sync:read", args=[living.school.code])
        with time_machine.travel(timezone.now() + timedelta(hours=5)):
            living.sandbox.day(living.school.wonde_id, [{"event": "join"}], new_day=False)
            lead.post(url)
            living.read(SyncRun.Trigger.PERSON)

            assert re.search(r"\w joined \S+ \(\d parents?\)", words(lead.get(url)))
