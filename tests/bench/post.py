"""Part H: the weekly mail of 20,000 families, beside handing the same ready-made bytes to the mail server.

The mail server is a process of its own that takes everything and, when told to, keeps it for the floor to send again.
"""

import resource
import smtplib
from datetime import timedelta

from tests.bench.actor import actor, median
from tests.bench.table import above, at_most, below, sample

FAMILIES, SCHOOLS = 20_000, 8


class Server:
    """An SMTP server that takes everything and keeps what was sent last."""

    def __init__(self):
        from aiosmtpd.controller import Controller

        from config.embedded import free_port

        self.port, self.taken = free_port(), []
        Controller(self, hostname="127.0.0.1", port=self.port).start()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode("latin-1")))
        return "250 OK"

    def where(self):
        return self.port

    def all_taken(self):
        """What was taken since the last time: [[sender, recipients, text]]."""
        taken, self.taken = self.taken, []
        return taken


class Bytes:
    """The floor: ready-made bytes to the mail server, one after another over one line."""

    def __init__(self, port):
        self.line, self.mails = smtplib.SMTP("127.0.0.1", port), []

    def hold(self, mails):
        self.mails = [(sender, to, text.encode("latin-1")) for sender, to, text in mails]

    def send(self):
        for mail in self.mails:
            self.line.sendmail(*mail)
        return len(self.mails)


class Weekly:
    """The product's: schools of families, a week that is due."""

    def __init__(self):
        import django

        django.setup()
        from config.celery import settle_in

        settle_in()

    def fill(self, schools, families):
        """Schools with together so many families of one student each, with progress and a read of an hour ago."""
        from django.db import connection
        from django.utils import timezone

        from parents.mail.letter import week_of
        from parents.models import Contact, Guardianship, MailSettings
        from schools.models import School
        from students.models import Student, WeeklyProgress
        from sync.engine import told_to_others
        from sync.models import SyncRun

        now = timezone.now()
        then, week = now - timedelta(hours=1), week_of(now.date())
        read = {"trigger": "night", "status": "applied", "started_at": then, "ended_at": then}
        for number in range(1, schools + 1):
            school = School.objects.create(
                pk=number, wonde_id=f"A{number}", name=f"School {number}", code=f"s-{number}"
            )
            MailSettings.objects.create(school=school, enabled=True)
            run = SyncRun.objects.create(
                school=school, ledger={"contacts": {"aside": "", "kept": []}}, as_of=read["ended_at"], **read
            )
            told_to_others.write(run)
            each = range(families // schools)
            students = Student.objects.bulk_create(
                Student(school=school, wonde_id=f"S{n}", forename="Tobi", surname="Okoro", sort_name=f"okoro {n:04}")
                for n in each
            )
            contacts = Contact.objects.bulk_create(
                Contact(school=school, wonde_id=f"P{n}", forename="Mercy", email=f"p{n}@home{number}.example")
                for n in each
            )
            Guardianship.objects.bulk_create(
                Guardianship(school=school, contact=contact, student=student, priority=1, responsibility=True,
                             joined_at=now)
                for contact, student in zip(contacts, students, strict=True)
            )  # fmt: skip
            WeeklyProgress.objects.bulk_create(
                WeeklyProgress(school=school, student=student, iso_year=week.year, iso_week=week.number, tasks_set=6,
                               tasks_done=5, minutes=40, updated_at=now)
                for student in students
            )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def make(self, school):
        """Make the week's rows of a school."""
        from django.utils import timezone

        from parents.mail.dispatch import make_now
        from parents.mail.letter import week_of

        now = timezone.now()
        return make_now(school, week_of(now.date()), now)

    def send(self, school):
        """Send what is due of a school."""
        from parents.mail.sending import send_due

        return send_due(school, 600)

    def held(self):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def part_h(place, asked):
    """The weekly mail, beside handing the same ready-made bytes to the mail server."""
    each = asked.families // SCHOOLS
    name, pairs = place.database("mail"), []
    with actor("tests.bench.post:Server", place.env(name)) as server:
        port = server.do("where")
        post = {"EMAIL_URL": f"smtp://127.0.0.1:{port}"}
        with (
            actor("tests.bench.post:Weekly", place.env(name, **post)) as ours,
            actor("tests.bench.post:Bytes", place.env(name), port=port) as floor,
        ):
            ours.do("fill", schools=SCHOOLS, families=asked.families)
            made = median(ours.measure("make", school=school) for school in range(1, SCHOOLS + 1))
            for school in range(1, SCHOOLS + 1):
                mine = ours.measure("send", school=school)
                mails = server.do("all_taken")
                if len(mails) != each:
                    raise SystemExit(f"Not the same work: {len(mails)} of {each} mails of a school arrived.")
                floor.do("hold", mails=mails)
                pairs.append((mine, floor.measure("send")))
                if sorted(map(str, server.do("all_taken"))) != sorted(map(str, mails)):
                    raise SystemExit("Not the same work: the floor sent other mails.")
            peak = ours.do("held")
    mine, theirs = map(median, zip(*pairs, strict=True))
    return [
        at_most(f"H. weekly mail, CPU for {each:,} families", sample(mine), sample(theirs), 2.5),
        above("H. mails a second of one core's CPU", 1000 * each / mine.cpu_ms, None, "mails/s"),
        below(f"H. making the rows of {each:,} families, CPU", made.cpu_ms, None),
        below("H. peak memory", peak, None, "MiB"),
    ]
