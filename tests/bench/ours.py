"""The product in a warm process: one sync of one school at a time, and what it left."""

import resource
from pathlib import Path

import django
from django.db import connection

from tests.bench.floor import COLUMNS

EMAIL, PERSON = "email", "wonde_id, upi, title, forename, surname"
OURS = {
    "employees": f"SELECT {PERSON}, email FROM schools_employee WHERE left_at IS NULL",
    "classes": "SELECT wonde_id, name, subject FROM classes_schoolclass WHERE left_at IS NULL",
    "students": "SELECT wonde_id, upi, upn, forename, surname FROM students_student WHERE left_at IS NULL",
    "contacts": f"SELECT {PERSON}, email FROM parents_contact WHERE left_at IS NULL",
    "teachings": "SELECT c.wonde_id, e.wonde_id, t.main FROM classes_teaching t JOIN classes_schoolclass c ON "
    "c.id = t.school_class_id JOIN schools_employee e ON e.id = t.employee_id WHERE t.left_at IS NULL",
    "enrolments": "SELECT s.wonde_id, c.wonde_id FROM classes_enrolment t JOIN classes_schoolclass c ON "
    "c.id = t.school_class_id JOIN students_student s ON s.id = t.student_id WHERE t.left_at IS NULL",
    "guardianships": "SELECT p.wonde_id, s.wonde_id, g.relationship, g.priority, g.responsibility FROM "
    "parents_guardianship g JOIN parents_contact p ON p.id = g.contact_id JOIN students_student s ON "
    "s.id = g.student_id WHERE g.left_at IS NULL",
}
BARE = {kind: f"SELECT {', '.join(columns)} FROM bare.{kind}" for kind, columns in COLUMNS.items()}
TABLES = ("schools_school", "schools_user", "schools_auditentry")


def digest(selects):
    """{kind: [number of rows, checksum of what is in them]}, whatever their order."""
    found = {}
    with connection.cursor() as cursor:
        for kind, select in selects.items():
            cursor.execute(
                "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text "
                f"FROM (SELECT ROW(u.*) FROM ({select}) u) t"
            )
            found[kind] = list(cursor.fetchone())
    return found


class Sync:
    """wonde_id: of the one school in the database."""

    def __init__(self, wonde_id):
        django.setup()
        from config.celery import app, settle_in

        app.loader.import_default_modules()  # as a worker does when it starts
        self.wonde_id = wonde_id
        connection.ensure_connection()
        settle_in()

    def empty(self):
        """A database with the school and nothing read."""
        from schools.models import School
        from sync.models import SyncSettings

        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        school = School.objects.create(wonde_id=self.wonde_id, name="Bench", code="bench")
        SyncSettings.objects.create(school=school)

    def night(self):
        """One sync; how many rows of each kind were read, and how many written."""
        from schools.models import School
        from sync.engine.runs import run_sync
        from sync.models import SyncRun

        run = run_sync(School.objects.get(wonde_id=self.wonde_id), SyncRun.Trigger.NIGHT)
        if run.status != SyncRun.Status.APPLIED:
            raise RuntimeError(run.message)
        written = {kind: sum(verbs.values()) for kind, verbs in run.counts.items()}
        return {"read": {kind: entry["read"] for kind, entry in run.ledger.items()}, "written": written}

    def night_and_memory(self):
        """One sync; what this process holds after it, in MiB."""
        self.night()
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20

    def preview(self):
        """How many rows of each kind the next sync will write."""
        from schools.models import School
        from sync.engine.runs import preview
        from sync.plans.verdict import planned

        judgement = preview(School.objects.get(wonde_id=self.wonde_id)).decision.judgement
        return {kind: sum(planned(judgement, kind).values()) for kind in judgement.plans}

    def settle_down(self):
        """What autovacuum does by itself in the hours between two nights."""
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def chosen(self):
        """Wonde ids of the classes that are in, in the order in which a student's one class is chosen."""
        from classes.models import SchoolClass

        with connection.cursor() as cursor:
            cursor.execute("SELECT school_class_id, count(*) FROM classes_enrolment GROUP BY 1")
            sizes = dict(cursor.fetchall())
        rows = SchoolClass.objects.current().filter(status="in")
        return [row.wonde_id for row in sorted(rows, key=lambda row: -sizes.get(row.pk, 0))]

    def not_lacking(self):
        """Everything ours holds is among what dlt has landed."""
        from tests.bench.peers import LACKING

        with connection.cursor() as cursor:
            for kind, select in LACKING.items():
                cursor.execute(f"SELECT count(*) FROM ({select}) t")
                (lacking,) = cursor.fetchone()
                if lacking:
                    raise SystemExit(f"Not the same work: {lacking} {kind} of ours were not landed by dlt.")

    def digest(self):
        return digest(OURS)

    def digest_of_bare(self):
        return digest(BARE)


class Fleet:
    """Many schools: made here, queued here, synced by workers elsewhere."""

    def __init__(self, wonde_ids):
        django.setup()
        self.wonde_ids = wonde_ids

    def empty(self):
        """The schools, and nothing read."""
        from schools.models import School
        from sync.models import SyncSettings

        schools = School.objects.bulk_create(
            School(wonde_id=wonde_id, name=wonde_id, code=f"s-{number}")
            for number, wonde_id in enumerate(self.wonde_ids)
        )
        SyncSettings.objects.bulk_create(SyncSettings(school=school) for school in schools)

    def queue(self, number):
        """Queue a night of the first `number` schools."""
        from django.utils import timezone

        from schools.models import School
        from sync.tasks import sync_school

        self.queued = timezone.now()
        for pk in School.objects.order_by("pk").values_list("pk", flat=True)[:number]:
            sync_school.delay(pk)

    def applied(self):
        """How many of them are through."""
        from sync.models import SyncRun

        ended = list(SyncRun.objects.filter(ended_at__gte=self.queued).values_list("status", "message"))
        if wrong := [message for status, message in ended if status != SyncRun.Status.APPLIED]:
            raise RuntimeError(wrong[0])
        return len(ended)

    def settle_down(self):
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
