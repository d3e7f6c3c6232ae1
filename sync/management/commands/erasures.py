"""`manage.py erasures 2026-11-01`: what was erased since that day, as `erase_again` reads it."""

import datetime

from django.core.management.base import BaseCommand

from schools.models import Erasure
from sync.erasing.lines import MARK, lines_of


class Command(BaseCommand):
    help = "Print what was erased since a day, as numbers of rows, for `erase_again` on a restored backup."

    def add_arguments(self, parser):
        parser.add_argument("since", metavar="DAY", type=datetime.date.fromisoformat, help="for example 2026-11-01")

    def handle(self, *, since, **options):
        for erasure in Erasure.objects.filter(at__date__gte=since).select_related("school").order_by("pk").iterator():
            for line in lines_of(erasure):
                self.stdout.write(f"{MARK}{line}")
