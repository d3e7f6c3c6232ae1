"""`manage.py explain WONDE_ID --name "Sam Okoro"`: why somebody or a class is here or not."""

from django.core.management.base import BaseCommand, CommandError

from schools.models import School
from sync.why.explain import explain
from sync.why.finding import Asked


class Command(BaseCommand):
    help = "Say why a student, a class or a member of staff is here or not, who decided, and what to reply."

    def add_arguments(self, parser):
        parser.add_argument("wonde_id", metavar="WONDE_ID", help="the school's Wonde id, for example A1203984756")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--name", help="part of a name: of a student, a class or a member of staff")
        which.add_argument("--upn", help="a student's UPN")
        which.add_argument("--wonde-id", dest="row", metavar="ID", help="the Wonde id of a person or class")

    def handle(self, *, wonde_id, name, upn, row, **options):
        school = School.objects.filter(wonde_id=wonde_id).first()
        if school is None:
            raise CommandError(f"No school here has the Wonde id {wonde_id}. Look it up in the admin.")
        by, text = next((by, text) for by, text in (("name", name), ("upn", upn), ("wonde_id", row)) if text)
        told = explain(school, Asked(by, text), reason="command line")
        if told.problem:
            self.stdout.write(f"Wonde could not be asked: {told.problem}\n")
        for note in told.notes:
            self.stdout.write(note + "\n")
        for answer in told.answers:
            self.tell(answer)
        if told.more:
            self.stdout.write(f"\n{told.more} more match than fit here: give more of the name.")
        for label, line in told.ledger.items():
            self.stdout.write(
                f"\nLast sync {told.run.pk}, {label}: {line.read} read = {line.imported} imported + "
                f"{line.withheld_total} left out + {line.unreadable} unreadable; {line.hidden} more hidden from us"
            )

    def tell(self, answer):
        reason = answer.reason
        self.stdout.write(f"\n{answer.name or 'Nobody'}{f' ({answer.what})' if answer.what else ''}: {answer.sentence}")
        rows = [
            *((f"Wonde says: {label}", value) for label, value in answer.says),
            ("Decided by", answer.decided),
            ("Since", answer.since and f"{answer.since:%d %B %Y %H:%M}"),
            ("Erased on", answer.erased_on and f"{answer.erased_on:%d %B %Y}"),
            *((f"Class {place.name}", f"{place.sentence}. {place.support}".strip()) for place in answer.places),
            ("For support", reason.support),
            ("Who can change it", reason.who),
        ]
        for label, value in rows:
            if value:
                self.stdout.write(f"  {label}: {value}")
        self.stdout.write("\n  Reply:\n" + "\n".join(f"    {line}" for line in answer.reply.splitlines()))
