"""PostgreSQL as if it were away, or reached otherwise."""

from contextlib import contextmanager

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
