"""Who may agree for a school to what it shares, and stop it: named by support, a lead or another authoriser.

An authoriser need not be staff, and sees nobody. The right of one whom the MIS listed ends with that.
"""

from django.db import transaction

from schools.models import AuditEntry, AuthoriserRight
from schools.staff import invitations


def of_school(school):
    """The rights that count, with `name`, the longest first."""
    return AuthoriserRight.objects.standing().with_names().filter(school=school).order_by("granted_at", "pk")


def invited(school):
    """Invitations to agree that wait for an answer."""
    return school.invitations.waiting().filter(as_authoriser=True).select_related("invited_by")


def invite(school, email, by):
    """Invite `email` to agree for `school`. Raises `invitations.InvitationRefusedError`."""
    if of_school(school).filter(user__email__iexact=email.strip()).exists():
        raise invitations.InvitationRefusedError(f"{email.strip()} may agree for {school.name} already.")
    return invitations.invite(school, email, by=by, as_authoriser=True)


@transaction.atomic
def withdraw(right, by):
    """Take the right back, or give it up. What was agreed stays agreed."""
    if AuthoriserRight.objects.filter(pk=right.pk).delete()[0]:
        AuditEntry.objects.note(by, "withdrew the right to agree of", right.user, right.school)
