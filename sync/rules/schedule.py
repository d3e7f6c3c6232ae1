"""When a school is synced: once a night at its own minute, and again until morning if Wonde refuses."""

from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

GOLDEN = 0.6180339887498949  # neighbouring numbers times this fall far apart: any number of schools spreads evenly
MORNING = time(8)
FIRST_RETRY = timedelta(minutes=10)
LAST_RETRY = timedelta(hours=1)


class _School(Protocol):
    @property
    def zone(self) -> ZoneInfo: ...


class Schedule(Protocol):
    """What this needs of a school's `SyncSettings`. night: the last one done; tries: how often Wonde refused
    tonight."""

    school_id: int
    night: date | None
    night_starts: time
    night_ends: time
    tries: int

    @property
    def school(self) -> _School: ...


def next_night(sync_settings: Schedule, now: datetime) -> datetime:
    """The school's own minute in the next night that is still to do, as a moment.

    There is one night per local date, whatever the clocks do: a night that is done is not done again.
    """
    zone = sync_settings.school.zone
    today = now.astimezone(zone).date()
    day, done = today - timedelta(days=1), sync_settings.night
    if done and done > today:
        done = None  # a clock that ran ahead has written it
    while True:
        moment = _own_minute(sync_settings, day, zone)
        if moment > now and (done is None or day > done):
            return moment
        day += timedelta(days=1)


def next_try(sync_settings: Schedule, now: datetime) -> datetime | None:
    """When to try again after a refusal: soon, then later, until the school's morning; None once the night is over."""
    wait = min(FIRST_RETRY * 2**sync_settings.tries, LAST_RETRY)
    night = night_date(sync_settings, now)
    day = night + timedelta(days=1) if sync_settings.night_starts > sync_settings.night_ends else night
    morning = datetime.combine(day, MORNING, sync_settings.school.zone)
    return now + wait if now + wait < morning else None


def night_date(sync_settings: Schedule, now: datetime) -> date:
    """The local date of the night that a run at `now` belongs to: a night that begins before midnight is that day's."""
    local = now.astimezone(sync_settings.school.zone)
    late = sync_settings.night_starts > sync_settings.night_ends and local.time() < sync_settings.night_starts
    return local.date() - timedelta(days=1) if late else local.date()


def _own_minute(sync_settings: Schedule, day: date, zone: ZoneInfo) -> datetime:
    start = datetime.combine(day, sync_settings.night_starts)
    length = (datetime.combine(day, sync_settings.night_ends) - start) % timedelta(days=1)
    return (start + length * (sync_settings.school_id * GOLDEN % 1)).replace(tzinfo=zone)
