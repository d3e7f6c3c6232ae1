"""What was said about an address, written down and taken back. Effective at once, also for mail that is due."""

from django.db import transaction
from django.utils import timezone

from parents.models import AddressChoice, Contact, WeeklyMail
from parents.rules.marks import marks

Cause = AddressChoice.Cause
TAKEN_BACK_BY_PARENT = (Cause.PARENT,)  # not what others said, not a complaint, not that it was nobody's parent


def stop(school_id, mark, key_number, cause, student_id=None, by=None):
    """Write nothing more to the address with this mark, of this school, or nothing about one student. Twice is as once.

    Mail that is due about everything is suppressed now; mail about several children is decided again before it leaves.
    """
    with transaction.atomic():
        said = {"school_id": school_id, "address_mark": mark, "cause": cause, "student_id": student_id}
        if not AddressChoice.objects.standing().filter(**said).exists():
            AddressChoice.objects.create(key_number=key_number, made_by=by, **said)
        if student_id is None:
            due = WeeklyMail.objects.addressed_to(school_id, [mark]).filter(state=WeeklyMail.State.DUE)
            due.update(state=WeeklyMail.State.SUPPRESSED, reason=cause, changed_at=timezone.now())


def stop_address(school_id, address, cause, by=None):
    """The same for an address that is known."""
    marker = marks()
    stop(school_id, marker.address(school_id, address), marker.newest, cause, by=by)


def take_back(school_id, marks, causes=TAKEN_BACK_BY_PARENT):
    """End what was said about the address with these marks, for `causes`. Returns whether nothing else stands."""
    standing = AddressChoice.objects.standing().filter(school=school_id, address_mark__in=marks)
    standing.filter(cause__in=causes).update(ended_at=timezone.now())
    return not standing.exclude(cause__in=causes).exists()


def said_by_parent(school_id, mark):
    """About which students the reader of a mail to this address has stopped it: their ids, None for all."""
    standing = AddressChoice.objects.standing().filter(school=school_id, address_mark__in=alike(school_id, mark))
    return set(standing.filter(cause__in=TAKEN_BACK_BY_PARENT).values_list("student_id", flat=True))


def address_of(school_id, mark):
    """The address with this mark, where a current contact of the school has it, or None."""
    shown = Contact.objects.current().shown().filter(school=school_id).exclude(email="")
    marker = marks()
    addresses = shown.values_list("email", flat=True).distinct()
    return next((each for each in addresses.iterator(2_000) if mark in marker.addresses(school_id, each)), None)


def bounced(school_id):
    """What stands only because mail did not get through: nobody's own word, so staff may end it."""
    return AddressChoice.objects.standing().filter(school=school_id, cause=Cause.BOUNCE)


def write_again(school_id, marks):
    """Let mail go again to addresses it did not reach; a mail of theirs that still makes sense is due. What a person
    said stands. Returns how many addresses' bounces were ended."""
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
    """Every mark of the address with this mark, where one of the school's contacts still has it; else only this one."""
    marker = marks()
    rows = Contact.objects.filter(school=school_id).exclude(email="").values_list("email", flat=True).distinct()
    for address in rows.iterator(2_000):
        same = marker.addresses(school_id, address)
        if mark in same:
            return same
    return {mark}
