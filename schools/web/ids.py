"""Ids as browsers send them, in addresses (`<id:pk>`), queries and forms: one rule for what can be one."""

import re

from django.urls import register_converter

DIGITS = "[0-9]{1,18}"  # what a bigint of PostgreSQL always holds


class IdConverter:
    """A primary key in an address. Anything else is no address of ours: 404."""

    regex = DIGITS

    def to_python(self, value):
        return int(value)

    def to_url(self, value):
        return str(value)


register_converter(IdConverter, "id")


def as_id(text):
    """`text` of a query or a form as a primary key; None where it cannot be one."""
    return int(text) if re.fullmatch(DIGITS, text) else None


def as_ids(texts):
    """The set of primary keys among `texts`; what cannot be one is left out."""
    return {key for text in texts if (key := as_id(text)) is not None}
