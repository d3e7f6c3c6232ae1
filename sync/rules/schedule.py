"""When a school is read: once a night at its own minute, and again until the morning where a read was refused."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

GOLDEN = 0.6180339887498949  # neighbouring numbers times this fall far apart: any number of schools spreads evenly
MORNING = time(8)
FIRST_RETRY = timedelta(minutes=10)
LAST_RETRY = timedelta(hours=1)


def next_night(connection, now):
    """The school's own minute of the next night that has not been done, as a moment.

    One night per local date, whatever the clocks do: a night done is not done again.
    """
    zone = connection.school.zone
    today = now.astimezone(zone).date()
    day, done = today - timedelta(days=1), connection.night
    if done and done > today:
        done = None  # a clock that ran ahead has written it
    while True:
        moment = _own_minute(connection, day, zone)
        if moment > now and (done is None or day > done):
            return moment
        day += timedelta(days=1)


def next_try(connection, now):
    """When to read again after a refusal: soon, then later, until the school's morning; None when the night is over."""
    wait = min(FIRST_RETRY * 2**connection.tries, LAST_RETRY)
    night = night_date(connection, now)
    day = night + timedelta(days=1) if connection.night_starts > connection.night_ends else night
    morning = datetime.combine(day, MORNING, connection.school.zone)
    return now + wait if now + wait < morning else None


def night_date(connection, now):
    """The local date of the night that a run at `now` belongs to: a night that begins before midnight is that day's."""
    local = now.astimezone(connection.school.zone)
    late = connection.night_starts > connection.night_ends and local.time() < connection.night_starts
    return local.date() - timedelta(days=1) if late else local.date()


def _own_minute(connection, day, zone: ZoneInfo):
    start = datetime.combine(day, connection.night_starts)
    length = (datetime.combine(day, connection.night_ends) - start) % timedelta(days=1)
    return (start + length * (connection.school_id * GOLDEN % 1)).replace(tzinfo=zone)
