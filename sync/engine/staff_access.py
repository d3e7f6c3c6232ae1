"""Staff whom the MIS says are not current, all at once: their removal waits for a person, their access does not."""

from schools.models import Employee
from sync.models import Hold

KIND = "employees"


def stop(school, keys, now):
    """End the access of the staff `keys` and give it back to whom it was ended for no longer. Whom a person said to
    keep, has it. Take the school's lock first."""
    kept = Hold.objects.filter(school=school, kind=KIND, limit="evidence", kept_at__isnull=False)
    stopped = set(keys) - set(kept.values_list("row_id", flat=True)) if keys else set()
    staff = Employee.objects.filter(school=school)
    staff.filter(stopped_at__isnull=False).exclude(pk__in=stopped).update(stopped_at=None)
    if stopped:
        staff.filter(pk__in=stopped, stopped_at=None).update(stopped_at=now)


def give_back(school):
    """A person says that everybody who waits stays."""
    Employee.objects.filter(school=school, stopped_at__isnull=False).update(stopped_at=None)
