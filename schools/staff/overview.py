"""A school's staff as its leads see them: who signs in, who was not invited and why, and who leads the school.

Staff come from the MIS. What a lead adds is kept beside them, in rows that no sync writes: invitations, logins, rights.
"""

from collections import Counter
from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from schools.access import rights
from schools.auth import factors_of
from schools.mail import outgoing
from schools.models import AuditEntry, Employee, LeadRight, School, User
from schools.staff import invitations
from schools.text.addresses import is_usable


class StaffRefusedError(Exception):
    """Why nothing was changed, in a sentence for the person who asked."""


class SignInState(models.TextChoices):
    IN = "in", "signed in"
    UNUSED = "unused", "has a sign-in, not used yet"
    OFF = "off", "switched off by support"
    INVITED = "invited", "invited"
    QUEUED = "queued", "invitation about to leave"
    EXPIRED = "expired", "invitation has run out"
    REFUSED = "refused", "mail refused"
    NO_ADDRESS = "no_address", "no address"
    SHARED = "shared", "address of two people"
    UNUSABLE = "unusable", "address cannot be written to"
    READY = "ready", "not invited yet"


NO_OWN_ADDRESS = frozenset({SignInState.NO_ADDRESS, SignInState.SHARED, SignInState.UNUSABLE})
# The views of the list a lead can choose: {word in the URL: (label, whether a member belongs in it)}.
VIEWS = {
    "": ("Everyone", lambda member: True),
    "in": ("Signed in", lambda member: member.state == SignInState.IN),
    "invited": (
        "Invited, not in yet",
        lambda member: member.state in {SignInState.INVITED, SignInState.QUEUED, SignInState.UNUSED},
    ),
    "open": ("Not invited, or not reached", lambda member: member.needs_inviting),
    "moved": ("Address has changed", lambda member: member.has_moved),
}


@dataclass
class StaffMember:
    """One current employee. mis_state: what is wrong with their address in the MIS, "" if it is their own. invitations:
    newest first."""

    employee: Employee
    mis_state: str = ""
    invitations: list = field(default_factory=list)

    @property
    def invitation(self):
        """The newest one, or None."""
        return self.invitations[0] if self.invitations else None

    @property
    def state(self):
        user, newest = self.employee.user, self.invitation
        if user is not None:
            return SignInState.OFF if not user.is_active else SignInState.IN if user.last_login else SignInState.UNUSED
        if newest is None or newest.accepted_at:
            return self.mis_state or SignInState.READY
        if newest.failed_at:
            return SignInState.REFUSED
        if not newest.sent_at:
            return SignInState.QUEUED
        return SignInState.EXPIRED if newest.expires_at <= timezone.now() else SignInState.INVITED

    @property
    def state_at(self):
        """The moment that goes with the state: of the last sign-in, the mail or its refusal; otherwise None."""
        if self.state == SignInState.IN:
            return self.employee.user.last_login
        if self.state in {SignInState.INVITED, SignInState.EXPIRED}:
            return self.invitation.sent_at
        return self.invitation.failed_at if self.state == SignInState.REFUSED else None

    @property
    def has_own_address(self):
        """Whether the MIS gives them a usable address that is nobody else's."""
        return not self.mis_state

    @property
    def needs_inviting(self):
        return self.state in {SignInState.READY, SignInState.EXPIRED, SignInState.REFUSED, *NO_OWN_ADDRESS}

    @property
    def has_moved(self):
        """Whether the MIS has a different address from the one they sign in with."""
        user = self.employee.user
        return bool(user and self.has_own_address and self.employee.email.lower() != user.email.lower())

    @property
    def entered(self):
        """The address a lead entered for them, "" if the MIS has one."""
        return "" if self.has_own_address or not self.invitation else self.invitation.email


def members(school):
    """Every current employee the school shares, as `StaffMember`s in the order of a register."""
    leads = LeadRight.objects.filter(school=school, user=OuterRef("user"))
    here = Employee.objects.current().shown().filter(school=school).select_related("user", "school")
    here = list(here.annotate(has_factor=Exists(factors_of(OuterRef("user"))), leads_here=Exists(leads)).in_order())
    owners = Counter(employee.email.lower() for employee in here)
    sent = {}
    for invitation in school.invitations.select_related("invited_by").order_by("-made_at", "-pk"):
        for key in {invitation.employee_id, invitation.email.lower()} - {None}:
            sent.setdefault(key, []).append(invitation)
    told = []
    for employee in here:
        own = _mis_state(employee, owners)
        found = {
            row.pk: row
            for key in (employee.pk, employee.email.lower() if not own else None)
            for row in sent.get(key, ())
        }
        newest_first = sorted(found.values(), key=lambda row: (row.made_at, row.pk), reverse=True)
        told.append(StaffMember(employee, own, newest_first))
    return told


