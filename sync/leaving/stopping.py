"""Stopping to share here, ending it in Wonde too, and sharing again.

One person stops, and everything is frozen at once. Ending it in Wonde takes a second person where there is one, is done
by a worker, and changes nothing here, whatever Wonde answers. Until the day of erasure the school shares again; then
the next sync brings back what was frozen, if Wonde approves us.
"""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from parents.models import MailSettings
from parents.rules.recipients import verdicts
from schools.access import rights
from schools.locks import lock_school
from schools.mail import outgoing
from schools.models import ApiToken, AuditEntry, Employee, Task
from students.models import Student
from sync.engine import freezing
from sync.facts.errors import AccessRevoked, NotFound, ScopeDenied, SyncError, WondeRefused
from sync.models import Access, Stop, SyncSettings
from sync.notices import tell
from sync.rules.access_states import APPROVED
from sync.wonde.access import read_standing
from sync.wonde.client import Wonde

Answer = Stop.Answer


class NotStoppedError(Exception):
    """Why nothing was stopped, ended or shared again, in a sentence for the person who tried."""


@dataclass(frozen=True)
class Effect:
    """What stopping would end now: how many students and staff sign in, how many parents and carers are mailed, which
    tokens of the product read the school; erase_on: the day on which all that is held is erased."""

    students: int
    staff: int
    parents: int
    tokens: list[str]
    erase_on: date


def effect(school):
    """The `Effect` of stopping at `school`."""
    now, mailed = timezone.now(), []
    if MailSettings.objects.filter(school=school, enabled=True).exists():
        mailed = [contact for family in verdicts(school).mails.values() for contact in family.contacts]
    tokens = ApiToken.objects.filter(Q(every_school=True) | Q(schools=school), revoked_at=None, expires_at__gt=now)
    return Effect(
        students=Student.objects.current().filter(school=school, user__isnull=False).count(),
        staff=Employee.objects.current().filter(school=school, user__isnull=False).count(),
        parents=len(set(mailed)),
        tokens=sorted(set(tokens.values_list("name", flat=True))),
        erase_on=freezing.erased_on(school, now),
    )


@transaction.atomic
def stop(school, by, reason):
    """Freeze all of `school` from now on, because `by` says so. Returns the `Stop`. Raises NotStoppedError if it is
    frozen already."""
    lock_school(school.pk)
    school.refresh_from_db(fields=["revoked_at", "erase_on"])
    if stopped := Stop.objects.standing().filter(school=school).select_related("by").first():
        raise NotStoppedError(f"{stopped.by or 'Somebody'} has stopped it already. It stays stopped.")
    if school.revoked_at:
        raise NotStoppedError(f"{school} shares nothing now: there is nothing to stop.")
    freezing.freeze_school(school, timezone.now())
    made = Stop.objects.create(school=school, at=school.revoked_at, by=by, reason=reason)
    AuditEntry.objects.note(by, "stopped sharing", made, school, reason)
    tell.stopped(made, takes_two=_others(made, by).exists())
    return made


def may_confirm(stop, user):
    """Whether `user` may have it ended in Wonde too: a lead or authoriser, or support with the right; not who stopped
    it, while the school has somebody else."""
    return may_decide(stop.school, user) and not (user.pk == stop.by_id and _others(stop, user).exists())


@transaction.atomic
def confirm(school, by):
    """Have it ended in Wonde too, by a worker: queue `end_due` in the same transaction. Raises NotStoppedError."""
    stopped = _standing(school)
    if stopped.confirmed_at:
        raise NotStoppedError(f"{stopped.confirmed_by or 'Somebody'} has confirmed it already.")
    if not may_confirm(stopped, by):
        raise NotStoppedError("A second person confirms it: somebody else of the school who may, or support.")
    stopped.confirmed_at = stopped.due_at = timezone.now()
    stopped.confirmed_by = by
    stopped.save(update_fields=["confirmed_at", "confirmed_by", "due_at"])
    AuditEntry.objects.note(by, "confirmed that access be ended in Wonde", stopped, school)
    tell.to_be_ended(stopped)
    return stopped


