"""`manage.py backup_check FILE`: whether last night's backup could be restored, with the keys that are here."""

import sys

from django.core.checks import ERROR, Tags, run_checks
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.running import backup


class Command(BaseCommand):
    help = (
        "Say whether the backup in FILE, made by pg_dump --format=custom, is from last night and has every table, and "
        "whether the keys are here under which its database keeps things. Exit status 1: it is not to be relied on."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "file", metavar="FILE", help="the backup; - reads what pg_restore --list prints of it from standard input"
        )

    def handle(self, *, file, **options):
        try:
            listed = sys.stdin.read() if file == "-" else backup.contents(file)
            problems = backup.problems(listed, timezone.now())
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        checks = run_checks(tags=[Tags.database], databases=["default"])
        problems += [f"{lost.msg} {lost.hint or ''}".strip() for lost in checks if lost.level >= ERROR]
        if problems:
            raise CommandError("\n".join(problems))
        made = timezone.localtime(backup.made_at(listed))
        self.stdout.write(
            f"The backup of {made:%d %B %Y, %H:%M} has all {len(backup.tables())} tables, and every key in use is here."
        )
