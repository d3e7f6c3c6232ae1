"""Times, numbers and years as people in a school would say them."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst, get_text_list

register = template.Library()


def _date_words(day, today):
    return f"{day.day} {day:%B}" if day.year == today.year else f"{day.day} {day:%B} {day.year}"


def _day_words(day, today):
    """A date as somebody would say it on the date `today`: "yesterday", "Monday", "3 October", "3 October 2024"."""
    near = {today - timedelta(days=1): "yesterday", today: "today", today + timedelta(days=1): "tomorrow"}
    if day in near:
        return near[day]
    return f"{day:%A}" if abs((day - today).days) < 7 and day < today + timedelta(days=7) else _date_words(day, today)


def _as_time(moment, words, on_paper):
    """`words` for a screen, and what stands in their place on paper, where "today" is another day soon."""
    exact = f"{moment:%A} {moment.day} {moment:%B %Y}, {moment:%H:%M}"
    dated = format_html(' data-on-paper="{}"', on_paper) if on_paper != words else ""
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>', moment.isoformat(timespec="seconds"), exact, dated, words
    )


@register.filter
def when(moment, zone):
    """A moment in the school's `zone`: "today 04:14", "Monday 04:14", beyond a week "3 October"; "" for None."""
    if not moment:
        return ""
    moment, today = moment.astimezone(zone), timezone.now().astimezone(zone).date()
    date, hour = _date_words(moment.date(), today), f"{moment:%H:%M}"
    if abs((moment.date() - today).days) >= 7:
        return _as_time(moment, date, date)
    return _as_time(moment, f"{_day_words(moment.date(), today)} {hour}", f"{date} {hour}")


@register.filter
def day(moment, zone):
    """The date of a moment in the school's `zone`: "today", "yesterday", then "3 October"."""
    if not moment:
        return ""
    moment, today = moment.astimezone(zone), timezone.now().astimezone(zone).date()
    date, close = _date_words(moment.date(), today), abs((moment.date() - today).days) < 2
    return _as_time(moment, _day_words(moment.date(), today) if close else date, date)


@register.filter
def in_days(moment, zone):
    """How far ahead a moment or date is: "in 12 days", "tomorrow", "today"; also "today" if it has passed."""
    if not moment:
        return ""
    date = moment.astimezone(zone).date() if hasattr(moment, "astimezone") else moment
    days = (date - timezone.now().astimezone(zone).date()).days
    return f"in {days} days" if days > 1 else "tomorrow" if days == 1 else "today"


@register.filter
def date_words(text):
    """A date kept as text: "2026-10-03" is "3 October", with the year if it is another; empty stays ""."""
    date = datetime.fromisoformat(text).date() if text else None
    return _date_words(date, timezone.localdate()) if date else ""


@register.filter
def date_said(date):
    """A date in full: "Saturday 3 October 2026"."""
    return f"{date:%A} {date.day} {date:%B %Y}"


@register.filter
def heading_day(date, zone):
    """A date that heads a list: "Today", "Yesterday", "Monday 3 October"."""
    words = _day_words(date, timezone.now().astimezone(zone).date())
    if words in {"today", "yesterday"}:
        return words.capitalize()
    return f"{date:%A} {date.day} {date:%B}"


@register.filter
def year_words(year_group):
    """A year group as people say it: "9" is "Year 9", "R" is "Reception"; anything else the MIS says stays as it is."""
    if year_group.isdecimal() and int(year_group) > 0:
        return f"Year {int(year_group)}"
    if year_group.upper() in {"R", "0"}:
        return "Reception"
    return "Nursery" if year_group.upper() in {"N", "N1", "N2"} else year_group


@register.filter
def thousands(number):
    """1187 is "1,187"."""
    return f"{number:,}"


@register.filter
def count_of(number, noun):
    """A number with its noun: `3|count_of:"student"` is "3 students", `1|count_of:"class,classes"` "1 class"."""
    one, _, many = noun.partition(",")
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@register.filter
def and_list(things):
    """ "Ann", "Ann and Bo", "Ann, Bo and Cy"."""
    return get_text_list(list(things), "and")


@register.filter
def away_from(error, field):
    """An error as it reads in a list, away from its bound field: what Django says of any field ("This field is
    required.") names the field first."""
    of_any = {str(words) for each in type(field.field).__mro__ for words in _django_says(each)}
    return f"{capfirst(field.label)}: {error}" if error in of_any or error.startswith("Ensure this value") else error


def _django_says(kind):
    return vars(kind).get("default_error_messages", {}).values()
