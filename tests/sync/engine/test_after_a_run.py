"""What follows a run: when the school is due again, and who is told what waits for somebody's word as a whole."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from schools.models import School
from sync import tasks
from sync.models import SyncRun, SyncSettings
from sync.rules.schedule import FIRST_RETRY, next_night
from tests.factories import LeadRightFactory, SyncRunFactory, SyncSettingsFactory
from tests.sync.living import living_school

NIGHT = datetime(2026, 11, 10, 3, 30, tzinfo=UTC)


# --- A run that failed


@pytest.fixture
def broken(monkeypatch):
    """A school of which every sync ends in a bug of ours."""
    school = SyncSettingsFactory().school

    def read_school(*args, **how):
        raise ZeroDivisionError

    monkeypatch.setattr("sync.engine.runs.read_school", read_school)
    return school


def due_after(school, now):
    """When a school is due once a sync at that moment has failed."""
    with time_machine.travel(now, tick=False), pytest.raises(ZeroDivisionError):
        tasks.sync_school(school.pk)
    return SyncSettings.objects.get(school=school)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_fails_is_tried_again_soon_and_then_later(broken):
    first = due_after(broken, NIGHT)
    assert (first.tries, first.due_at) == (1, NIGHT + FIRST_RETRY)

    second = due_after(broken, first.due_at)

    assert (second.tries, second.due_at) == (2, first.due_at + 2 * FIRST_RETRY)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_fails_until_the_morning_is_given_up_until_the_next_night(broken):
    morning = NIGHT.replace(hour=7, minute=55)

    sync_settings = due_after(broken, morning)

    assert (sync_settings.tries, sync_settings.gave_up_at) == (0, morning)
    assert sync_settings.due_at == next_night(sync_settings, morning)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_a_person_asked_for_and_that_fails_leaves_the_night_as_it_was(broken):
    SyncSettings.objects.update(due_at=NIGHT)

    with pytest.raises(ZeroDivisionError):
        tasks.sync_school(broken.pk, trigger=SyncRun.Trigger.PERSON)

    assert SyncSettings.objects.get(school=broken).due_at == NIGHT


@pytest.mark.django_db(transaction=True)
def test_a_school_whose_worker_died_is_due_at_once_and_where_the_next_dies_too_later():
    school = SyncSettingsFactory().school

    with time_machine.travel(NIGHT, tick=False):
        waits = []
        for _ in range(3):
            SyncRunFactory(school=school, status=SyncRun.Status.RUNNING, ended_at=None, as_of=None)
            tasks.sweep()
            waits.append(SyncSettings.objects.get(school=school).due_at - NIGHT)

    assert waits == [timedelta(0), 2 * FIRST_RETRY, 4 * FIRST_RETRY]


# --- A clock that ran ahead


@pytest.mark.django_db
def test_a_school_whose_time_was_set_by_a_clock_that_ran_ahead_is_due():
    jumped = SyncSettingsFactory(due_at=NIGHT + timedelta(days=400), night=(NIGHT + timedelta(days=399)).date())
    SyncSettingsFactory(due_at=NIGHT + timedelta(hours=40))

    due = list(SyncSettings.objects.due(NIGHT))

    assert due == [jumped]
    assert next_night(due[0], NIGHT) - NIGHT < timedelta(days=1)


# --- What waits for somebody's word as a whole


@pytest.fixture
def living(settings, tasks_run_at_once):
    with living_school(settings) as school:
        school.lead = LeadRightFactory(school=school.school).user
        yield school


def told():
    return [letter.subject for letter in mail.outbox][::2]  # the lead's; support gets the same


def known_as(living, mis):
    """What we take the school's MIS for, before the night's reading."""
    School.objects.filter(pk=living.school.pk).update(mis=mis)
    living.read()
    return living.sync_settings.to_confirm


@pytest.mark.django_db(transaction=True)
def test_a_change_of_mis_that_waits_is_told_to_lead_and_support_once(living, settings):
    now = living.school.mis

    assert known_as(living, "Another MIS") == {"change_of_mis": now}
    assert known_as(living, "Another MIS") == {"change_of_mis": now}

    assert told() == [f"{living.school.name} seems to have changed its MIS"]
    assert {letter.to[0] for letter in mail.outbox} == {living.lead.email, settings.SUPPORT_EMAIL}


@pytest.mark.django_db(transaction=True)
def test_it_is_told_again_when_it_has_gone_and_comes_again_or_is_another(living):
    now = living.school.mis
    known_as(living, "Another MIS")
    assert known_as(living, now) == {}

    known_as(living, "Another MIS")
    SyncSettings.objects.update(to_confirm={"change_of_mis": "A third MIS"})
    known_as(living, "Another MIS")

    assert told() == [f"{living.school.name} seems to have changed its MIS"] * 3


@pytest.mark.django_db(transaction=True)
def test_a_new_year_that_waits_is_told_once_also_when_a_change_of_mis_comes_between(living):
    year, now = living.sync_settings.rolled_year, living.school.mis
    SyncSettings.objects.update(rolled_year=year - 1)

    assert known_as(living, now) == {"rollover": year}
    assert known_as(living, "Another MIS") == {"rollover": year, "change_of_mis": now}
    assert known_as(living, now) == {"rollover": year}

    name = living.school.name
    assert told() == [f"{name}: a new school year waits", f"{name} seems to have changed its MIS"]


@pytest.mark.django_db(transaction=True)
def test_a_night_without_a_read_changes_nothing_of_what_waits(living):
    known_as(living, "Another MIS")
    living.sandbox.fault("unauthorised")

    assert known_as(living, "Another MIS") != {}

    assert len(told()) == 1
