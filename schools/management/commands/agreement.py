"""Give schools a version of the agreement to agree to, or list the versions there are."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from schools.models import Agreement
from schools.sharing import agreements


class Command(BaseCommand):
    help = "Adds a version of the agreement from a file like docs/agreement-sample.md; without one, lists the versions."

    def add_arguments(self, parser):
        parser.add_argument("deed", nargs="?", choices=["add"])
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, deed, file, **options):
        if deed:
            self._add(file)
        for each in Agreement.objects.annotate(agreed=Count("acceptances")):
            self.stdout.write(
                f"{each.version:<20} from {each.effective_on}  agreed to by {each.agreed}  sha256 {each.sha256}"
            )

    def _add(self, file):
        if file is None:
            raise CommandError("Name the file: manage.py agreement add FILE")
        try:
            made, is_new = agreements.add(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeError) as error:
            raise CommandError(f"{file} cannot be read as text: {error}") from error
        except agreements.AgreementRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Added {made}." if is_new else f"{made} is here already, with the same text.".capitalize())
