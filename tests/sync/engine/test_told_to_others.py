"""What a run tells the other apps: how old what we hold is, never newer than Wonde's own knowledge of the MIS, and
whether mail may leave."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from schools.models import LastRead, School
from sync.engine import told_to_others
from sync.engine.age import as_of
from sync.engine.undo import undo
from tests.factories import SupportFactory, SyncRunFactory, ago
from tests.sync.world import synced

READ = {"contacts": {"aside": "", "kept": []}}


def told(school):
    return LastRead.objects.get(school=school)


def test_a_sync_tells_its_age_and_an_undo_only_that_it_was(sandbox, school):
    run = synced(school)
    assert (told(school).read_at, told(school).as_of, told(school).undone) == (run.ended_at, run.as_of, False)
    assert School.objects.with_age().get(pk=school.pk).wonde_newest == run.wonde_newest

    undo(run, SupportFactory(), "a test", everything=True)
    assert (told(school).read_at, told(school).as_of, told(school).undone) == (run.ended_at, run.as_of, True)

    again = synced(school)
    assert (told(school).read_at, told(school).undone) == (again.ended_at, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"ledger": {"contacts": {"aside": "denied", "kept": []}}},
        {"ledger": {}},
        {"ledger": READ, "alarms": [["students", "unreadable"]]},
    ],
)
def test_what_did_not_read_parents_leaves_their_age_as_it_was(fields):
    before = SyncRunFactory(ledger=READ, started_at=ago(hours=30))

    run = SyncRunFactory(school=before.school, started_at=ago(hours=6), **fields)

    assert told(run.school).parents_as_of == before.as_of
    assert told(run.school).as_of == run.as_of


@pytest.mark.django_db
def test_an_age_that_wonde_takes_back_does_not_make_parents_older():
    """Nothing new for twelve school days: what was read yesterday was read yesterday."""
    before = SyncRunFactory(ledger=READ, started_at=ago(hours=30))

    SyncRunFactory(school=before.school, ledger=READ, started_at=ago(hours=6), as_of=ago(days=20))

    assert told(before.school).parents_as_of == before.as_of


@pytest.mark.django_db
def test_vanished_addresses_are_told_until_a_sync_has_them_again():
    gone = SyncRunFactory(ledger={"contacts": {"aside": "", "kept": ["email"]}}, started_at=ago(hours=30))
    assert told(gone.school).addresses_gone

    told_to_others.write(SyncRunFactory.build(school=gone.school, ledger=READ, as_of=timezone.now()))

    assert not told(gone.school).addresses_gone


@dataclass
class Settled:
    """What the rule asks of a connection."""

    year_starts: str = "09-01"
    year_ends: str = ""
    last_read: object = None
    holidays: list = field(default_factory=list)

    @property
    def school(self):
        mail = SimpleNamespace(holidays=self.holidays)
        return SimpleNamespace(zone=ZoneInfo("Europe/London"), mail_settings=mail)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def night(text):
    return at(f"{text} 04:00")


def test_a_read_with_the_link_up_is_of_its_own_moment():
    now = night("2026-11-10")

    assert as_of(Settled(), False, at("2026-11-09 18:00"), now) == now


def test_while_the_link_is_down_it_is_of_the_last_read_with_the_link_up():
    last = SimpleNamespace(as_of=night("2026-11-03"))

    assert as_of(Settled(last_read=last), True, at("2026-11-02 18:00"), night("2026-11-10")) == last.as_of


def test_a_first_read_with_the_link_down_is_of_wondes_newest_change():
    assert as_of(Settled(), True, at("2026-11-02 18:00"), night("2026-11-10")) == at("2026-11-02 18:00")


@pytest.mark.parametrize(("now", "stands_still"), [("2026-11-26", False), ("2026-11-27", True)])
def test_when_nothing_has_changed_for_more_than_twelve_school_days_it_is_of_the_newest_change(now, stands_still):
    newest = at("2026-11-09 18:00")  # a Monday: the Wednesday fortnight is the twelfth

    assert as_of(Settled(), False, newest, night(now)) == (newest if stands_still else night(now))


@pytest.mark.parametrize(
    ("newest", "back", "sync_settings"),
    [
        ("2026-12-18 17:00", "2027-01-06", Settled()),  # Christmas, and two days for the office
        ("2027-03-25 17:00", "2027-04-10", Settled()),  # Easter, in no list of holidays
        ("2027-07-20 17:00", "2027-09-14", Settled()),  # summer, where no end of the year is known
        ("2027-07-02 17:00", "2027-09-14", Settled(year_ends="07-02")),
        ("2026-12-11 17:00", "2027-02-08", Settled(year_starts="01-28", year_ends="12-11")),  # Australia
        ("2026-12-11 17:00", "2027-02-08", Settled(year_starts="01-28")),
        ("2027-06-25 17:00", "2027-08-30", Settled(year_starts="08-16")),  # Scotland
    ],
)
def test_holidays_do_not_alarm(newest, back, sync_settings):
    assert as_of(sync_settings, False, at(newest), night(back)) == night(back)


def test_holidays_that_the_school_has_entered_count_for_none():
    newest, now = at("2026-10-16 17:00"), night("2026-11-06")
    assert as_of(Settled(), False, newest, now) == newest

    half_term = [date(2026, 10, 19) + timedelta(days=days) for days in range(14)]

    assert as_of(Settled(holidays=half_term), False, newest, now) == now


@pytest.mark.parametrize("newest", [None, night("2030-01-01")])
def test_where_wonde_does_not_say_when_anything_changed_nothing_stands_still(newest):
    assert as_of(Settled(), False, newest, night("2026-11-10")) == night("2026-11-10")


def test_nothing_new_for_years_stands_still_too():
    assert as_of(Settled(), False, night("2001-01-01"), night("2026-11-10")) == night("2001-01-01")
