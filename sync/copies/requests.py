"""What becomes of a request for a copy of what is held: noted, decided, made by a worker, fetched once, answered.

Everything happens under the school's lock, so that nobody is erased in between.
"""

from contextlib import contextmanager

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from schools import sealing
from schools.erasing import model_of
from schools.locks import lock_school
from schools.models import AuditEntry
from sync.copies import pack
from sync.copies.due import due_on
from sync.copies.held import everything_about
from sync.copies.told import Decided
from sync.erasing.rows import something_held
from sync.facts.kinds import KINDS
from sync.models import AccessCopy, AccessRequest
from sync.models.copies import FROZEN

State = AccessRequest.State
NOT_HELD = "Nothing is held about them any more, or the school does not share it now. No copy can be made."


class NotDoneError(Exception):
    """Why nothing was changed, in a sentence for the person who tried."""


def held_for(request):
    """What is held about whom a request is about, as its school decides on it; None if nothing is, or it is not shared
    now."""
    for_parent = request.asker == AccessRequest.Asker.PARENT
    return everything_about(request.school, request.kind, request.row_id, for_parent)


def people(school, kind):
    """Everybody of a kind of whom something is held, with those who were entered by hand."""
    model = model_of(KINDS[kind].table)
    return model._base_manager.filter(something_held(kind, model), school=school)


def person_of(request):
    """The row of whom it is about; None once it is erased, or while its kind is not shared."""
    if request.kind in request.school.frozen:
        return None
    return people(request.school, request.kind).filter(pk=request.row_id).first()


@transaction.atomic
def note(school, kind, row, by, **said):
    """Note that somebody has asked. said: asker, channel and asked_on. Returns the `AccessRequest`."""
    lock_school(school.pk)
    made = AccessRequest.objects.create(
        school=school, kind=kind, row_id=row.pk, noted_by=by, due_on=due_on(said["asked_on"]), **said
    )
    AuditEntry.objects.note(by, "noted a request for a copy", row, school)
    return made


def decide(request, by, entries, names_because=""):
    """Have a copy made with these entries, {key: whether it has them}; names_because: why other people are named, "" if
    they are not. Queue `make` in the same transaction. Raises NotDoneError."""
    with _locked(request, by, "decided what a copy holds") as ours:
        if person_of(ours) is None:
            raise NotDoneError(NOT_HELD)
        AccessCopy.objects.filter(request=ours).delete()
        ours.decided, ours.names_because, ours.decided_by = entries, names_because, by
        ours.state, ours.making_since, ours.problem = State.MAKING, timezone.now(), ""
        if names_because:
            _audit(ours, by, "named other people in a copy", names_because)


@transaction.atomic
def make(pk):
    """Make the copy that was decided on, unless that is no longer wanted. Once a worker has begun, whoever erases
    somebody waits for it, and then deletes it."""
    request = AccessRequest.objects.select_related("school").get(pk=pk)
    lock_school(request.school_id)
    request.refresh_from_db()
    request.school.refresh_from_db(fields=["frozen", "revoked_at"])
    if request.state != State.MAKING:
        return
    held, request.making_since = held_for(request), None
    try:
        made = pack.make(held, Decided(request.decided, bool(request.names_because))) if held else None
    except pack.TooLargeError as error:
        made, request.problem = None, str(error)
    request.problem = request.problem or ("" if made else NOT_HELD)
    request.state = State.READY if made else State.OPEN
    if made:
        AccessCopy.objects.update_or_create(
            request=request,
            defaults={
                "school": request.school, "sealed": sealing.seal(made), "size": len(made), "ids": held.ids,
                "made_at": timezone.now(),
            },
        )  # fmt: skip
    request.save(update_fields=["state", "making_since", "problem"])


def not_made(request, why):
    """The worker cannot be reached: no page waits for it."""
    AccessRequest.objects.filter(pk=request.pk, state=State.MAKING).update(
        state=State.OPEN, making_since=None, problem=why
    )


def fetch(request, by):
    """The bytes of its copy, once: it is deleted with this. Raises NotDoneError."""
    with _locked(request, by, "fetched a copy") as ours:
        copy = AccessCopy.objects.filter(request=ours).first()
        if ours.state != State.READY or copy is None:
            raise NotDoneError("There is no copy here now: it was fetched or deleted. Make it again.")
        if copy.ids.keys() & ours.school.frozen.keys():
            raise NotDoneError(FROZEN)
        try:
            opened = sealing.unseal(copy.sealed)
        except sealing.SealError as error:
            raise NotDoneError("The copy cannot be opened any more. Make it again.") from error
        copy.delete()
        ours.state, ours.problem = State.OPEN, ""
        ours.fetched, ours.fetched_at = F("fetched") + 1, timezone.now()
    return opened


def answer(request, by):
    """The school has answered. What is left of a copy goes. Raises NotDoneError."""
    _close(request, by, State.ANSWERED, "answered a request for a copy")


def withdraw(request, by):
    """Whoever asked no longer wants it, or may not have it. Raises NotDoneError."""
    _close(request, by, State.WITHDRAWN, "closed a request for a copy unanswered")


def extend(request, by, because, told_on):
    """Two months more, of which the person has been told on the day `told_on`. Raises NotDoneError."""
    with _locked(request, by, "extended a request for a copy", because) as ours:
        if ours.extended_because:
            raise NotDoneError("It was extended before. The law allows it once.")
        if not ours.asked_on <= told_on <= ours.due_on:
            raise NotDoneError("They have to be told within the first month, before the day it is due.")
        ours.due_on = due_on(ours.asked_on, is_extended=True)
        ours.extended_because, ours.extended_told_on = because, told_on


def _close(request, by, state, verb):
    with _locked(request, by, verb) as ours:
        AccessCopy.objects.filter(request=ours).delete()
        ours.state, ours.closed_at, ours.closed_by = state, timezone.now(), by
        ours.making_since, ours.problem = None, ""


@contextmanager
def _locked(request, by, verb, reason=""):
    """The open request, to be changed under its school's lock, saved and noted."""
    with transaction.atomic():
        lock_school(request.school_id)
        ours = AccessRequest.objects.select_related("school").get(pk=request.pk)
        if not ours.is_open:
            raise NotDoneError(f"It is closed: {ours.get_state_display()}. Nothing was changed.")
        yield ours
        ours.save()
        _audit(ours, by, verb, reason)


def _audit(request, by, verb, reason=""):
    model = model_of(KINDS[request.kind].table)
    AuditEntry.objects.create(
        school=request.school, actor=by, verb=verb, kind=model._meta.model_name, object_id=request.row_id, reason=reason
    )
