"""One at a time: PostgreSQL's advisory locks, which end by themselves when their holder dies, and within a minute when
its whole machine is gone."""

from contextlib import contextmanager, suppress

from django.db import Error, connection

DECIDING, RUNNING = 1, 2  # the two locks of a school
BEATING, READS = 3, 4  # two of the installation: its clock, and writing down what was read
# A session that holds a lock is watched by PostgreSQL, which would otherwise wait two hours for a machine that is gone.
_WATCHED = """
    set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
    set_config('tcp_keepalives_count', '3', false)"""


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
    with _held(RUNNING, school_id) as got:
        yield got


@contextmanager
def alone_with_reads():
    """Whether this connection is the only one writing down what was read through the API, until the block ends."""
    with _held(READS, 0) as got:
        yield got


@contextmanager
def _held(*lock):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock(%s, %s), {_WATCHED}", lock)
        got = cursor.fetchone()[0]
    try:
        yield got
    finally:
        if got:
            with suppress(Error), connection.cursor() as cursor:  # a broken connection has already let go
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)


def is_the_one_that_beats():
    """Whether this connection is the one whose process acts as the clock, from the first that asks until its session
    ends; a later one may ask as often as it likes. False while PostgreSQL is away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_try_advisory_lock(%s, 0), {_WATCHED}", [BEATING])
            return cursor.fetchone()[0]
    except Error:
        connection.close()
        return False
