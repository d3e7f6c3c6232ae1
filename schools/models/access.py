"""What somebody is to a school, each written once as a queryset condition: `visible_to` is built from these.

A login that is switched off is nothing anywhere.
"""

from django.db.models import Exists, OuterRef

from schools.models.employee import Employee, LeadRight
from schools.models.sharing import AuthoriserRight


def works_in(user, school="school"):
    """Whether, according to the MIS, `user` works in a row's school. school: the row's field for it; "pk" for a school
    itself."""
    return Exists(_of(user, Employee.objects.current()).filter(school=OuterRef(school)))


def leads(user, school="school"):
    """Whether `user` holds the lead right for a row's school, whatever it shares. school: as in `works_in`."""
    return Exists(_of(user, LeadRight.objects).filter(school=OuterRef(school)))


def authorises(user, school="school"):
    """Whether `user` may agree for a row's school, whatever it shares. school: as in `works_in`."""
    return Exists(_of(user, AuthoriserRight.objects.standing()).filter(school=OuterRef(school)))


def teaches(user, **which):
    """Whether, according to the MIS, `user` now teaches a class that matches `which`: `teaches(user,
    pk=OuterRef("pk"))`.

    Classes belong to another app, so they are reached by name.
    """
    taught = {f"teachings__school_class__{name}": value for name, value in which.items()}
    return Exists(_of(user, Employee.objects.current()).filter(teachings__left_at=None, **taught))


def _of(user, rows):
    return rows.filter(user=user) if user.is_active else rows.none()
