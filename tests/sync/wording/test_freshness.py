"""How fresh each school is, who needs a person first, and what pages say of it."""

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from schools.models import School, Task
from sync.engine import after_a_run
from sync.models import SyncRun, SyncSettings
from tests.factories import (
    LeadRightFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    ago,
)
from tests.last_read import runs_were
from tests.sync.ages import school_offline, school_read, stands
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("hours", "red"), [(29, False), (31, True)])
def test_a_school_is_red_after_thirty_hours_without_a_complete_read(hours, red):
    assert stands(school_read(hours=hours)).is_red is red


def test_a_refused_run_is_no_complete_read():
    school = school_read(hours=40)
    SyncRunFactory(school=school, started_at=ago(hours=1), status=SyncRun.Status.REFUSED)

    assert stands(school).is_red


def test_an_undo_is_no_complete_read():
    school = school_read(hours=40)
    SyncRunFactory(school=school, started_at=ago(hours=1), trigger=SyncRun.Trigger.UNDO,
                   undone=SyncRun.objects.get(school=school))  # fmt: skip

    assert stands(school).is_red
    assert School.objects.for_support(SupportFactory(), Task.LOOK).get(pk=school.pk).as_of < ago(hours=39)


@pytest.mark.parametrize(("hour", "red"), [(4, False), (9, True)])
def test_a_school_is_red_when_the_nights_tries_have_ended_and_no_longer_once_it_is_read(hour, red):
    school = school_read(hours=20)
    refused = SyncRunFactory(school=school, status=SyncRun.Status.REFUSED)

    with time_machine.travel(timezone.localtime(timezone=school.zone).replace(hour=hour), tick=False):
        SyncRun.objects.filter(school=school).update(
            started_at=ago(hours=20), ended_at=ago(hours=20), as_of=ago(hours=20)
        )
        after_a_run.schedule_next(refused)
        assert stands(school).is_red is red
        after_a_run.schedule_next(SyncRunFactory(school=school))
        assert not stands(school).is_red


def test_a_school_that_was_never_read_is_red_thirty_hours_after_it_was_added():
    school = SyncSettingsFactory().school
    assert not stands(school).is_red

    School.objects.filter(pk=school.pk).update(added_at=ago(hours=31))

    assert stands(school).is_red


def test_a_school_switched_off_or_revoked_is_not_red():
    off, revoked = school_read(hours=90), school_read(hours=90)
    SyncSettings.objects.filter(school=off).update(enabled=False)
    School.objects.filter(pk=revoked.pk).update(revoked_at=ago(days=1), erase_on=timezone.localdate())

    assert not stands(off).is_red
    assert not stands(revoked).is_red


def test_both_ages_are_known_and_whether_the_link_to_the_mis_is_down():
    school = SyncSettingsFactory().school
    newest = ago(hours=11)
    run = SyncRunFactory(school=school, wonde_newest=newest, mis_offline=True)

    standing = stands(school)

    assert (standing.read, standing.newest, standing.offline) == (run.ended_at, newest, True)


def test_the_leads_page_shows_both_ages():
    school = SyncSettingsFactory().school
    SyncRunFactory(school=school, wonde_newest=ago(days=30))

    said = signed_in(LeadRightFactory(school=school).user).get(reverse("sync:school", args=[school.code])).content

    assert "newest change in Wonde" in said.decode()


@pytest.mark.parametrize("why", ["unreadable", "emptied", "not_current"])
def test_what_can_hardly_be_true_makes_a_school_red(why):
    school = school_read(hours=3)
    SyncRun.objects.filter(school=school).update(alarms=[["students", why]])

    assert stands(school).is_red
    assert not stands(school).is_late


# --- Wonde itself had nothing newer


def test_a_school_read_every_night_over_a_link_that_is_down_is_red_from_thirty_hours_on():
    assert [stands(school_offline(nights)).is_red for nights in (0, 1, 8)] == [False, True, True]


@pytest.mark.parametrize("page", ["sync:school", "sync:read", "classes:all"])
def test_pages_say_from_when_the_data_is_and_not_when_it_was_read(page):
    school = school_offline(8)
    lead = signed_in(LeadRightFactory(school=school).user)
    of = SyncRun.objects.filter(school=school).last().as_of.astimezone(school.zone)

    said = lead.get(reverse(page, args=[school.code])).content.decode()

    assert f"{of.day} {of:%B}" in said
    assert "Wonde has lost its link to SIMS" in said


def test_a_page_says_that_nothing_is_new_although_it_was_read():
    school, newest = school_read(hours=3), ago(days=15)
    runs_were(school, wonde_newest=newest, as_of=newest)
    lead = signed_in(LeadRightFactory(school=school).user)

    said = lead.get(reverse("classes:all", args=[school.code])).content.decode()

    assert "Nothing new from Wonde since" in said
