"""Staff whom the MIS says are not current, all at once: their removal waits for a person, their access does not."""

from schools.models import Employee


def stop(school, keys, now):
    """End the access of the staff `keys` and give it back to whom it was ended for no longer. Take the school's lock
    first."""
    staff = Employee.objects.filter(school=school)
    staff.filter(stopped_at__isnull=False).exclude(pk__in=keys).update(stopped_at=None)
    if keys:
        staff.filter(pk__in=keys, stopped_at=None).update(stopped_at=now)


def give_back(school):
    """A person says that everybody who waits stays."""
    Employee.objects.filter(school=school, stopped_at__isnull=False).update(stopped_at=None)
