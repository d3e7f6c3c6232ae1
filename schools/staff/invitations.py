"""Who is invited by mail to sign in, and what accepting means.

An invitation goes to one address at one school. Opening its link proves that the address is yours, and only that
connects a login with an employee: never a name, never an unproved address. The secret is only in the mail; we keep its
hash. If the MIS has no address for somebody alone, a lead may enter one: it is kept here, in the invitation, and then
in the login, which no sync writes.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from schools.mail import outgoing
from schools.models import AuditEntry, AuthoriserRight, Employee, Invitation, LeadRight, User
from schools.text.addresses import cleaned, is_usable

OPEN_FOR = timedelta(days=14)


class InvitationRefusedError(Exception):
    """Why an invitation cannot be made or accepted, in a sentence for the person who asked."""


def invite(school, email, *, by, employee=None, as_lead=False, as_authoriser=False):
    """An invitation for `email`: a new one, or the waiting one renewed, with all it is for. Its mail follows.

    by: who asks; None from `invite_teachers` and `hand_on`. employee: whom it is for, at their address in the MIS or,
    if the MIS has none for them alone, at one that `by` entered; an invitation still waiting for them at another
    address ends.
    Raises InvitationRefusedError if it is not an address, or belongs to two employees, a leaver or somebody else.
    """
    email = cleaned(email)
    if not is_usable(email):
        raise InvitationRefusedError(f"“{email}” is not an email address. Check it for typing mistakes.")
    owners = list(_employees_with(school, email))
    if len(owners) > 1:
        raise InvitationRefusedError(
            "Two members of staff have this address in the MIS. Give each an own address there, then invite them."
        )
    signs_in = Q(email__iexact=email) | Q(user__email__iexact=email)
    if not owners and Employee.objects.left_out().filter(signs_in, school=school).exists():
        raise InvitationRefusedError(
            "This is the address of somebody who is left out here. Let them back in first, under “Left out”."
        )
    if employee is not None and owners != [employee]:
        _check_entered(school, email, employee, owners)
    with transaction.atomic():
        if employee is not None:
            elsewhere = (
                Invitation.objects.waiting().filter(school=school, employee=employee).exclude(email__iexact=email)
            )
            as_lead = as_lead or elsewhere.filter(as_lead=True).exists()
            as_authoriser = as_authoriser or elsewhere.filter(as_authoriser=True).exists()
            elsewhere.delete()  # a link sent to a mistyped address must not work
        try:
            with transaction.atomic():
                invitation = Invitation.objects.create(
                    school=school,
                    email=email,
                    employee=employee,
                    as_lead=as_lead,
                    as_authoriser=as_authoriser,
                    invited_by=by,
                )
        except IntegrityError:
            invitation = Invitation.objects.waiting().select_for_update().get(school=school, email__iexact=email)
            invitation.employee = employee or invitation.employee
            invitation.as_lead = as_lead or invitation.as_lead
            invitation.as_authoriser = as_authoriser or invitation.as_authoriser
            invitation.invited_by, invitation.sent_at, invitation.failed_at = by, None, None
            invitation.token_hash = None  # the link in the earlier mail ends here
            invitation.save()
        verb = "invited as school lead" if as_lead else "invited to agree" if as_authoriser else "invited"
        AuditEntry.objects.note(by, verb, invitation, school)
        outgoing.put("invitation", school=school, about=invitation.pk)
    return invitation


def _check_entered(school, email, employee, owners):
    """Refuse an address that a person entered, unless it may be this employee's and the MIS has none for them alone."""
    if owners:
        raise InvitationRefusedError(f"In the MIS this is the address of {owners[0]}. Enter another one.")
    if employee.left_at or has_own_address(employee):
        raise InvitationRefusedError("The MIS does not list this address for a current member of staff any more.")
    others = Employee.objects.current().filter(school=school).exclude(pk=employee.pk)
    if taken := others.filter(Q(user__email__iexact=email) | _waits_at(email)).first():
        raise InvitationRefusedError(f"{taken} signs in, or is invited, with this address. Enter another one.")


def _waits_at(email):
    return Exists(Invitation.objects.waiting().filter(employee=OuterRef("pk"), email__iexact=email))


def has_own_address(employee):
    """Whether the MIS gives this current employee a usable address that is nobody else's."""
    return _own_addresses(employee.school).filter(pk=employee.pk).exists() and is_usable(employee.email)


@transaction.atomic
def invite_teachers(school):
    """Make the invitations that are due after a sync: one, once ever, for every current employee who teaches an
    imported class and has an address of their own but no login; all that wait to be sent leave after the commit.
    Returns their ids.

    A school that has not switched this on gets none; its leads who are also staff are still connected. While the school
    does not let us read its staff, or that is in doubt, none are made and those that wait go on waiting.
    """
    connect_known_logins(school)
    if "employees" in school.kept_back:
        return []
    if not school.invites_teachers:
        return _send_all(school)
    invited = Invitation.objects.filter(school=school, email__iexact=OuterRef("email"))
    teachers = (
        _own_addresses(school)
        .filter(
            user=None,
            teachings__left_at=None,
            teachings__school_class__status="in",
            teachings__school_class__left_at=None,
        )
        .exclude(Exists(invited))
        .exclude(invitations__isnull=False)
        .distinct()
    )
    Invitation.objects.bulk_create(
        [
            Invitation(school=school, employee=employee, email=employee.email.lower())
            for employee in teachers
            if is_usable(employee.email)
        ],
        ignore_conflicts=True,
    )
    return _send_all(school)


