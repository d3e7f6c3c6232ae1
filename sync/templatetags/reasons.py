"""Reasons in words: `sync.reasons` for templates."""

from datetime import datetime

from django import template

from sync.kinds import KINDS
from sync.reasons import REASONS

register = template.Library()


@register.filter
def reason(code):
    """The reason `code`, with `.sentence` and `.who`; None for an empty or unknown code."""
    return REASONS.get(code)


@register.filter
def as_date(text):
    """A date or moment as Wonde or JSON spells it, as one that the filters of time take."""
    return datetime.fromisoformat(text)


@register.filter
def kind_label(name):
    """What people call the rows of a kind: "classes" for classes, "staff" for employees."""
    return KINDS[name].label if name in KINDS else name
