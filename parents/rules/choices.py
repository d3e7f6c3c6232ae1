"""Writes down and takes back what was decided about an address. Takes effect at once, even for mail that is due."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from parents.models import AddressChoice, Contact, WeeklyMail
from schools.marks import marks

Cause = AddressChoice.Cause
TAKEN_BACK_BY_PARENT = (Cause.PARENT,)  # not what others said, not a complaint, not "this is not my child"


def stop(school_id, mark, key_number, cause, student_id=None, by=None):
    """Write nothing more from this school to the address with this mark, or nothing about one student. Stopping twice
    changes nothing.

    If all mail is stopped, what is due is suppressed now; mail about several children is decided again before it
    leaves.
    """
    with transaction.atomic():
        said = {"school_id": school_id, "address_mark": mark, "cause": cause, "student_id": student_id}
        if not AddressChoice.objects.standing().filter(**said).exists():
            AddressChoice.objects.create(key_number=key_number, made_by=by, **said)
        if student_id is None:
            due = WeeklyMail.objects.addressed_to(school_id, [mark]).filter(state=WeeklyMail.State.DUE)
            due.update(state=WeeklyMail.State.SUPPRESSED, reason=cause, changed_at=timezone.now())


def stop_address(school_id, address, cause, by=None):
    """The same, given the address itself."""
    marker = marks()
    stop(school_id, marker.address(school_id, address), marker.newest, cause, by=by)


def take_back(school_id, marks, causes=TAKEN_BACK_BY_PARENT):
    """End the choices about the address with these marks, for `causes`. Returns whether nothing else stops the mail."""
    standing = AddressChoice.objects.standing().filter(school=school_id, address_mark__in=marks)
    standing.filter(cause__in=causes).update(ended_at=timezone.now())
    return not standing.exclude(cause__in=causes).exists()


@dataclass(frozen=True)
class Stopped:
    """What stops mail to an address. by_parent, by_others: student's id, or None for all -> since when."""

    by_parent: dict[int | None, datetime]
    by_others: dict[int | None, datetime]


def stopped(school_id, marks):
    """What stops mail to the address with these marks now: a `Stopped`."""
    standing = AddressChoice.objects.standing().filter(school=school_id, address_mark__in=marks)
    said = Stopped({}, {})
    for student, cause, made_at in standing.order_by("made_at").values_list("student_id", "cause", "made_at"):
        (said.by_parent if cause in TAKEN_BACK_BY_PARENT else said.by_others).setdefault(student, made_at)
    return said


def address_of(school_id, mark):
    """The address with this mark, if a current contact of the school has it; else None."""
    shown = Contact.objects.current().shown().filter(school=school_id).exclude(email="")
    marker = marks()
    addresses = shown.values_list("email", flat=True).distinct()
    return next((each for each in addresses.iterator(2_000) if mark in marker.addresses(school_id, each)), None)


def bounced(school_id):
    """Choices that stand only because mail did not get through: nobody asked for them, so staff may end them."""
    return AddressChoice.objects.standing().filter(school=school_id, cause=Cause.BOUNCE)


def write_again(school_id, marks):
    """Let mail go again to addresses it did not reach; a mail to them that still makes sense becomes due. What a person
    said stands. Returns how many addresses had their bounces cleared."""
    now = timezone.now()
    with transaction.atomic():
        rows = bounced(school_id).filter(address_mark__in=marks)
        found = list(rows.values_list("pk", "address_mark"))
        rows.filter(pk__in=[pk for pk, _ in found]).update(ended_at=now)
        refused = WeeklyMail.objects.addressed_to(school_id, marks).filter(
            state=WeeklyMail.State.BOUNCED, until__gt=now
        )
        refused.update(state=WeeklyMail.State.DUE, refusal="", reason="", tries=0, next_try_at=now, changed_at=now)
    return len({mark for _, mark in found})


def alike(school_id, mark):
    """Every mark of the address with this mark, if one of the school's contacts still has it; else only this one."""
    marker = marks()
    rows = Contact.objects.filter(school=school_id).exclude(email="").values_list("email", flat=True).distinct()
    for address in rows.iterator(2_000):
        same = marker.addresses(school_id, address)
        if mark in same:
            return same
    return {mark}
