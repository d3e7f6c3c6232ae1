"""How fresh each school is, who needs a person first, and one mail a day at most about a red one."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from classes.models import ImportRequest
from schools.mail.outgoing import send_due
from schools.models import School, Task
from sync import tasks
from sync.models import SyncRun, SyncSettings
from sync.notices import overdue
from sync.wording import freshness
from sync.wording.freshness import by_need, needs
from tests.factories import (
    HoldFactory,
    LeadRightFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    UserFactory,
    ago,
)
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db


def school_read(**length):
    """A school whose last complete sync began that long ago."""
    school = SyncSettingsFactory().school
    SyncRunFactory(school=school, started_at=ago(**length))
    return school


def stands(school):
    return by_need(School.objects.filter(pk=school.pk)).get()


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
        tasks.schedule_next(refused)
        assert stands(school).is_red is red
        tasks.schedule_next(SyncRunFactory(school=school))
        assert not stands(school).is_red


def test_a_school_that_was_never_read_is_red_thirty_hours_after_it_was_added():
    school = SyncSettingsFactory().school
    assert not stands(school).is_red

    School.objects.filter(pk=school.pk).update(added_at=ago(hours=31))

    assert stands(school).is_red
    assert needs(stands(school)) == ["never synced"]


def test_a_school_switched_off_or_revoked_is_not_red():
    off, revoked = school_read(hours=90), school_read(hours=90)
    SyncSettings.objects.filter(school=off).update(enabled=False)
    School.objects.filter(pk=revoked.pk).update(revoked_at=ago(days=1), erase_on=timezone.localdate())

    assert not stands(off).is_red
    assert not stands(revoked).is_red
    assert needs(stands(revoked)) == ["access revoked"]


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


def held_school():
    school = school_read(hours=3)
    HoldFactory(run=SyncRun.objects.get(school=school))
    return school


@pytest.mark.parametrize("why", ["unreadable", "emptied", "not_current"])
def test_what_can_hardly_be_true_makes_a_school_red(why):
    school = school_read(hours=3)
    SyncRun.objects.filter(school=school).update(alarms=[["students", why]])

    assert stands(school).is_red
    assert not stands(school).is_late
    assert needs(stands(school)) == [f"students {freshness.ALARMS[why]}"]


def test_the_overview_sorts_by_who_needs_a_person_held_frozen_red_paused_requests():
    nothing = school_read(hours=3)
    asks, paused, red, frozen, revoked = (school_read(hours=3) for _ in range(5))
    ImportRequest.objects.create(school=asks, asked_by=UserFactory())
    SyncSettings.objects.filter(school=paused).update(paused_at=ago(days=1))
    SyncRun.objects.filter(school=red).update(started_at=ago(hours=40), ended_at=ago(hours=40), as_of=ago(hours=40))
    School.objects.filter(pk=frozen.pk).update(frozen={"students": {"since": "2026-11-01", "erase_on": "2026-11-15"}})
    School.objects.filter(pk=revoked.pk).update(revoked_at=ago(days=1), erase_on=timezone.localdate())
    held = held_school()

    order = list(by_need(School.objects.all()).order_by("-need", "pk").values_list("pk", flat=True))

    assert order == [school.pk for school in (held, frozen, revoked, red, paused, asks, nothing)]
    assert [needs(stands(school)) for school in (held, frozen, paused, asks, nothing)] == [
        ["1 removal waits"], ["students frozen"], ["paused"], ["1 request"], [],
    ]  # fmt: skip


def test_what_a_person_said_to_keep_and_what_hangs_from_it_asks_for_nobody():
    school = school_read(hours=3)
    run = SyncRun.objects.get(school=school)
    HoldFactory(run=run, kept_at=timezone.now())
    HoldFactory(run=run, kind="enrolments", row_id=1)

    assert stands(school).need == freshness.NOTHING


def test_support_finds_the_first_school_to_look_at_on_top_of_the_admins_list():
    school_read(hours=3)
    held = held_school()

    page = support_client().get(reverse("admin:schools_school_changelist")).content.decode()

    assert "1 removal waits" in page
    assert page.index(held.name) < page.index(School.objects.exclude(pk=held.pk).get().name)


def test_support_is_mailed_about_a_red_school_once_a_day_until_it_is_read(
    tasks_run_at_once, django_capture_on_commit_callbacks
):
    school, now = school_read(hours=40), timezone.now()
    SyncRunFactory(school=school, started_at=ago(hours=2), status=SyncRun.Status.REFUSED, message="Wonde answered 500.")

    with django_capture_on_commit_callbacks(execute=True):
        assert overdue.red(now) == 1
        assert overdue.red(now) == 0
        assert overdue.red(now + timedelta(days=1)) == 1

    letter = mail.outbox[0]
    assert letter.to == [settings.SUPPORT_EMAIL]
    assert letter.subject == f"{school.name} was not synced in time"
    assert "Wonde answered 500." in letter.body
    assert "39 hours old" in letter.body or "40 hours old" in letter.body


def test_nobody_is_mailed_about_a_fresh_school(tasks_run_at_once, django_capture_on_commit_callbacks):
    school_read(hours=3)

    with django_capture_on_commit_callbacks(execute=True):
        assert overdue.red() == 0

    assert mail.outbox == []


def test_leads_and_support_are_reminded_of_a_pause_once_a_day_until_it_is_resumed():
    paused_at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    sync_settings = SyncSettingsFactory(paused_at=paused_at, school__name="Harbour School")
    lead = LeadRightFactory(school=sync_settings.school).user

    def told(hours):
        with time_machine.travel(paused_at + timedelta(hours=hours), tick=False):
            number = overdue.paused()
            send_due()
            return number

    assert [told(hours) for hours in (1, 23, 24, 25, 47, 48)] == [0, 0, 1, 0, 1, 0]
    SyncSettings.objects.update(paused_at=None)
    assert told(72) == 0

    assert [letter.to for letter in mail.outbox[:2]] == [[lead.email], [settings.SUPPORT_EMAIL]]
    assert len(mail.outbox) == 4
    assert mail.outbox[0].subject == "Harbour School is still paused"
    assert "on 20 November 2026" in mail.outbox[0].body


def test_a_school_that_ended_our_access_is_not_reminded_of_its_pause():
    SyncSettingsFactory(paused_at=ago(days=3), school__revoked_at=ago(days=1))

    assert overdue.paused() == 0


def test_the_overview_takes_one_query_whatever_the_number_of_schools(django_assert_num_queries):
    for _ in range(5):
        held_school()

    with django_assert_num_queries(1):
        assert len([needs(school) for school in by_need(School.objects.all()).order_by("-need")]) == 5


# --- Wonde itself had nothing newer


def school_offline(nights):
    """Read every night; for so many nights Wonde has said that its link to the MIS is down."""
    school = SyncSettingsFactory(school__mis="SIMS").school
    fresh = SyncRunFactory(school=school, started_at=ago(days=nights, hours=7))
    for each in range(nights):
        SyncRunFactory(school=school, started_at=ago(days=each, hours=6), mis_offline=True, as_of=fresh.as_of)
    return school


def test_a_school_read_every_night_over_a_link_that_is_down_is_red_from_thirty_hours_on():
    assert [stands(school_offline(nights)).is_red for nights in (0, 1, 8)] == [False, True, True]
    assert needs(stands(school_offline(8))) == ["MIS link down"]


def test_support_hears_of_a_link_that_is_down_every_day(tasks_run_at_once, django_capture_on_commit_callbacks):
    school = school_offline(8)

    with django_capture_on_commit_callbacks(execute=True):
        assert overdue.red() == 1

    letter = mail.outbox[0]
    assert letter.subject == f"{school.name} is synced, but has nothing new"
    assert "its link to SIMS is down" in letter.body
    assert "199 hours old" in letter.body or "198 hours old" in letter.body


def test_support_hears_that_wonde_stands_still(tasks_run_at_once, django_capture_on_commit_callbacks):
    school, newest = school_read(hours=3), ago(days=15)
    SyncRun.objects.filter(school=school).update(wonde_newest=newest, as_of=newest)

    with django_capture_on_commit_callbacks(execute=True):
        overdue.red()

    assert needs(stands(school)) == ["nothing new from Wonde"]
    assert "nothing has changed in Wonde since" in mail.outbox[0].body


@pytest.mark.parametrize(("nights", "told"), [(1, 0), (2, 1), (8, 1)])
def test_leads_are_told_once_when_what_we_have_is_older_than_two_days(
    nights, told, tasks_run_at_once, django_capture_on_commit_callbacks
):
    school = school_offline(nights)
    lead = LeadRightFactory(school=school).user

    with django_capture_on_commit_callbacks(execute=True):
        assert [overdue.stale(), overdue.stale(timezone.now() + timedelta(hours=1))] == [told, 0]

    assert [letter.to for letter in mail.outbox] == [[lead.email], [settings.SUPPORT_EMAIL]] * told


def test_it_is_told_again_only_after_something_newer_came(tasks_run_at_once, django_capture_on_commit_callbacks):
    school = school_offline(8)
    with django_capture_on_commit_callbacks(execute=True):
        overdue.stale()
        tasks.schedule_next(SyncRun.objects.filter(school=school).first())  # another night without the link
        assert overdue.stale() == 0

        tasks.schedule_next(SyncRunFactory(school=school, started_at=ago(hours=1)))

    assert SyncSettings.objects.get(school=school).old_told_at is None


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
    SyncRun.objects.filter(school=school).update(wonde_newest=newest, as_of=newest)
    lead = signed_in(LeadRightFactory(school=school).user)

    said = lead.get(reverse("classes:all", args=[school.code])).content.decode()

    assert "Nothing new from Wonde since" in said


def test_a_school_that_waits_for_somebodys_word_as_a_whole_needs_a_person():
    school = school_read(hours=3)
    SyncSettings.objects.filter(school=school).update(to_confirm={"change_of_mis": "Arbor", "rollover": 2026})

    assert stands(school).need == freshness.HELD
    assert needs(stands(school)) == ["change of MIS waits", "new school year waits"]


def test_a_kind_that_wonde_refuses_needs_a_person():
    school = school_read(hours=3)
    School.objects.filter(pk=school.pk).update(doubted={"contacts": {"since": "2026-11-01", "told": False}})

    assert stands(school).need == freshness.RED
    assert needs(stands(school)) == ["parents and carers refused by Wonde"]
