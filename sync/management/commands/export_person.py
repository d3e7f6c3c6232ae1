"""`manage.py export_person WONDE_ID --wonde-id ID --to FILE`: the copy of everything held about one person, as a lead
would hand it on."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from schools.models import AuditEntry, School
from sync.copies import pack
from sync.copies.held import everything_about
from sync.copies.told import Decided
from sync.engine import roster
from sync.why.finding import Asked, find


class Command(BaseCommand):
    help = "Write the copy of everything held about one person, without other people’s names, to a file."

    def add_arguments(self, parser):
        parser.add_argument("wonde_id", metavar="WONDE_ID", help="the school's Wonde id, for example A1203984756")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--name", help="part of a name; it has to mean one person only")
        which.add_argument("--upn", help="a student's UPN")
        which.add_argument("--wonde-id", dest="row", metavar="ID", help="the Wonde id of the person")
        parser.add_argument("--to", metavar="FILE", required=True, help="a file that does not exist yet: sam.zip")

    def handle(self, *, wonde_id, name, upn, row, to, **options):
        school = School.objects.filter(wonde_id=wonde_id).first()
        if school is None:
            raise CommandError(f"No school here has the Wonde id {wonde_id}. Look it up in the admin.")
        by, text = next((by, text) for by, text in (("name", name), ("upn", upn), ("wonde_id", row)) if text)
        found = find(Asked(by, text), roster.read(school, timezone.now()), without={"classes"})
        if len(found) != 1:
            raise CommandError(
                f"{len(found) or 'No'} people of {school.name} are meant by that. Give the Wonde id: manage.py explain "
                f"{wonde_id} --name … shows it. Nothing was exported."
            )
        (one,) = found
        held = everything_about(school, one.kind, one.pk, for_parent=True)
        if held is None:
            raise CommandError(f"{school.name} does not share this now. Nothing was exported.")
        with open(to, "xb") as file:
            file.write(pack.make(held, Decided()))
        AuditEntry.objects.create(
            school=school, verb="exported", kind=one.kind, object_id=one.pk, reason="command line"
        )
        self.stdout.write(f"Written to {to}. What people wrote, and who other people are, is left out.")
