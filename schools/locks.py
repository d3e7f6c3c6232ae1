"""One at a time: PostgreSQL's advisory locks, which end by themselves when their holder dies."""

from contextlib import contextmanager, suppress

from django.db import Error, connection

DECIDING, RUNNING = 1, 2  # the two locks of a school


def lock_school(school_id, tells=""):
    """Wait until nobody else is deciding about the school; held to the end of the transaction.

    A sync takes it to compare and write; so does a person's decision. tells: "itself" if the transaction writes its own
    `Change`s; for all others database triggers write them (`sync/models/triggers.py`).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s), set_config('rollbook.tells', %s, true)",
            [DECIDING, school_id, tells],
        )


@contextmanager
def alone(school_id):
    """Whether this connection is the only one running a sync of the school, until the block ends.

    The lock belongs to the database session: a worker that is killed loses it at once, so whoever gets it knows that a
    run still marked as running is dead.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [RUNNING, school_id])
        (got,) = cursor.fetchone()
    try:
        yield got
    finally:
        if got:
            with suppress(Error), connection.cursor() as cursor:  # a broken connection has already let go
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [RUNNING, school_id])
