"""The indexes and constraints of our tables: what the models declare is there, and no index repeats another, as each
costs something at every write."""

import pytest
from django.apps import apps
from django.db import connection

PLAIN = """
    SELECT c.relname, i.relname, x.indisunique,
           array(SELECT pg_get_indexdef(x.indexrelid, n, false) || ' ' || x.indclass[n - 1]
                 FROM generate_series(1, x.indnkeyatts) n ORDER BY n)
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indpred IS NULL AND c.relname = ANY(%s)
"""


def our_models():
    return [
        model
        for app in ("schools", "students", "classes", "parents", "sync")
        for model in apps.get_app_config(app).get_models()
    ]


@pytest.mark.django_db
def test_every_index_and_constraint_that_a_model_declares_is_in_the_database():
    """Migrations can lose one: `db_index=False` on a column drops every index on it, even a conditional unique one."""
    missing = set()
    with connection.cursor() as cursor:
        for model in our_models():
            there = connection.introspection.get_constraints(cursor, model._meta.db_table)
            declared = {one.name for one in [*model._meta.constraints, *model._meta.indexes]}
            missing |= {f"{model._meta.label}: {name}" for name in declared - there.keys()}

    assert missing == set()


@pytest.mark.django_db
def test_no_index_is_only_the_beginning_of_another():
    ours = [model._meta.db_table for model in our_models()]
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [ours])
        indexes = cursor.fetchall()

    repeated = {
        f"{table}: {short}, as {long} begins with it"
        for table, short, unique, columns in indexes
        for other, long, _, more in indexes
        if table == other and short != long and not unique and more[: len(columns)] == columns
    }

    assert repeated == set()
