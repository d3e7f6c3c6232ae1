"""One set of icons, drawn for this product: 20 px, 1.5 px stroke, beside a word and hidden from screen readers."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()

FRAME = (
    '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.5" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>'
)
CIRCLE = '<circle cx="10" cy="10" r="7.25"/>'
ICONS = {
    "in": CIRCLE + '<path d="m6.75 10.25 2.25 2.25 4.25-4.75"/>',
    "out": CIRCLE + '<path d="M6.75 10h6.5"/>',
    "waiting": CIRCLE + '<path d="M10 6v4.25l2.75 1.75"/>',
    "wrong": '<path d="M10 3 2.5 16.5h15z"/><path d="M10 8.25v4M10 14.4v.1"/>',
    "info": CIRCLE + '<path d="M10 9.25v4.5M10 6.4v.1"/>',
    "joined": '<path d="M10 4v12M4 10h12"/>',
    "left": '<path d="M4 10h12"/>',
    "moved": '<path d="M4 10h11.5M11 5.5l4.5 4.5-4.5 4.5"/>',
    "back": '<path d="M12.5 4.5 7 10l5.5 5.5"/>',
    "next": '<path d="M7.5 4.5 13 10l-5.5 5.5"/>',
    "down": '<path d="M4.5 7.5 10 13l5.5-5.5"/>',
    "ascending": '<path d="m6 11.5 4-4 4 4"/>',
    "descending": '<path d="m6 8.5 4 4 4-4"/>',
    "person": '<circle cx="10" cy="7" r="3.25"/><path d="M3.75 17c.6-3.4 3-5 6.25-5s5.65 1.6 6.25 5"/>',
    "class": '<rect x="3.5" y="2.75" width="13" height="14.5" rx="2"/><path d="M7.25 2.75v14.5M10 7h3.75M10 11h3.75"/>',
    "mail": '<rect x="2.75" y="4.5" width="14.5" height="11" rx="1.5"/><path d="m3 5.5 7 5.5 7-5.5"/>',
    "search": '<circle cx="8.75" cy="8.75" r="5.25"/><path d="m12.75 12.75 4 4"/>',
    "print": '<path d="M6 7V3h8v4M6 14.5H3.5V7h13v7.5H14"/><path d="M6 11.75h8V17H6z"/>',
    "lock": '<rect x="4" y="9" width="12" height="8" rx="1.5"/><path d="M6.75 9V6.25a3.25 3.25 0 0 1 6.5 0V9"/>',
}


@register.simple_tag
def icon(name):
    """The icon `name`, inline, to stand beside a word that says the same."""
    return format_html(FRAME, mark_safe(ICONS[name]))  # noqa: S308 - our own drawing, from the table above
