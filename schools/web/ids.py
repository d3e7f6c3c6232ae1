"""Ids as browsers send them, in URLs (`<id:pk>`), queries and forms: one rule for what can be an id."""

import re

from django.urls import register_converter

DIGITS = "[0-9]{1,18}"  # what a PostgreSQL bigint always holds


class IdConverter:
    """A primary key in a URL. Anything else is not an address of ours: 404."""

    regex = DIGITS

    def to_python(self, value):
        return int(value)

    def to_url(self, value):
        return str(value)


register_converter(IdConverter, "id")


def as_id(text):
    """`text` from a query or form as a primary key; None if it cannot be one."""
    return int(text) if re.fullmatch(DIGITS, text) else None


def as_ids(texts):
    """The set of primary keys among `texts`; what cannot be one is left out."""
    return {key for text in texts if (key := as_id(text)) is not None}
