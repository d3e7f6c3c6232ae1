"""When a school is read: once per night and local date, at its own minute, and again until the morning."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.rules.schedule import next_night, next_try, night_date

LONDON = ZoneInfo("Europe/London")


@dataclass
class School:
    zone: ZoneInfo = LONDON


@dataclass
class SyncSettings:
    """What the schedule asks of one."""

    school_id: int = 1
    night_starts: time = time(3)
    night_ends: time = time(6)
    night: date | None = None
    tries: int = 0
    school: School = None

    def __post_init__(self):
        self.school = self.school or School()


LATE = {"night_starts": time(22), "night_ends": time(4)}


def at(text, zone=LONDON):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize("school_id", [1, 2, 3, 17, 4711])
def test_the_next_night_is_within_the_schools_window(school_id):
    moment = next_night(SyncSettings(school_id), at("2026-10-05 12:00"))

    assert moment.astimezone(LONDON).date() == date(2026, 10, 6)
    assert time(3) <= moment.astimezone(LONDON).time() < time(6)


def test_schools_are_spread_evenly_over_their_night():
    moments = [next_night(SyncSettings(school_id), at("2026-10-05 12:00")) for school_id in range(1, 1001)]

    per_quarter = [0] * 12
    for moment in moments:
        per_quarter[(moment.astimezone(LONDON).hour - 3) * 4 + moment.minute // 15] += 1

    assert min(per_quarter) >= 80
    assert max(per_quarter) <= 87  # 1000 / 12 = 83.3


def test_a_school_whose_minute_is_still_to_come_is_read_this_night():
    assert next_night(SyncSettings(), at("2026-10-05 02:00")).astimezone(LONDON).date() == date(2026, 10, 5)


def test_a_night_done_is_not_done_again():
    assert next_night(SyncSettings(night=date(2026, 10, 5)), at("2026-10-05 02:00")).date() == date(2026, 10, 6)


@pytest.mark.parametrize("around", ["2026-03-29", "2026-10-25"], ids=["clocks go forward", "clocks go back"])
@pytest.mark.parametrize("window", [(time(0, 30), time(2, 30)), (time(3), time(6)), (time(22), time(4))], ids=str)
@pytest.mark.parametrize("school_id", [1, 2, 5, 9])
def test_every_local_date_has_exactly_one_night_also_when_the_clocks_change(around, window, school_id):
    sync_settings = SyncSettings(school_id, *window)
    now, nights = at(f"{around} 12:00") - timedelta(days=5), []

    for _ in range(10):
        now = next_night(sync_settings, now)
        sync_settings.night = night_date(sync_settings, now)
        nights.append(sync_settings.night)
        now += timedelta(minutes=2)

    assert nights == [nights[0] + timedelta(days=number) for number in range(10)]


def test_a_night_that_begins_before_midnight_belongs_to_the_day_it_began():
    sync_settings = SyncSettings(**LATE)

    assert night_date(sync_settings, at("2026-10-05 23:00")) == date(2026, 10, 5)
    assert night_date(sync_settings, at("2026-10-06 03:00")) == date(2026, 10, 5)


def test_a_run_at_noon_does_the_night_of_its_day():
    assert night_date(SyncSettings(), at("2026-10-05 12:00")) == date(2026, 10, 5)


def test_a_school_elsewhere_is_read_in_its_own_night():
    sydney = ZoneInfo("Australia/Sydney")
    moment = next_night(SyncSettings(school=School(sydney)), datetime(2026, 10, 5, 12, tzinfo=UTC))

    assert time(3) <= moment.astimezone(sydney).time() < time(6)


@pytest.mark.parametrize(("tries", "minutes"), [(0, 10), (1, 20), (2, 40), (3, 60), (9, 60)])
def test_a_refused_read_is_tried_again_soon_and_then_later(tries, minutes):
    now = at("2026-10-05 03:30")

    assert next_try(SyncSettings(tries=tries), now) == now + timedelta(minutes=minutes)


@pytest.mark.parametrize(("now", "again"), [("07:49", True), ("07:51", False), ("12:00", False)])
def test_no_read_is_tried_again_after_the_morning(now, again):
    assert (next_try(SyncSettings(), at(f"2026-10-05 {now}")) is not None) is again


@pytest.mark.parametrize(
    ("now", "again"),
    [("2026-10-05 22:15", True), ("2026-10-05 23:55", True), ("2026-10-06 07:00", True), ("2026-10-06 09:00", False)],
)
def test_a_night_that_begins_before_midnight_is_tried_again_until_the_next_morning(now, again):
    assert (next_try(SyncSettings(**LATE), at(now)) is not None) is again
