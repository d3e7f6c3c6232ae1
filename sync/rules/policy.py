"""A school's own rules, as plain data: every sync of it obeys them."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct

from schools.text.names import fold

AROUND_THE_END = timedelta(weeks=6)


class Limits(Struct, frozen=True):
    """How much may be missing unasked: more than `share` per cent *and* more than `free` waits for a person."""

    kind_share: int = 10
    kind_free: int = 5
    class_share: int = 50
    class_free: int = 5


class Policy(Struct, frozen=True):
    """subjects: folded codes and names. years: folded year groups, empty for all. academic_year: the calendar year the
    school's current academic year began in. today: the school's own date. asked: the fields that the school shares with
    us for a purpose, as "employees.email"; nothing else is kept. paused: only evidence applies. turned: a new year has
    begun and nobody has confirmed the rollover. awaiting: so, or the old one is over. between: the summer gap, in which
    who loses a class stays and waits for the next. rollover: this run is the confirmed rollover. asks_first: a class
    that the rule would take waits for the school's word. trusts_first_contact: priority 1 counts as responsible where
    the MIS does not say. moving: a change of MIS is announced for about now. known: facts of `sync.rules.silence` that
    the MIS has ever stated. last_day: of the academic year, "MM-DD"."""

    subjects: frozenset[str]
    years: frozenset[str]
    academic_year: int
    today: date
    asked: frozenset[str]
    limits: Limits = Limits()
    paused: bool = False
    turned: bool = False
    awaiting: bool = False
    between: bool = False
    rollover: bool = False
    asks_first: bool = False
    trusts_first_contact: bool = False
    moving: bool = False
    known: frozenset[str] = frozenset()
    last_day: str = "08-31"


def folded(names: Iterable[str]) -> frozenset[str]:
    """Subjects or year groups, ready to compare."""
    return frozenset(map(fold, names))


def academic_year(today: date, starts: str) -> int:
    """The calendar year in which the academic year of `today` began; `starts` is "MM-DD"."""
    return today.year if today.strftime("%m-%d") >= starts else today.year - 1


def year_is_over(today: date, starts: str, ends: str) -> bool:
    """Whether `today` is between the end of one academic year and the start of the next; both are "MM-DD". If the
    school has not said when its year ends, it is never over: it only turns."""
    day = today.strftime("%m-%d")
    if not ends:
        return False
    return ends < day < starts if ends < starts else day > ends or day < starts


def last_day(starts: str, ends: str) -> str:
    """The last day of an academic year; if the school has not said, the day before the next begins. All "MM-DD"."""
    return ends or f"{date.fromisoformat(f'2001-{starts}') - timedelta(days=1):%m-%d}"


def is_at_the_years_end(day: date, last: str) -> bool:
    """Whether `day` is within six weeks of the last day of an academic year."""
    return any(
        abs(day - date.fromisoformat(f"{year}-{last}")) <= AROUND_THE_END for year in range(day.year - 1, day.year + 2)
    )


def stated_year(text: str | None) -> int | None:
    """The first calendar year in an academic year's name ("2026/27", "Academic Year 2026-2027"), or None if it states
    none. How Wonde spells it is [unknown]; a name without a year says nothing."""
    found = re.search(r"(?:19|20)\d\d", text or "")
    return int(found[0]) if found else None


def top_year(years: Iterable[str]) -> str:
    """The highest of some year groups, as `year_group` spells them; "" if none is a number."""
    return max((year for year in years if year.isdecimal()), key=int, default="")
