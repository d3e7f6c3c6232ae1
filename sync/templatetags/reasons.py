"""`sync.wording` for templates."""

import re
from datetime import datetime

from django import template
from django.utils import timezone

from sync.wording import kinds, waiting
from sync.wording.reasons import IN_WORDS
from sync.wording.sentences import DayOfYear, day_in_full

register = template.Library()

DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@register.filter
def reason(code):
    """The reason `code`, with `.sentence` and `.who`; None for an empty or unknown code."""
    return IN_WORDS.get(code)


@register.filter
def as_date(text):
    """A date or moment as Wonde or JSON spells it, as one that the filters of time take."""
    return datetime.fromisoformat(text)


@register.filter
def plainly(value):
    """A value of what is held as people read it: days, moments and yes or no in words, nothing as a dash."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, DayOfYear):
        return value.in_words
    if isinstance(value, str) and MOMENT.match(value):
        moment = timezone.localtime(datetime.fromisoformat(value))
        return f"{day_in_full(moment)}, {moment:%H:%M} {moment:%Z}"
    if isinstance(value, str) and DAY.fullmatch(value):
        return day_in_full(value)
    return "–" if value in (None, "", [], {}) else value


register.filter("counted", kinds.counted)
register.filter("all_counted", kinds.all_counted)
register.filter("kind_label", kinds.many)
register.filter("what_waits", waiting.sentence)
