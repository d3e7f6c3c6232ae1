"""The school year: when it ends and turns, and what then waits for a person.

From its last day until a person has confirmed the rollover nothing new comes in; until thirty days after that, whoever
loses a class stays, unless a person put the class out. A year without a last day only turns.
"""

from dataclasses import dataclass
from datetime import timedelta

from tests.sync.oracle.words import PLACES, column_of

SETTLING = timedelta(days=30)


@dataclass(frozen=True)
class Year:
    """began: the calendar year in which the academic year began. awaits: new classes wait for the rollover. between:
    the old classes are over and the new ones may not have settled. confirmed: tonight's run is the rollover."""

    began: int
    awaits: bool
    between: bool
    confirmed: bool


def year_of(rules, now, confirmed=False):
    """rules: columns of the school's settings. now: aware, UTC, at an hour when it is the same day at the school."""
    starts, ends = _day(rules["year_starts"]), _day(rules["year_ends"])
    today = (now.month, now.day)
    began = now.year if today >= starts else now.year - 1
    turned = rules["rolled_year"] is not None and rules["rolled_year"] < began
    last_day = None if ends is None else (began + (ends < starts), *ends)
    waits = turned or (last_day is not None and (now.year, *today) > last_day)
    settling = rules["rolled_at"] is not None and now < rules["rolled_at"] + SETTLING
    return Year(began, awaits=waits and not confirmed, between=waits or settling, confirmed=confirmed)


def _day(text):
    return tuple(int(part) for part in text.split("-")) if text else None


def between_classes(night, found, kind):
    """Students or teachers of ours who stay without a place."""
    if not night.year.between:
        return set()
    link, put_out = PLACES[kind], set()
    for stay in night.ours.lasting(link).values():
        if found.why["classes"].get(stay["school_class"]) == "excluded_class":
            put_out.add(stay[column_of(link, kind)])
    return night.ours.here(kind).keys() - put_out


def rolled(night, found):
    """(the year in use, when its rollover was confirmed) after tonight."""
    if night.rules["rolled_year"] is None:
        return night.year.began, None
    if night.year.confirmed and not night.rules["paused_at"] and "classes" not in found.aside:
        return night.year.began, night.now
    return night.ours.rolled
