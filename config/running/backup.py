"""Whether a backup is one to rely on, by its table of contents: how old it is, and whether every table is in it."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

OLDEST = timedelta(hours=26)  # a night, and one that takes longer or begins later than the one before
MADE = re.compile(r"^;\s+Archive created at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: (\S+))?$", re.MULTILINE)
ROWS = re.compile(r"^\d+; \d+ \d+ TABLE DATA \S+ (\S+) ", re.MULTILINE)
NAMED = 5


class BackupError(Exception):
    """A backup cannot be looked at; the text says why and what to do."""


def contents(file: str) -> str:
    """What `pg_restore --list` prints of the backup `file`. Raises BackupError."""
    program = shutil.which("pg_restore")
    if program is None:
        raise BackupError(
            "pg_restore is not on this machine. Where it is: pg_restore --list FILE | manage.py backup_check -"
        )
    done = subprocess.run([program, "--list", file], capture_output=True, text=True)  # noqa: S603 (no shell)
    if done.returncode:
        raise BackupError(f"{done.stderr.strip()}\n{file} is no backup that can be restored. Make one now.")
    return done.stdout


def made_at(listed: str) -> datetime:
    """When the backup was begun, as its contents say. Raises BackupError."""
    made = MADE.search(listed)
    if made is None:
        raise BackupError("This is not what pg_restore --list prints of a backup. Is there one? Make one now.")
    zone = UTC if made[2] in {"UTC", "GMT"} else timezone.get_default_timezone()
    return datetime.fromisoformat(made[1]).replace(tzinfo=zone)


def problems(listed: str, now: datetime) -> list[str]:
    """A sentence for each reason not to rely on the backup that has these contents. Raises BackupError."""
    found = []
    age = now - made_at(listed)
    if age > OLDEST:
        found.append(
            f"The backup is {age // timedelta(hours=1)} hours old, and there should be one of each night. "
            "Look at what makes it, and make one now."
        )
    if lacking := sorted(tables() - set(ROWS.findall(listed))):
        found.append(
            f"The backup lacks the rows of {len(lacking)} of our {len(tables())} tables ({', '.join(lacking[:NAMED])}"
            f"{', …' if len(lacking) > NAMED else ''}). Make one now, of every table; after an upgrade, once migrate "
            "has run."
        )
    return found


def tables() -> set[str]:
    """Every table of this version that holds rows."""
    return {*connection.introspection.django_table_names(), MigrationRecorder.Migration._meta.db_table}
