"""Remove a second factor somebody can no longer give, from the server: the way out when nobody else is left to do
it."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from schools.access import rights
from schools.auth import remove_factors
from schools.models import AuditEntry, User


class Command(BaseCommand):
    help = "Take away a login's second factor and recovery codes; its sessions end. Noted, with the reason."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="how you know that it is they who ask; read by the schools")

    @transaction.atomic
    def handle(self, email, reason, **options):
        user = User.objects.staff().filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"No login has the address {email}.")
        if not remove_factors(user):
            raise CommandError(f"{user} has no second factor: the admin leads them to setting one up.")
        for school in [*rights.schools_of(user)] or [None]:
            AuditEntry.objects.note(None, "removed the second factor of", user, school, reason)
        self.stdout.write(f"{user} signs in by password now, and support is led to setting up another factor.")
