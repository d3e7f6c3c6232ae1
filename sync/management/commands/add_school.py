"""Add a school by its Wonde id, as support does in the admin: `manage.py add_school A1930499544 --lead head@…`."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from schools.staff.invitations import InvitationRefusedError
from sync.people import adding_schools
from sync.wonde.client import Wonde


class Command(BaseCommand):
    help = "Add a school by its Wonde id. It is read within a minute; its first lead is invited by mail."

    def add_arguments(self, parser):
        parser.add_argument("wonde_id", metavar="WONDE_ID")
        parser.add_argument("--subjects", nargs="+", default=[], metavar="CODE", help="MIS codes or names.")
        parser.add_argument("--years", nargs="+", default=[], metavar="YEAR", help="Year groups; none: every year.")
        parser.add_argument("--lead", default="", metavar="EMAIL", help="The first school lead's address.")

    def handle(self, *, wonde_id, subjects, years, lead, **options):
        try:
            with Wonde(limit_s=settings.ASKING_LIMIT_S) as wonde:
                found = adding_schools.look_up(wonde, wonde_id)
            with transaction.atomic():
                school, invitation = adding_schools.add_school(
                    found, subjects=subjects, year_groups=years, lead_email=lead
                )
        except (adding_schools.SchoolRefusedError, InvitationRefusedError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Added {school.name} ({school.wonde_id}). Students sign in at /s/{school.code}/.")
        self.stdout.write("It is read within a minute of the dispatcher running.")
        if invitation:
            self.stdout.write("Its first lead is invited by mail.")
