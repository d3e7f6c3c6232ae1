"""Lists and pages of Django's admin, taken apart for our own templates."""

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.urls import reverse
from django.utils.html import format_html

from schools.desk.told import headed, server_code, told

register = template.Library()

register.filter("headed", headed)
register.filter("server_code", server_code)


@register.simple_tag
def as_register(cl):
    """A list as a register shows it: its heads, and of each row its key, its address and its cells."""
    names = [name for name in cl.list_display if name != "action_checkbox"]
    heads = [head for head in result_headers(cl) if "action-toggle" not in str(head["text"])]
    found = [[lookup_field(name, row, cl.model_admin) for name in names] for row in cl.result_list]
    for place, (head, name) in enumerate(zip(heads, names, strict=True)):
        head["label"] = headed(label_for_field(name, cl.model, cl.model_admin))
        head["is_number"] = any(type(cells[place][2]) is int for cells in found)
    rows = [
        {
            "pk": row.pk,
            "address": _address(cl, row),
            "cells": [
                (head, told(value, cl.zone, field) or cl.model_admin.if_none.get(name, ""))
                for head, name, (field, _, value) in zip(heads, names, cells, strict=True)
            ],
        }
        for row, cells in zip(cl.result_list, found, strict=True)
    ]
    return {"heads": heads, "rows": rows}


def _address(cl, row):
    kept = {"preserved_filters": cl.preserved_filters, "opts": cl.opts}
    return add_preserved_filters(kept, cl.url_for_result(row))


@register.simple_tag(takes_context=True)
def facts(context, fieldset):
    """What a fieldset says and nobody can change here: (label, words); what says nothing is left out."""
    shown = [field for line in fieldset for field in line if field.is_readonly]
    said = [(headed(field.field["label"]), fact(context, field)) for field in shown]
    return [(label, words) for label, words in said if words]


@register.filter
def inputs(fieldset):
    """The bound fields of a fieldset."""
    return [field.field for line in fieldset for field in line if not field.is_readonly]


@register.simple_tag(takes_context=True)
def fact(context, field):
    """What a read-only field says, with a link where it is a row that has a page for the viewer; "" if nothing."""
    name, desk = field.field["field"], field.model_admin
    of_model, _, value = lookup_field(name, field.form.instance, desk)
    if of_model is not None and of_model.many_to_one and value is not None:
        return _linked(context["request"], desk.admin_site, value)
    return told(value, context["zone"], of_model) or getattr(desk, "if_none", {}).get(name, "")


@register.simple_tag
def inline_rows(inline):
    """The rows of an inline: its cells with their labels, the hidden fields, and the box that takes it away."""
    labels = [headed(field["label"]) for field in inline.fields()]
    return [
        {
            "cells": list(zip(labels, (field for part in row for line in part for field in line), strict=True)),
            "hidden": [row.pk_field().field, row.fk_field().field] if row.needs_explicit_pk_field() else [],
            "delete": row.deletion_field().field if row.original and inline.formset.can_delete else "",
        }
        for row in inline
        if row.form.prefix != inline.formset.empty_form.prefix
    ]


def _linked(request, site, row):
    admin = site._registry.get(type(row))
    if admin is None or not admin.has_view_permission(request, row):
        return str(row)
    meta = row._meta
    return format_html(
        '<a href="{}">{}</a>', reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]), row
    )
