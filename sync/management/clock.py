"""The clock under which the demo's past is lived, for this process and for what its database writes."""

from contextlib import contextmanager
from datetime import UTC

import time_machine
from django.db import connection
from django.utils import timezone

from sync.models import Change

REAL = time_machine.escape_hatch.datetime.datetime
# The only time that the database writes by itself.
WRITTEN_AT = f"ALTER TABLE {Change._meta.db_table} ALTER COLUMN at SET DEFAULT statement_timestamp()"


class Clock:
    """A clock that was set back. It ticks, and can be put forward, but never beyond the real time at that moment."""

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
    """A `Clock` set back to the moment `to`, until the block ends."""
    try:
        with time_machine.travel(to.astimezone(UTC)) as traveller:
            yield Clock(traveller)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(WRITTEN_AT)
