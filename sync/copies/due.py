"""When an answer is due to somebody who asks what is held about them. Pure.

One calendar month from the day it was asked, and two more where it takes longer: the same day of that month, or its
last day. What would end on a weekend or a bank holiday ends on the next working day [law: UK GDPR Article 12(3); ICO].

Bank holidays are those of the whole United Kingdom. Easter Monday and the one in August are not: they are no holiday
everywhere, and a day too early does no harm.
"""

import calendar
from collections.abc import Container
from datetime import date, timedelta
from functools import cache

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


@cache
def bank_holidays(year: int) -> Container[date]:
    """The bank holidays that the whole United Kingdom has in `year`, with the days on which others are made up for."""
    from holidays import UK  # 60 ms, which no process pays that counts no days

    return UK(years=year)


def _is_weekend(day: date) -> bool:
    return day.weekday() in {SATURDAY, SUNDAY}