def may_share_again(stop, user):
    """Whether `user` may take it back: a lead or authoriser; support with the right where the school has neither."""
    deciders = outgoing.deciders_of(stop.school)
    return deciders.filter(pk=user.pk).exists() or (_supports(stop.school, user) and not deciders.exists())


@transaction.atomic
def share_again(school, by):
    """Take the stop back. The school stays frozen until a sync has read it in full: queue one in the same transaction.
    What was erased meanwhile does not come back. Raises NotStoppedError."""
    stopped = _standing(school)
    if not may_share_again(stopped, by):
        raise NotStoppedError("The school itself shares again: a lead, or whoever may agree for it.")
    stopped.over_at, stopped.over_by, stopped.due_at = timezone.now(), by, None
    stopped.save(update_fields=["over_at", "over_by", "due_at"])
    SyncSettings.objects.filter(school=school).update(enabled=True)  # erasing has switched it off
    SyncSettings.objects.want(school)
    AuditEntry.objects.note(by, "shared again", stopped, school)
    tell.shared_again(stopped)
    return stopped


def approved_again(stop):
    """The school's `Access`, where Wonde's lists show us as approved since access was ended there; else None."""
    found = Access.objects.filter(school=stop.school, state__in=APPROVED, since__gt=stop.ended_at or timezone.now())
    return found.first()


def end_due(now=None):
    """Tell Wonde of each stop that is due, one after another."""
    while stopped := Stop.objects.take_due(now or timezone.now()):
        _note(stopped, _end_in_wonde(stopped.school))


def _end_in_wonde(school):
    """Ask Wonde to end our access, then look: a `Stop.Answer`. Only what it shows counts; that it says yes proves
    nothing, and a no may mean that it was ended before."""
    is_refused = False
    try:
        with Wonde(school.domain, limit_s=settings.ASKING_LIMIT_S) as wonde:
            try:
                wonde.send("DELETE", f"schools/{school.wonde_id}/revoke-access")
            except WondeRefused:
                is_refused = True
            read_standing(wonde, school.wonde_id)
    except AccessRevoked:
        return Answer.ENDED
    except (NotFound, ScopeDenied):
        return Answer.REFUSED if is_refused else Answer.UNSEEN
    except SyncError:
        return Answer.AWAY
    return Answer.REFUSED if is_refused else Answer.STILL


@transaction.atomic
def _note(stopped, answer):
    """Keep what came of it. Somebody may have shared again while Wonde was being asked: then nothing is due any more,
    and what Wonde did is noted all the same."""
    lock_school(stopped.school_id)
    stopped.refresh_from_db(fields=["over_at"])
    stopped.answer, stopped.answered_at = answer, timezone.now()
    is_ended = answer == Answer.ENDED
    if is_ended:
        stopped.ended_at = stopped.answered_at
        Access.objects.end(stopped.school, stopped.ended_at)
        AuditEntry.objects.note(None, "access was ended in Wonde", stopped, stopped.school)
    stopped.due_at = None if is_ended or stopped.over_at else stopped.answered_at + stopped.pause
    stopped.save(update_fields=["answer", "answered_at", "ended_at", "due_at"])


def _standing(school):
    """The stop that stands at `school`, under its lock. Raises NotStoppedError if there is none."""
    lock_school(school.pk)
    stops = Stop.objects.standing().filter(school=school).select_related("confirmed_by")
    stopped = stops.first()
    if stopped is None:
        raise NotStoppedError("Nothing is stopped here any more: somebody has shared again.")
    stopped.school = school
    return stopped


def may_decide(school, user):
    """Whether `user` may stop what `school` shares: a lead or authoriser, or support with the right."""
    return outgoing.deciders_of(school).filter(pk=user.pk).exists() or _supports(school, user)


def _supports(school, user):
    return rights.may(user, Task.ERASE, school)


def _others(stop, user):
    """Those of the school who could confirm it beside `user`."""
    return outgoing.deciders_of(stop.school).exclude(pk=user.pk)
