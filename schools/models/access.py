"""What somebody is at a school, each said once as a condition of a queryset: `visible_to` is made of these.

A login that is switched off is nothing anywhere.
"""

from django.db.models import Exists, OuterRef

from schools.models.employee import Employee, LeadRight


def works_in(user, school="school"):
    """Whether `user` works in the school of a row, by the MIS. school: what the row calls it, "pk" for a school."""
    return Exists(_of(user, Employee.objects.current()).filter(school=OuterRef(school)))


def leads(user, school="school"):
    """Whether `user` holds the lead right of the school of a row, whatever it shares. school: as of `works_in`."""
    return Exists(_of(user, LeadRight.objects).filter(school=OuterRef(school)))


def teaches(user, **which):
    """Whether `user` teaches now, by the MIS, a class of which `which` is true: `teaches(user, pk=OuterRef("pk"))`.

    Classes are of another app, and reached by name.
    """
    taught = {f"teachings__school_class__{name}": value for name, value in which.items()}
    return Exists(_of(user, Employee.objects.current()).filter(teachings__left_at=None, **taught))


def _of(user, rows):
    return rows.filter(user=user) if user.is_active else rows.none()
