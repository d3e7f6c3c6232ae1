"""`manage.py wonde_probe WONDE_ID`: the shape of a live school's answers, without a single value."""

import re
import sys

from django.core.management.base import BaseCommand

from schools.models import School
from sync.facts.errors import SyncError
from sync.models import Stop
from sync.wonde.probe import MARKS, by_kind, probe

REFUSED = 4


class Command(BaseCommand):
    help = (
        "Read one page of each kind of a school from Wonde and print key paths and JSON types: of texts how long they "
        "are, of nothing the value. Says which of our guesses about Wonde it settles. Nothing is stored. "
        "Exit status: 0 read, 4 Wonde did not answer, or sharing was stopped here."
    )

    def add_arguments(self, parser):
        parser.add_argument("wonde_id", help="the school's Wonde id, for example A1203984756")

    def handle(self, *, wonde_id, **options):
        if not re.fullmatch(r"[A-Z]\d{1,30}", wonde_id):
            self._refuse(f"“{wonde_id}” is no Wonde id of a school: a letter and digits, for example A1203984756.")
        school, answers = School.objects.filter(wonde_id=wonde_id).first(), []
        try:
            Stop.objects.refuse(school)
            for seen in probe(wonde_id, school.domain if school else ""):
                self._show(seen)
                answers.append(seen)
        except SyncError as error:
            self._refuse(str(error))
        self._settled(by_kind(answers))

    def _show(self, seen):
        self.stdout.write(f"\n{seen.path}")
        if seen.problem:
            self.stdout.write(f"  {seen.problem}")
        if seen.refused:
            self.stdout.write(f"  includes that Wonde refused: {', '.join(seen.refused)}")
        for path, types in seen.shapes.items():
            self.stdout.write(f"  {path}: {', '.join(f'{kind} × {number}' for kind, number in types.items())}")

    def _settled(self, answers):
        self.stdout.write("\nWhat this says about our guesses (sync/sandbox/choices.py names them all)")
        for mark in MARKS:
            said = mark.settled(answers) or "nothing was seen of it; try a school that has some"
            self.stdout.write(f"  {mark.what} ({mark.where}): {said}")

    def _refuse(self, message):
        self.stderr.write(message)
        sys.exit(REFUSED)
