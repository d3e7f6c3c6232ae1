"""Registers: tables that stay tables for a screen reader, and heads that sort by link (`schools.web.tables.Sort`)."""

import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()

# What a register adds to its elements. The roles repeat what the elements say, because browsers forget that when the
# stylesheet turns the table into cards.
IN_BODY = {
    "caption": 'class="unseen"',
    "thead": 'role="rowgroup"',
    "tbody": 'role="rowgroup"',
    "tr": 'role="row"',
    "th": 'scope="row" role="rowheader"',
    "td": 'role="cell"',
}
IN_HEAD = IN_BODY | {"th": 'scope="col" role="columnheader"'}
ELEMENT = re.compile(r"<(caption|thead|tbody|tr|th|td)\b")


@register.simple_block_tag(name="register")
def register_table(content, id=""):
    """A register around a plain caption, head and body, whose elements get their roles and scopes here.

    id: of the frame, for what htmx swaps
    """
    head, end, body = content.rpartition("</thead>")  # without a head all is body
    whole = _with_roles(head, IN_HEAD) + end + _with_roles(body, IN_BODY)
    return format_html(
        '<div class="register-frame"{}><table class="register" role="table">{}</table></div>',
        format_html(' id="{}"', id) if id else "",
        mark_safe(whole),  # noqa: S308 - the template's own markup, escaped where it was rendered
    )


def _with_roles(html, added):
    return ELEMENT.sub(lambda start: f"{start[0]} {added[start[1]]}", html)


@register.inclusion_tag("includes/column.html", takes_context=True)
def column(context, key, label, kind=""):
    """A column head that sorts by `key` when followed, and the other way round when followed again.

    kind: the class of the cells below it ("number")
    """
    sort, query = context["sort"], context["request"].GET.copy()
    current = sort.key == key
    query["sort"] = f"-{key}" if current and not sort.backwards else key
    query.pop("page", None)
    direction = ("descending" if sort.backwards else "ascending") if current else ""
    return {"key": key, "label": label, "kind": kind, "direction": direction, "query": query.urlencode()}
