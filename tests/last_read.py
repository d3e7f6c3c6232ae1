"""What runs would have told other apps (`LastRead`), for tests that make or change runs without a sync."""

from schools.models import LastRead
from sync.engine import told_to_others
from sync.models import SyncRun


def told_anew(school):
    """As if the applied runs of `school` had been made one after the other as they are now."""
    LastRead.objects.filter(school=school).delete()
    for run in SyncRun.objects.applied().filter(school=school).order_by("started_at", "pk"):
        told_to_others.write(run)


def runs_were(school, **fields):
    """Every run of `school` had these values."""
    school.runs.update(**fields)
    told_anew(school)
