"""A school after its first import, and so many students who go missing that a person is asked."""

from students.models import Student
from sync.engine.runs import run_sync
from sync.models import SyncRun
from tests.factories import SchoolFactory, SyncSettingsFactory


def imported_school(sandbox):
    """A school after its first import."""
    school = SchoolFactory(wonde_id=sandbox.school_ids[0])
    SyncSettingsFactory(school=school)
    assert sync(school).status == SyncRun.Status.APPLIED
    school.refresh_from_db()
    return school


def sync(school, **options):
    return run_sync(school, SyncRun.Trigger.COMMAND, **options)


def here(school):
    """Wonde ids of the students who are here."""
    return set(Student.objects.current().filter(school=school).values_list("wonde_id", flat=True))


def many_leave(sandbox, school, count=40):
    """More students go missing at once than may pass unasked; the run that holds them."""
    leavers = sorted(here(school))[:count]
    sandbox.day(school.wonde_id, [{"event": "leave", "students": leavers}])
    return sync(school), leavers