def _mis_state(employee, owners):
    if not employee.email:
        return SignInState.NO_ADDRESS
    if owners[employee.email.lower()] > 1:
        return SignInState.SHARED
    return "" if is_usable(employee.email) else SignInState.UNUSABLE


def leads(school):
    """The lead rights of `school` that somebody can use, with `name`, `has_factor`, and `gone_at`: when the MIS stopped
    listing a person it once had."""
    here = Employee.objects.filter(school=OuterRef("school"), user=OuterRef("user"))
    listed = here.filter(left_at=None)
    return (
        LeadRight.objects.filter(school=school)
        .with_names()
        .annotate(
            has_factor=Exists(factors_of(OuterRef("user"))),
            is_listed=Exists(listed),
            member_id=Subquery(listed.values("pk")[:1]),
            gone_at=Subquery(here.exclude(left_at=None).order_by("-left_at").values("left_at")[:1]),
        )
        .order_by("granted_at", "pk")
    )


def invited_leads(school):
    """Invitations to lead `school` waiting for somebody who is not among its staff."""
    return school.invitations.waiting().filter(as_lead=True, employee=None).select_related("invited_by")


@transaction.atomic
def invite(member, by, email="", as_lead=False):
    """Invite a member of staff: at their address in the MIS, or at `email` if they have none of their own there.

    Raises InvitationRefusedError, StaffRefusedError.
    """
    if member.employee.user is not None:
        raise StaffRefusedError(f"{member.employee} has a sign-in already. Nothing was sent.")
    address = member.employee.email if member.has_own_address else email or member.entered
    employee = member.employee
    made = invitations.invite(employee.school, address, by=by, employee=employee, as_lead=as_lead)
    if not member.has_own_address and made.email != member.entered:
        AuditEntry.objects.note(by, "entered an address for", employee, employee.school)
    return made


def grant(member, by):
    """Give the lead right to somebody with a sign-in. Raises StaffRefusedError if they have none."""
    employee = member.employee
    if employee.user is None or not employee.user.is_active:
        raise StaffRefusedError(f"{employee} has no sign-in yet: invite them as a school lead.")
    with transaction.atomic():
        _, is_new = LeadRight.objects.get_or_create(
            school=employee.school, user=employee.user, defaults={"granted_by": by}
        )
        if is_new:
            AuditEntry.objects.note(by, "gave the lead right to", employee.user, employee.school)


def refuse_without_a_lead(school_id, going):
    """Raises StaffRefusedError if the lead rights `going` (primary keys) are a school's last: somebody has to decide
    there. Call it in the transaction that withdraws them."""
    School.objects.select_for_update().get(pk=school_id)  # two people may withdraw each other's at the same moment
    if not LeadRight.objects.filter(school=school_id, user__is_active=True).exclude(pk__in=going).exists():
        raise StaffRefusedError("A school keeps at least one lead. Make somebody else a school lead first.")


@transaction.atomic
def withdraw(right, by):
    """Take the lead right back. Raises StaffRefusedError if it is the school's last."""
    refuse_without_a_lead(right.school_id, [right.pk])
    if LeadRight.objects.filter(pk=right.pk).delete()[0]:
        AuditEntry.objects.note(by, "withdrew the lead right of", right.user, right.school)


@transaction.atomic
def take_back(invitation, by):
    """Withdraw a waiting invitation: the link in its mail stops working."""
    AuditEntry.objects.note(by, "took back", invitation, invitation.school)
    invitation.delete()


@transaction.atomic
def move_sign_in(member, by):
    """Move the login of a member of staff to the address the MIS has for them now. Returns that address; both it and
    the old one are told.

    Raises StaffRefusedError if that address has a sign-in of its own, or the login opens more than this school: a lead
    must not decide about another school's login. Support may.
    """
    employee, address = member.employee, member.employee.email.lower()
    if not member.has_moved:
        raise StaffRefusedError(f"{employee} signs in with the address the MIS has. Nothing was changed.")
    user = User.objects.select_for_update().get(pk=employee.user_id)
    if User.objects.filter(email__iexact=address).exists():
        raise StaffRefusedError("The new address has a sign-in of its own already. Ask support to look at both.")
    elsewhere = ~Q(school=employee.school_id)
    opens = (user.employees, user.lead_rights, user.authoriser_rights)
    opens_more = user.is_staff or any(rows.filter(elsewhere).exists() for rows in opens)
    if opens_more and not rights.may_settle(by, user):
        raise StaffRefusedError(
            "This sign-in opens more than this school. Ask support that looks after all it opens to move it."
        )
    before, user.email = user.email, address
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()  # what allauth may have kept about the old one
    AuditEntry.objects.note(by, "moved the sign-in of", employee, employee.school)
    outgoing.put("moved", school=employee.school, to=before, address=address)
    outgoing.put("moved", school=employee.school, to=user, address=address)
    return address
