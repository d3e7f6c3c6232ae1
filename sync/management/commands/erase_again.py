"""`manage.py erase_again FILE`: after a backup was restored, erase again whom it has brought back."""

import argparse
import sys

from django.core.management.base import BaseCommand, CommandError

from sync.erasing.again import erase_again
from sync.erasing.lines import LinesError, read


class Command(BaseCommand):
    help = (
        "After a backup was restored and before the worker is started: erase again whom it has brought back, as the "
        "lines of the worker's log tell. Other lines are passed over; lines from before the backup do no harm."
    )

    def add_arguments(self, parser):
        file = argparse.FileType("r", encoding="utf-8", errors="replace")
        parser.add_argument(
            "file", metavar="FILE", type=file, default=sys.stdin, help="the log; - reads standard input"
        )

    def handle(self, *, file, **options):
        try:
            lines = read(file.read())
            done = erase_again(lines)
        except LinesError as error:
            raise CommandError(str(error)) from error
        for school, number in sorted(done.items()):
            self.stdout.write(f"{school}: {number} rows erased again.")
        erasures = len({line.erasure for line in lines})
        self.stdout.write(f"{erasures} erasures read, {sum(done.values())} rows at {len(done)} schools erased again.")
