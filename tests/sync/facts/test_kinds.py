"""The declarations of the mirrored tables agree with the tables."""

import pytest
from django.apps import apps

from sync.facts.kinds import BY_THEMSELVES, IN_API, KINDS, LINKS

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


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_identifiers_addresses_and_folded_names_are_never_in_the_api(kind):
    private = [name for name, column in kind.columns.items() if column.identifier or column.whole or column.derived]

    assert set(private).isdisjoint(kind.in_api)


def test_of_parents_and_carers_nothing_is_in_the_api_or_the_feed():
    assert {"contacts", "guardianships"}.isdisjoint(IN_API)
    assert not KINDS["contacts"].in_feed
    assert not KINDS["guardianships"].in_feed


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_comes_after_what_it_hangs_from(kind):
    order = list(KINDS)

    assert all(order.index(parent) < order.index(kind.name) for parent in kind.parents.values())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_rows_are_hidden_with_their_own_kind_or_the_person_they_are_about(kind):
    hidden_with = set(TABLES[kind.table].objects.all().kinds)

    assert hidden_with & ({kind.name} if kind.name in BY_THEMSELVES else {LINKS[kind.name].parents[kind.member]})
