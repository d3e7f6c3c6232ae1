"""Schools whose data is of a certain age, and how they stand in the overview."""

from schools.models import School
from sync.wording.freshness import with_standing
from tests.factories import SyncRunFactory, SyncSettingsFactory, ago


def school_read(**length):
    """A school whose last complete sync began that long ago."""
    school = SyncSettingsFactory().school
    SyncRunFactory(school=school, started_at=ago(**length))
    return school


def stands(school):
    return with_standing(School.objects.filter(pk=school.pk)).get()


def school_offline(nights):
    """Read every night; for so many nights Wonde has said that its link to the MIS is down."""
    school = SyncSettingsFactory(school__mis="SIMS").school
    fresh = SyncRunFactory(school=school, started_at=ago(days=nights, hours=7))
    for each in range(nights):
        SyncRunFactory(school=school, started_at=ago(days=each, hours=6), mis_offline=True, as_of=fresh.as_of)
    return school
