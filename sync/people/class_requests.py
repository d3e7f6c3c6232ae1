"""Support's answer to a request: under the school's lock, checked again; the next sync carries it out.

The caller queues that sync in the same transaction (`sync.tasks.queue_sync`).
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from msgspec import Struct

from classes import agreed, membership, requests
from classes.models import Choice, ImportRequest, RequestedClass, SchoolClass
from schools.locks import lock_school
from schools.models import AuditEntry
from schools.templatetags.words import and_list
from students.models import Student
from sync.models import SyncSettings
from sync.wonde.rolls import Roll, read_rolls


class ApprovalRefusedError(Exception):
    """Why an answer was not carried out, in a sentence for support."""


class Read(Struct):
    """What Wonde says about the classes asked for. rolls: Wonde id of a class -> its roll. problem: why Wonde could not
    be asked, "" if it could, or need not be."""

    rolls: dict[str, Roll] = {}
    problem: str = ""


@dataclass(frozen=True)
class Looked:
    """What support sees before answering. gone: classes Wonde no longer has."""

    check: membership.Check
    read: Read
    gone: tuple = ()

    @property
    def rolls(self):
        return self.read.rolls

    @property
    def problem(self):
        return self.read.problem


@dataclass(frozen=True)
class Settlement:
    """What support decides. left_out: (Wonde id of a student, primary key of the class). swaps: classes that go out.
    empty: classes meant to come in although nobody would be in them."""

    answer: str = ""
    left_out: frozenset = field(default_factory=frozenset)
    swaps: frozenset = field(default_factory=frozenset)
    empty: frozenset = field(default_factory=frozenset)


def read(request):
    """Who is in the classes asked for now; for workers (`sync.people.questions`). Raises SyncError if Wonde can't be
    asked."""
    return Read(read_rolls(request.school, list(asked_of(request))))


def look(request, read):
    """The membership check for a request as things are here now, with what was read from Wonde."""
    is_read = request.wish == ImportRequest.Wish.IN and not read.problem
    gone = [row for row in asked_of(request) if row.left_at or row.wonde_id not in read.rolls] if is_read else []
    return Looked(_check(request, read.rolls), read, tuple(gone))


def asked_of(request):
    """The classes a request is about."""
    return SchoolClass.objects.filter(requested__request=request).in_order()


@transaction.atomic
def approve(request, by, shown, settlement, looked):
    """Approve a request as support saw it. shown: the fingerprint of the check on the page; looked: what `look` says
    about a recent answer from Wonde, because nothing is read from Wonde under the lock.

    Raises ApprovalRefusedError if somebody else has answered, the check now says something else, or a class is to come
    in at a school for which nobody has agreed.
    """
    lock_school(request.school_id)
    request = _still_waiting(request)
    asked = list(SchoolClass.objects.filter(requested__request=request))
    if request.wish == ImportRequest.Wish.IN:
        if not agreed.may_import(request.school):
            raise ApprovalRefusedError(agreed.NOT_YET)
        _refuse_unchecked(request, looked, shown, settlement)
        _bring_in(request, asked, looked, by, settlement)
    else:
        store_decision(asked, SchoolClass.Status.OUT, by, settlement.answer or request.note)
    requests.close(request, ImportRequest.State.APPROVED, by, settlement.answer)
    SyncSettings.objects.want(request.school)


@transaction.atomic
def decline(request, by, reason):
    """Say no, with a reason that the person who asked is told. Raises ApprovalRefusedError if somebody else has
    answered."""
    lock_school(request.school_id)
    requests.close(_still_waiting(request), ImportRequest.State.DECLINED, by, reason)


def _check(request, rolls, leaving=()):
    asked = set(RequestedClass.objects.filter(request=request).values_list("school_class_id", flat=True))
    return membership.of_school(request.school, asked, leaving, rolls)


def _still_waiting(request):
    request = ImportRequest.objects.select_for_update(of=["self"]).select_related("school").get(pk=request.pk)
    if request.state != ImportRequest.State.WAITING:
        raise ApprovalRefusedError(
            f"This request is {request.get_state_display()} already"
            + (f", by {request.settled_by}" if request.settled_by else "")
            + ". Nothing was changed by you."
        )
    return request


def _refuse_unchecked(request, looked, shown, settlement):
    """Refuse what was not seen, and anything that would leave somebody in two classes."""
    check = _check(request, looked.rolls)
    if any(not group.known for group in check.asked):
        raise ApprovalRefusedError(
            "We do not know who is in these classes, and Wonde could not be asked now. Nothing was changed. Try again "
            "in a few minutes."
        )
    if check.fingerprint != shown:
        raise ApprovalRefusedError(
            "Who would be in two classes has changed since you opened this page: a sync came in between, or somebody "
            "approved another class or took one out of this request. Nothing was changed. Look at the new check and "
            "decide again."
        )
    check = _check(request, looked.rolls, settlement.swaps)
    left = [double for double in check.doubles if len(_remaining(double, settlement.left_out)) > 1]
    if left:
        raise ApprovalRefusedError(
            f"{len(left)} student{'' if len(left) == 1 else 's'} would be in two classes. Leave them out of one, let "
            "the other class leave, or decline. Nothing was changed."
        )
    _refuse_nobody(check, settlement)


def _refuse_nobody(check, settlement):
    """Refuse to leave a class with nobody in it, unless somebody said that this is meant."""
    empty = [group.name for group in check.emptied(settlement.left_out) if group.key not in settlement.empty]
    if empty:
        raise ApprovalRefusedError(
            f"Nobody would be in {and_list(empty)}. Nothing was changed. Choose who belongs there, swap, decline, or "
            "say below that an empty class is meant."
        )


def _remaining(double, left_out):
    return [key for key in double.classes if (double.student, key) not in left_out]


def _bring_in(request, asked, looked, by, settlement):
    check = _check(request, looked.rolls)
    named = {(double.student, key) for double in check.doubles for key in double.classes}
    why = settlement.answer or request.note
    leave_out(request.school, settlement.left_out & named, by, why)
    swapped = SchoolClass.objects.filter(school=request.school, pk__in=settlement.swaps - {row.pk for row in asked})
    store_decision(list(swapped), SchoolClass.Status.OUT, by, why)
    for row in asked:
        if row.status == SchoolClass.Status.OUT and (roll := looked.rolls.get(row.wonde_id)):
            row.member_ids = sorted(roll.students)  # so that the next approval sees them before the sync does
    store_decision(asked, SchoolClass.Status.IN, by, why)


def store_decision(rows, verdict, by, why):
    """Store a decision about classes, which every sync obeys from now on."""
    now = timezone.now()
    for row in rows:
        row.decision, row.decided_by, row.decided_at, row.decided_why = verdict, by, now, why
        row.save(update_fields=["decision", "decided_by", "decided_at", "decided_why", "member_ids"])
        AuditEntry.objects.note(by, "brought in" if verdict == "in" else "left out", row, row.school, why)
    if verdict == SchoolClass.Status.OUT:
        Choice.objects.filter(school_class__in=rows).delete()


def leave_out(school, pairs, by, why):
    """Store that students (Wonde id) are left out of classes (primary key), replacing earlier choices about them."""
    held = dict(
        Student.objects.filter(school=school, wonde_id__in={who for who, _ in pairs}).values_list("wonde_id", "pk")
    )
    for wonde_id, school_class in sorted(pairs):
        whom = {"student_id": held[wonde_id]} if wonde_id in held else {"wonde_id": wonde_id}
        Choice.objects.filter(school_class_id=school_class, **whom).delete()
        choice = Choice.objects.create(
            school=school, school_class_id=school_class, verdict=Choice.Verdict.LEFT_OUT, by=by, reason=why, **whom
        )
        AuditEntry.objects.note(by, "left a student out", choice, school, why)
