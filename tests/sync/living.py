"""A school that lives: a sandbox on this machine, read and applied as in production."""

from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone

from schools.models import School
from students.models import Student
from sync.engine.runs import run_sync
from sync.models import SyncRun
from sync.sandbox.testing import running_sandbox
from tests.factories import SchoolFactory, SyncSettingsFactory


class Living:
    """school: ours. sandbox: where it lives in Wonde. `read()` is one night."""

    def __init__(self, sandbox, school):
        self.sandbox, self.school = sandbox, school

    @property
    def sync_settings(self):
        return self.school.sync_settings

    def read(self, trigger=SyncRun.Trigger.NIGHT):
        """One run, as it ended; the school as it is afterwards."""
        run = run_sync(School.objects.get(pk=self.school.pk), trigger)
        self.school = School.objects.select_related("sync_settings").get(pk=self.school.pk)
        return run

    def day(self, *events):
        """What happens at the school, and the sync of the night after."""
        happened = self.sandbox.day(self.school.wonde_id, list(events))
        run = self.read()
        assert run.status == SyncRun.Status.APPLIED, run.message
        return happened["events"], run

    def student(self, **which):
        """The first current student, by Wonde id."""
        return Student.objects.filter(school=self.school, left_at=None, **which).order_by("wonde_id").first()

    def back(self, event, student):
        """A leaver returns, by `event`, to the class they were last in; their Wonde id now, and the run after."""
        was_in = student.enrolments.order_by("-joined_at").first().school_class
        (happened,) = self.sandbox.day(self.school.wonde_id, [{"event": event, "student": student.wonde_id}])["events"]
        _, run = self.day({"event": "move_class", "student": happened["student"], "to": was_in.wonde_id})
        return happened["student"], run


@contextmanager
def living_school(settings, students=60, read=True, **options):
    """A `Living` school, read once. It begins a week ago: Wonde's newest change is no old one, and no day of
    the sandbox's lies ahead of ours."""
    date = options.pop("date", timezone.now().date() - timedelta(days=7))
    with running_sandbox(students=students, date=date, **options) as sandbox:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = sandbox.url, sandbox.token
        school = SchoolFactory(wonde_id=sandbox.school_ids[0])
        SyncSettingsFactory(school=school)
        living = Living(sandbox, school)
        if read:
            run = living.read()
            assert run.status == SyncRun.Status.APPLIED, run.message
        yield living
