"""When an answer is due to somebody who asks what is held about them. Pure.

One calendar month from the day it was asked, and two more where it takes longer: the same day of that month, or its
last day. What would end on a weekend or a bank holiday ends on the next working day [law: UK GDPR Article 12(3); ICO].

Bank holidays are those of the whole United Kingdom. Easter Monday and the one in August are not: they are no holiday
everywhere, and a day too early does no harm.
"""

import calendar
from datetime import date, timedelta

SATURDAY, SUNDAY = 5, 6
MONTHS, MONTHS_MORE = 1, 2


def due_on(asked_on: date, *, is_extended: bool = False) -> date:
    """The last day for an answer to what was asked on `asked_on`."""
    return next_working_day(months_after(asked_on, MONTHS + MONTHS_MORE if is_extended else MONTHS))


def months_after(day: date, months: int) -> date:
    """The corresponding day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def next_working_day(day: date) -> date:
    """`day`, or the first one after it that is neither a weekend nor a bank holiday."""
    while _is_weekend(day) or day in bank_holidays(day.year):
        day += timedelta(days=1)
    return day


def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays that the whole United Kingdom has in `year`; one that falls on a weekend is made up for on the
    next weekday that is none."""
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    found = {_good_friday(year), _monday_from(date(year, 5, 1)), _monday_from(date(year, 5, 25))}
    found |= {day for day in fixed if not _is_weekend(day)}
    for day in filter(_is_weekend, fixed):
        while _is_weekend(day) or day in found:
            day += timedelta(days=1)
        found.add(day)
    return frozenset(found)


def _is_weekend(day: date) -> bool:
    return day.weekday() in {SATURDAY, SUNDAY}


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _good_friday(year: int) -> date:
    """Source: the Gregorian computus of Meeus, Jones and Butcher, "Astronomical Algorithms", chapter 8."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), g = divmod(b, 4), (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1) - timedelta(days=2)
