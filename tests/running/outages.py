"""PostgreSQL as if it were away, reached otherwise, or by somebody else as well."""

from contextlib import contextmanager

import psycopg
from django.db import connection

from config.embedded import free_port


@contextmanager
def connected(**otherwise):
    """Change how Django connects to PostgreSQL, until the block ends."""
    as_before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(otherwise)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(as_before)


def postgresql_away():
    return connected(PORT=free_port())


def another_session():
    """A connection of psycopg's own to the same database, to be used with `with`."""
    return psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None, "context": None})