def _send_all(school):
    unsent = list(school.invitations.unsent().order_by("pk").values_list("pk", flat=True))
    outgoing.put_each("invitation", school, unsent)
    return unsent


def connect_known_logins(school):
    """Give employees the login this school already has under their exact address: a lead who teaches, whose employee
    row came later."""
    logins = dict(User.objects.filter(lead_rights__school=school).annotate(key=Lower("email")).values_list("key", "pk"))
    if logins:
        known = _own_addresses(school).filter(user=None, key__in=logins)
        for employee in known:
            employee.user_id = logins[employee.key]
        Employee.objects.bulk_update(known, ["user"])


def begin(invitation_id):
    """(the invitation, the secret of its link) if it still has to be sent, else None. The secret is new each time: a
    mail that may have left with an earlier one no longer counts."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        unsent = Invitation.objects.unsent().select_for_update(of=["self"]).select_related("school")
        invitation = unsent.filter(pk=invitation_id).first()
        if invitation is None:
            return None
        invitation.token_hash, invitation.expires_at = token_hash(secret), timezone.now() + OPEN_FOR
        invitation.save(update_fields=["token_hash", "expires_at"])
    return invitation, secret


def settle(mail, state):
    """An invitation's mail was sent, or refused for good; then a person may invite again. If somebody did so meanwhile,
    only the new mail counts."""
    sent = Invitation.objects.unsent().filter(pk=mail.about, token_hash=mail.content.get("token_hash"))
    if state == mail.State.SENT:
        sent.update(sent_at=timezone.now())
    elif state == mail.State.REFUSED:
        sent.update(failed_at=timezone.now())


def token_hash(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


def login_for(invitation):
    """The login its address already has, or None."""
    return User.objects.filter(email__iexact=invitation.email).first()


@transaction.atomic
def accept(invitation_id, password=None):
    """Make or find the login for the invited address, and give it what the invitation is for. Returns the login.

    password: for a new login, already validated; an existing login keeps its own.
    Raises InvitationRefusedError if it was already accepted or has expired, or its employee has left or has another
    address by now.
    """
    invitation = Invitation.objects.waiting().select_for_update().filter(pk=invitation_id).first()
    if invitation is None or invitation.expires_at is None or invitation.expires_at <= timezone.now():
        raise InvitationRefusedError("This invitation does not count any more. Ask your school to send a new one.")
    whom = _whom(invitation)
    if whom is None and not (invitation.as_lead or invitation.as_authoriser):
        raise InvitationRefusedError(
            "The MIS of your school does not list this address for one current member of staff. "
            "Ask your school to check it there and to invite you again."
        )
    user = login_for(invitation)
    if user is None:
        user = User.objects.create_user(invitation.email, password)
    elif whom and user.employees.current().filter(school=invitation.school).exclude(pk=whom.pk).exists():
        raise InvitationRefusedError(
            "Another member of staff of your school signs in with this address. Ask for help at the address below."
        )
    if whom and whom.user_id is None:
        Employee.objects.filter(pk=whom.pk).update(user=user)
    if invitation.as_lead:
        LeadRight.objects.get_or_create(
            school=invitation.school, user=user, defaults={"granted_by": invitation.invited_by}
        )
    if invitation.as_authoriser:
        AuthoriserRight.objects.get_or_create(
            school=invitation.school, user=user, defaults={"granted_by": invitation.invited_by}
        )
    invitation.accepted_at, invitation.token_hash = timezone.now(), None
    invitation.save(update_fields=["accepted_at", "token_hash"])
    AuditEntry.objects.note(user, "accepted", invitation, invitation.school)
    return user


@transaction.atomic
def hand_on(invitation_id, email):
    """Invite `email` to agree for the school in place of whoever holds this invitation: its link ends, and so may the
    new one not be handed on again. What else the invitation is for stays with its address. Returns the new one.

    Raises InvitationRefusedError if it cannot be handed on, or as `invite` does.
    """
    invitation = Invitation.objects.waiting().select_for_update().filter(pk=invitation_id, as_authoriser=True).first()
    if invitation is None or invitation.handed_on:
        raise InvitationRefusedError("This invitation has been handed on once. Ask for help at the address below.")
    if cleaned(email).lower() == invitation.email.lower():
        raise InvitationRefusedError("This is the address the invitation came to. Enter somebody else’s.")
    handed = invite(invitation.school, email, by=None, as_authoriser=True)
    handed.handed_on = True
    handed.save(update_fields=["handed_on"])
    if invitation.as_lead or invitation.employee_id:
        invitation.as_authoriser = False
        invitation.save(update_fields=["as_authoriser"])
    else:
        invitation.delete()
    AuditEntry.objects.note(None, "handed on", handed, invitation.school)
    return handed


def _whom(invitation):
    """The current employee an invitation is for: the one whose own address it is in the MIS or, if the MIS has none for
    them alone, for whom it was entered. None if that is nobody, or two people."""
    owners = list(_employees_with(invitation.school, invitation.email))
    if owners:
        return owners[0] if len(owners) == 1 else None
    entered = invitation.employee
    return entered if entered and entered.left_at is None and not has_own_address(entered) else None


def _employees_with(school, email):
    return Employee.objects.current().filter(school=school, email__iexact=email.strip())


def _own_addresses(school):
    """Current employees, shared beyond doubt, whose address no other current employee of the school has; `key` is the
    folded address."""
    current = Employee.objects.current().filter(school=school).exclude(email="").annotate(key=Lower("email"))
    shared = current.values("key").annotate(owners=Count("pk")).filter(owners__gt=1).values("key")
    return current.certain().exclude(key__in=shared)
