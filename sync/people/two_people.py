"""Actions that take two people in support: erase a school, export, give a lead right, remove a second factor.

One asks, with a reason; somebody else with the same right confirms, refuses, or lets it lapse after a week. If nobody
else has the right, the person asking types what it is about, and it is done a day later. The school's leads are mailed
at once, and any of them can call it off. What it depends on is checked when it is asked for and again when it is done.
Everything is in the audit that the school reads. What a lead does at their own school is none of this module's
business.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from schools.access import rights
from schools.auth import factors_of, remove_factors
from schools.erasing import model_of
from schools.models import AuditEntry, Employee, LeadRight, Proposal, SupportRight, Task, User
from schools.models.proposal import COUNTS_FOR, OPENS_FOR
from schools.staff import invitations, overview
from sync.facts.kinds import KINDS, PEOPLE
from sync.leaving import erasure
from sync.notices import tell

ALONE_WAITS = timedelta(days=1)
Act, State = Proposal.Act, Proposal.State
TASKS = {
    Act.ERASE_SCHOOL: Task.ERASE,
    Act.EXPORT: Task.EXPORT,
    Act.GIVE_LEAD: Task.SIGN_INS,
    Act.REMOVE_FACTOR: Task.SIGN_INS,
}
REFUSALS = (erasure.NotErasedError, invitations.InvitationRefusedError, overview.StaffRefusedError)


class RefusedError(Exception):
    """Why it was not asked for, confirmed or done, in a sentence for the person who tried."""


def may(user, proposal):
    """Whether `user` may ask for, confirm or refuse it; never about their own login."""
    if proposal.act == Act.REMOVE_FACTOR:
        return rights.may_settle(user, proposal.login)
    return rights.may(user, TASKS[proposal.act], proposal.school)


def others(by, proposal):
    """Support logins, other than `by`, that could confirm it."""
    holders = SupportRight.objects.filter(task=TASKS[proposal.act])
    holders = holders.filter(
        Q(group=None) | Q(group__schools=proposal.school_id) if proposal.school_id else Q(group=None)
    )
    can = Q(pk__in=holders.values("user"))
    if proposal.login:
        can = Q(is_superuser=True) if proposal.login.is_staff else can | Q(is_superuser=True)
    return rights.support().filter(can).exclude(pk__in=[by.pk, proposal.login_id or by.pk])


def to_type(proposal):
    """What somebody on their own must type: the school's name, or the login's address."""
    return str(proposal.school or proposal.login)


def is_typed(typed, name):
    """Whether somebody has typed this name; capitals and spaces do not matter."""
    return " ".join(typed.split()).casefold() == " ".join(name.split()).casefold()


@transaction.atomic
def ask(proposal, by, reason, typed=""):
    """Keep `proposal`, made but not saved, as asked by `by`. Raises RefusedError."""
    if not may(by, proposal):
        raise RefusedError("You have no right to ask for this.")
    proposal.rests_on = facts(proposal)
    same = Proposal.objects.waiting().filter(
        act=proposal.act, school=proposal.school, login=proposal.login, about=proposal.about
    )
    if same.exists():
        raise RefusedError("This is asked already. It waits under “Actions for two people”.")
    alone = not others(by, proposal).exists()
    if alone and not schools_of(proposal):
        raise RefusedError(
            "Nobody else may confirm it, and no school could be warned: the operator does it, on the server."
        )
    if alone and not is_typed(typed, to_type(proposal)):
        raise RefusedError(f"Nobody else has the right to confirm it. To go on alone, type: {to_type(proposal)}")
    proposal.asked_by, proposal.reason = by, reason
    proposal.due_at = timezone.now() + ALONE_WAITS if alone else None
    proposal.save()
    _note(by, "asked a second person", proposal, reason)
    for school in schools_of(proposal):
        tell.asked_for_two(school, proposal.get_act_display(), by, proposal.due_at)
    return proposal


@transaction.atomic
def confirm(pk, by):
    """Do what somebody else asked for. Returns the proposal, done or failed. Raises RefusedError if it is not waiting
    for `by`."""
    proposal = _locked(pk)
    if by.pk == proposal.asked_by_id:
        raise RefusedError("A second person confirms it: you asked for it yourself.")
    if not may(by, proposal):
        raise RefusedError("You have no right to confirm this.")
    if why := _no_more(proposal):
        return _settle(proposal, State.LAPSED, by, why)
    _note(by, "confirmed", proposal)
    return _do(proposal, by)


@transaction.atomic
def refuse(pk, by, why):
    """Say no to what somebody else asked for; the person who asked calls it off instead."""
    proposal = _locked(pk)
    if not may(by, proposal):
        raise RefusedError("You have no right to answer this.")
    state, verb = (State.CALLED_OFF, "called off") if by.pk == proposal.asked_by_id else (State.REFUSED, "refused")
    _note(by, verb, proposal, why)
    return _settle(proposal, state, by, why)


@transaction.atomic
def call_off(pk, by):
    """A lead of the school stops what support asked for."""
    proposal = _locked(pk)
    if not LeadRight.objects.filter(user=by, school__in=schools_of(proposal)).exists():
        raise RefusedError("Only a lead of the school, or support, calls this off.")
    _note(by, "called off", proposal)
    return _settle(proposal, State.CALLED_OFF, by, "by a lead of the school")


def settle_due(now=None):
    """Do what nobody has objected to for a day; let lapse what nobody has answered for a week, or opened for a day."""
    now = now or timezone.now()
    waiting = Q(state=State.WAITING) & (Q(due_at__lte=now) | Q(asked_at__lte=now - COUNTS_FOR))
    unopened = Q(state=State.CONFIRMED, settled_at__lte=now - OPENS_FOR)
    for pk in list(Proposal.objects.filter(waiting | unopened).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            proposal = Proposal.objects.select_for_update().get(pk=pk)
            if proposal.state == State.CONFIRMED:
                _settle(proposal, State.LAPSED, None, "Nobody opened it for a day.")
            elif proposal.state == State.WAITING and (why := _no_more(proposal)):
                _settle(proposal, State.LAPSED, None, why)
            elif proposal.state == State.WAITING:
                _do(proposal, None)


def opened(proposal, by):
    """Let the person who asked open their confirmed export. Raises RefusedError."""
    if by.pk != proposal.asked_by_id or not proposal.can_be_opened or not may(by, proposal):
        raise RefusedError("This export is not, or no longer, to be opened by you.")
    Proposal.objects.filter(pk=proposal.pk).update(state=State.DONE)


def schools_of(proposal):
    """The schools that can read about it."""
    return [proposal.school] if proposal.school else list(rights.schools_of(proposal.login))


# --- What each depends on, and does ------------------------------------------------------------------------------


def facts(proposal):
    """What must still be true when it is done. Raises RefusedError if it cannot be done now."""
    return FACTS[proposal.act](proposal)


def _of_school(proposal):
    school = proposal.school
    school.refresh_from_db(fields=["revoked_at", "erase_on", "frozen"])
    if school.revoked_at is None:
        raise RefusedError(f"{school} has not ended our access: nothing is erased.")
    if school.erase_on is None:
        raise RefusedError(f"Everything of {school} is erased already.")
    return {"revoked_at": school.revoked_at.isoformat()}


def _of_person(proposal):
    kind, pk, school = proposal.about["kind"], proposal.about["pk"], proposal.school
    school.refresh_from_db(fields=["revoked_at", "frozen"])
    model = model_of(KINDS[kind].table)
    row = model._base_manager.filter(school=school, pk=pk, wonde_id__isnull=False).first()
    if kind not in PEOPLE or kind in school.frozen or school.revoked_at or row is None:
        raise RefusedError("Nothing is held about them any more, or the school no longer shares it.")
    return {}


def _of_lead(proposal):
    school, about = proposal.school, proposal.about
    school.refresh_from_db(fields=["revoked_at"])
    if school.revoked_at:
        raise RefusedError(f"{school} has ended our access: nobody leads it.")
    employee = _employee(proposal)
    if about.get("employee") and employee is None:
        raise RefusedError("The MIS does not list them as staff any more.")
    user = employee.user if employee and employee.user else User.objects.filter(email__iexact=about["email"]).first()
    if user and user.lead_rights.filter(school=school).exists():
        raise RefusedError("They lead the school already.")
    return {"employee_user": employee.user_id if employee else None}


def _of_factor(proposal):
    known = factors_of(proposal.login)
    if not known.exists():
        raise RefusedError(f"{proposal.login} has no second factor. They sign in by password and set one up.")
    return {"factors": sorted(known.values_list("pk", flat=True))}


FACTS = {
    Act.ERASE_SCHOOL: _of_school,
    Act.EXPORT: _of_person,
    Act.GIVE_LEAD: _of_lead,
    Act.REMOVE_FACTOR: _of_factor,
}


def _erase_school(proposal):
    erasure.erase_school(proposal.school, actor=proposal.asked_by, reason=proposal.reason)


def _give_lead(proposal):
    employee, by = _employee(proposal), proposal.asked_by
    if employee and employee.user:
        overview.grant(overview.StaffMember(employee), by)
        return
    email = proposal.about["email"]
    invitations.invite(proposal.school, email, by=by, employee=employee, as_lead=True)


def _remove_factor(proposal):
    remove_factors(proposal.login)
    for school in schools_of(proposal) or [None]:
        AuditEntry.objects.note(proposal.asked_by, "removed the second factor of", proposal.login, school)


DEEDS = {
    Act.ERASE_SCHOOL: _erase_school,
    Act.EXPORT: lambda proposal: None,  # opened by the person who asked, while it is valid
    Act.GIVE_LEAD: _give_lead,
    Act.REMOVE_FACTOR: _remove_factor,
}


def _employee(proposal):
    pk = proposal.about.get("employee")
    here = Employee.objects.current().filter(school=proposal.school).select_related("user", "school")
    return here.filter(pk=pk).first() if pk else None


# --- How one ends ------------------------------------------------------------------------------------------------


def _locked(pk):
    proposal = Proposal.objects.select_for_update(of=["self"]).select_related("school", "login", "asked_by").get(pk=pk)
    if proposal.state != State.WAITING:
        raise RefusedError(f"This does not wait any more: it is {proposal.get_state_display()}.")
    return proposal


def _no_more(proposal):
    """Why it no longer counts, "" if it does."""
    if proposal.asked_by is None or not may(proposal.asked_by, proposal):
        return "Whoever asked has no right to this any more."
    if timezone.now() >= proposal.counts_until:
        return "Nobody confirmed it for a week."
    return ""


def _do(proposal, by):
    try:
        with transaction.atomic():
            if facts(proposal) != proposal.rests_on:
                raise RefusedError("What it rests on has changed since it was asked.")
            DEEDS[proposal.act](proposal)
    except (RefusedError, *REFUSALS) as error:
        return _settle(proposal, State.FAILED, by, str(error))
    return _settle(proposal, State.CONFIRMED if proposal.act == Act.EXPORT else State.DONE, by)


def _settle(proposal, state, by, said=""):
    proposal.state, proposal.settled_by, proposal.said = state, by, said[:300]
    proposal.settled_at = timezone.now()
    proposal.about.pop("email", None)  # it is now with the invitation, or nowhere
    proposal.save(update_fields=["state", "settled_by", "settled_at", "said", "about"])
    if state in {State.LAPSED, State.FAILED}:
        _note(by, "not done" if state == State.FAILED else "lapsed", proposal, said)
    return proposal


def _note(by, verb, proposal, reason=""):
    for school in schools_of(proposal) or [None]:
        AuditEntry.objects.note(by, f"{verb}: {proposal.get_act_display()}", proposal, school, reason)
