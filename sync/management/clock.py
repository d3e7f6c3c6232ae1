"""The clock of the demo's past: what this process calls now, and the database for it."""

from contextlib import contextmanager
from datetime import UTC

import time_machine
from django.db import connection
from django.utils import timezone

from sync.models import Change

REAL = time_machine.escape_hatch.datetime.datetime
# The only moment that the database writes by itself.
WRITTEN_AT = f"ALTER TABLE {Change._meta.db_table} ALTER COLUMN at SET DEFAULT statement_timestamp()"


class Clock:
    """It ticks as any other does, and can be put forward to when it was set back, and no further."""

    def __init__(self, traveller):
        self._traveller = traveller
        self._was = REAL.now(UTC)
        self._tell_database()

    def go(self, to):
        """Put it forward to the moment `to`, unless it is there already."""
        if to > timezone.now():
            self._traveller.move_to(min(to.astimezone(UTC), self._was))
            self._tell_database()

    def _tell_database(self):
        with connection.cursor() as cursor:
            cursor.execute(f"{WRITTEN_AT} - %s", [REAL.now(UTC) - timezone.now()])


@contextmanager
def set_back(to):
    """A `Clock` that stands at the moment `to`, until the block ends."""
    try:
        with time_machine.travel(to.astimezone(UTC)) as traveller:
            yield Clock(traveller)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(WRITTEN_AT)
