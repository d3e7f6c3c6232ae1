"""From when it is what a sync has read: its own moment, unless Wonde itself had nothing newer.

While its link to the MIS is down Wonde answers as before, with what it had; and a link that is broken unseen shows only
in that nothing changes any more. Schools do stand still in their holidays, and a small one for a week in term.
"""

from datetime import date, timedelta

WEEKDAYS = range(5)
STANDS_STILL = (
    12  # school days without any change, of student, staff or class: more than an Easter that no list knows of
)
SUMMER = timedelta(weeks=7)  # before the new year, where the school has not said when its year ends


def as_of(sync_settings, offline, newest, now):
    """The moment of which the school's data is true, read at `now`. offline: Wonde says its link to the MIS is down.
    newest: when anything last changed in Wonde, or None. sync_settings: the school's."""
    if offline:
        last = sync_settings.last_read
        return (last.as_of if last else newest) or now
    return newest if newest and _stands_still(sync_settings, newest, now) else now


def _stands_still(sync_settings, newest, now):
    """Whether more than STANDS_STILL whole school days have passed since `newest`."""
    zone = sync_settings.school.zone
    day, today, passed = newest.astimezone(zone).date(), now.astimezone(zone).date(), 0
    while (day := day + timedelta(days=1)) < today and passed <= STANDS_STILL:
        passed += _is_school_day(sync_settings, day)
    return passed > STANDS_STILL


def _is_school_day(sync_settings, day):
    mail = getattr(sync_settings.school, "mail_settings", None)
    festive = day >= date(day.year, 12, 24) or day == date(day.year, 1, 1)
    holiday = mail is not None and day in mail.holidays
    return day.weekday() in WEEKDAYS and not festive and not holiday and not _in_summer(sync_settings, day)


def _in_summer(sync_settings, day):
    """Between the school's years: as it says, or the weeks before its year starts."""
    month, number = map(int, sync_settings.year_starts.split("-"))
    starts = date(day.year, month, number)
    starts = starts if day < starts else starts.replace(year=day.year + 1)
    if not sync_settings.year_ends:
        return day >= starts - SUMMER
    month, number = map(int, sync_settings.year_ends.split("-"))
    ends = date(starts.year, month, number)
    return day > (ends if ends < starts else ends.replace(year=starts.year - 1))
