"""What is asked of a school and was agreed to, in words."""

from django import template

from schools.sharing import asked

register = template.Library()
register.filter(asked.in_words)


@register.filter
def moment_said(moment, zone):
    """An exact moment for a receipt, which is read on any day: "29 November 2026 at 20:19"."""
    return f"{moment.astimezone(zone):%-d %B %Y at %H:%M}"
