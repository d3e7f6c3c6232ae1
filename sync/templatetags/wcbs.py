"""Whether pages offer the guide for PASS and 3sys."""

from django import template

from sync.rules.wcbs import is_wcbs

register = template.Library()


@register.filter
def on_wcbs(school):
    """Whether the MIS of `school` is PASS or 3sys."""
    return is_wcbs(school.mis)
