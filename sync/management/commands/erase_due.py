"""`manage.py erase_due`: erase everybody whose day has come. The nightly task does the same."""

from django.core.management.base import BaseCommand

from sync.leaving.erasure import erase_due
from sync.wording.kinds import counted


class Command(BaseCommand):
    help = "Erase leavers past their school's retention, frozen kinds and revoked schools past their date."

    def handle(self, **options):
        done = erase_due()
        for note in done:
            counts = ", ".join(counted(number, kind) for kind, number in note.counts.items())
            self.stdout.write(f"{note.school.wonde_id}: {counts} ({note.get_cause_display()})")
        if not done:
            self.stdout.write("Nobody’s day has come.")
