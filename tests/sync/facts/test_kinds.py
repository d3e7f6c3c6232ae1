"""The declarations of the mirrored tables agree with the tables."""

import pytest
from django.apps import apps

from sync.facts.kinds import KINDS

TABLES = {model._meta.db_table: model for model in apps.get_models()}
COLUMNS = [(kind, name) for kind in KINDS.values() for name in kind.columns]


@pytest.mark.parametrize(("kind", "name"), COLUMNS, ids=lambda value: getattr(value, "name", value))
def test_a_mirrored_column_is_declared_as_its_table_has_it(kind, name):
    column, field = kind.columns[name], TABLES[kind.table]._meta.get_field(name)

    assert bool(column.parent) == field.is_relation
    if field.max_length:
        assert (column.db, column.limit) == ("text", field.max_length)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_column_that_is_shown_says_why_we_hold_it(kind):
    assert all(column.label and column.purpose for column in kind.columns.values() if column.shown)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_identifiers_and_addresses_are_kept_whole_or_not_at_all(kind):
    columns = kind.columns

    assert all(columns[name].identifier for name in ("upi", "upn") if name in columns)
    assert all(columns[name].whole for name in ("email",) if name in columns)
