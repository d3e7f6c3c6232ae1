"""What is in the database, table by table, and whether anything was written to it."""

from django.apps import apps
from django.db import connection

OURS = ("schools", "students", "classes", "parents", "sync")
RUNS = {"sync_syncrun", "schools_lastread"}  # a run, and what it tells others of itself


def tables():
    """Every table of our own apps."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OURS]
    return sorted({model._meta.db_table for model in models})


def versions(*without):
    """Table -> a number that changes with every row written, also where the values stay the same."""
    each = [
        f"SELECT '{table}', count(*), coalesce(sum(hashtext(t::text || t.ctid::text)), 0) FROM \"{table}\" t"
        for table in tables()
        if table not in without
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return {table: (count, number) for table, count, number in cursor}


def found_anywhere(needle):
    """Tables where any column of any row contains `needle`, in any letter case."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE %s', [f"%{needle}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def everything():
    """All that stands in our own tables, as one text."""
    each = [f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t" for table in tables()]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return "\n".join(text for (text,) in cursor)
