"""Heads of tables that sort by link (`schools.web.tables.Sort`)."""

from django import template

register = template.Library()


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
