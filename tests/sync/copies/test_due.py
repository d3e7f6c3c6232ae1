"""When an answer is due: a calendar month, over the ends of months and leap years, past weekends and bank holidays."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.copies.due import bank_holidays, due_on, months_after, next_working_day

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(DAYS, st.booleans())
def test_an_answer_is_due_on_the_corresponding_day_or_the_next_working_day_after_it(asked_on, is_extended):
    corresponding = months_after(asked_on, 3 if is_extended else 1)
    due = due_on(asked_on, is_extended=is_extended)

    ahead = (corresponding.year - asked_on.year) * 12 + corresponding.month - asked_on.month
    assert ahead == (3 if is_extended else 1), "never into the month after"
    last = monthrange(corresponding.year, corresponding.month)[1]
    assert corresponding.day == min(asked_on.day, last)
    assert due.weekday() < 5
    assert due not in bank_holidays(due.year)
    assert timedelta(0) <= due - corresponding <= timedelta(days=4)
    between = (corresponding + timedelta(days=n) for n in range((due - corresponding).days))
    assert all(next_working_day(day) == due for day in between), "no working day is passed over"


@given(DAYS)
def test_who_asks_later_is_never_answered_earlier(asked_on):
    assert due_on(asked_on) <= due_on(asked_on + timedelta(days=1))
    assert due_on(asked_on) < due_on(asked_on, is_extended=True)


@pytest.mark.parametrize(
    ("asked_on", "due"),
    [
        (date(2026, 9, 3), date(2026, 10, 5)),  # 3 October is a Saturday
        (date(2027, 1, 31), date(2027, 3, 1)),  # no 31 February, and the 28th is a Sunday
        (date(2028, 1, 31), date(2028, 2, 29)),  # a leap year
        (date(2026, 11, 25), date(2026, 12, 29)),  # Christmas, a weekend, and Boxing Day made up for on the Monday
        (date(2020, 11, 27), date(2020, 12, 29)),
        (date(2021, 11, 25), date(2021, 12, 29)),  # both of Christmas on a weekend
        (date(2026, 3, 3), date(2026, 4, 6)),  # Good Friday; Easter Monday is no holiday in Scotland
        (date(2026, 12, 1), date(2027, 1, 4)),
    ],
)  # fmt: skip
def test_it_is_due_when_the_law_says(asked_on, due):
    assert due_on(asked_on) == due
