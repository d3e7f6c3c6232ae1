"""A school at the sandbox: what happens there, one sync of it, and what we have of it then."""

from contextlib import contextmanager

from classes.models import Enrolment, SchoolClass
from schools.models import School
from students.models import Student
from sync.engine.runs import run_sync
from sync.models import Change, SyncRun, SyncSettings
from sync.sandbox.testing import running_sandbox
from tests.factories import SchoolFactory


@contextmanager
def a_sandbox(settings, **options):
    """A sandbox over real HTTP, which our settings point at."""
    with running_sandbox(**options) as running:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
        yield running


def school_at(sandbox, **fields):
    """Our school for the sandbox's first one, switched on and never read."""
    school = SchoolFactory(wonde_id=sandbox.school_ids[0], **fields)
    SyncSettings.objects.create(school=school)
    return school


def synced(school, trigger=SyncRun.Trigger.NIGHT, **how):
    """One sync, with the school as the database has it now."""
    return run_sync(School.objects.get(pk=school.pk), trigger, **how)


def happen(sandbox, school, events):
    """Let events happen at the school today. Returns what happened."""
    return sandbox.day(school.wonde_id, events, new_day=False)["events"]


def changes(run, kind, verb):
    return Change.objects.filter(run=run, kind=kind, verb=verb)


def in_class(school_class):
    """Wonde ids of the students who are in it now."""
    stays = Enrolment.objects.current().filter(school_class=school_class)
    return set(stays.values_list("student__wonde_id", flat=True))


def world_of(sandbox):
    """The sandbox's school itself, to give it values that no event makes. Touch it before it is first read, or let
    `sandbox.day(…, [])` pass afterwards."""
    return sandbox.sandbox.registry.world(sandbox.school_ids[0])


def a_class_of(school, more_than=2):
    """An imported class with some students, its Wonde id and theirs."""
    for row in SchoolClass.objects.current().filter(school=school).order_by("pk"):
        if len(in_class(row)) > more_than:
            return row
    raise AssertionError("no class is large enough")


def a_student_of(school_class):
    return (
        Student.objects.filter(enrolments__school_class=school_class, enrolments__left_at=None).order_by("pk").first()
    )
