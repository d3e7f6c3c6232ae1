"""`manage.py export_person WONDE_ID --wonde-id ID`: everything held about one person, as JSON or as a page."""

import json

from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string
from django.utils import timezone

from schools.models import AuditEntry, School
from schools.web.context_processors import product
from sync.engine import roster
from sync.leaving.export import everything_about
from sync.why.finding import Asked, find


class Command(BaseCommand):
    help = "Print everything held about one person as JSON; with --page write a page to read as well."

    def add_arguments(self, parser):
        parser.add_argument("wonde_id", metavar="WONDE_ID", help="the school's Wonde id, for example A1203984756")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--name", help="part of a name; it has to mean one person only")
        which.add_argument("--upn", help="a student's UPN")
        which.add_argument("--wonde-id", dest="row", metavar="ID", help="the Wonde id of the person")
        parser.add_argument("--page", metavar="FILE", help="write the readable page to this file, for example sam.html")

    def handle(self, *, wonde_id, name, upn, row, page, **options):
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
        held = everything_about(school, one.kind, one.pk)
        AuditEntry.objects.create(
            school=school, verb="exported", kind=one.kind, object_id=one.pk, reason="command line"
        )
        if page:
            with open(page, "x", encoding="utf-8") as file:
                file.write(render_to_string("sync/export.html", {"held": held, "at": timezone.now(), **product(None)}))
        self.stdout.write(json.dumps(held, ensure_ascii=False, indent=2))
