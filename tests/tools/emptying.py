"""Tables emptied after a test that commits. Django's flush truncates every table and then makes content types and
permissions anew, which costs more than most of these tests."""

from django.db import connection
from django.test import TransactionTestCase

KEPT = ["django_content_type", "auth_permission", "django_migrations"]  # as the migrations left them
# As a replica: no foreign key asks in which order, and no trigger tells the feed.
EMPTY = """
    DO $$
    DECLARE
        emptied text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR emptied IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ({kept}) LOOP
            EXECUTE format('DELETE FROM %I', emptied);
        END LOOP;
    END $$
"""


def empty_by_deleting() -> None:
    """From now on, whatever a test has committed is deleted after it, in place of the flush."""
    TransactionTestCase._fixture_teardown = lambda _: _empty()


def _empty() -> None:
    kept = ", ".join(f"'{table}'" for table in KEPT)
    with connection.cursor() as cursor:
        cursor.execute(EMPTY.format(kept=f"ARRAY[{kept}]"))
