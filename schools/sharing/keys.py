"""The school's own keys: which purposes are on there, and what may be asked of Wonde because of it.

Every function asks the database; a transaction that turns a key holds the school's lock.
"""

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q
from django.utils import timezone

from schools.locks import lock_school
from schools.models import AskedAnew, AuditEntry, School, SchoolPurpose, Sharing
from schools.sharing import purposes


def on_at(school):
    """The keys of the purposes that are on at `school`."""
    return _said(school)[0]


def is_on(school, key):
    """Whether a purpose is on at `school`."""
    return key in on_at(school)


def agreed_of(school):
    """What `school` has last agreed that we ask for: {purpose: [fields]}."""
    return _said(school)[1]


def asked_of(school):
    """The fields that may be asked of Wonde for `school` and kept: {"students.upn", …}."""
    return purposes.asked_for(*_said(school))


def of_schools(pks):
    """{school's id: (the keys that are on, what is agreed to)}, in one query. What a school said last of a purpose
    counts, else what the declaration says."""
    rows = (
        School.objects.filter(pk__in=pks)
        .annotate(
            said=ArrayAgg("purposes__key", filter=Q(purposes__isnull=False), default=[]),
            on=ArrayAgg("purposes__key", filter=Q(purposes__isnull=False, purposes__off_at=None), default=[]),
        )
        .order_by()
        .values_list("pk", "said", "on", "sharing__agreed")
    )
    first = purposes.at_first()
    return {
        pk: (
            frozenset(purposes.PURPOSES.keys() & {*on, *(first - {*said})}),
            purposes.agreed_by_version(1) if agreed is None else agreed,
        )
        for pk, said, on, agreed in rows
    }


def _said(school):
    return of_schools([school.pk])[school.pk]


def switch_on(school, key, by, reason=""):
    """In a transaction: turn the school's key of a purpose; of one that is offered, that is also the yes to all that it
    asks. Does nothing where it is on. Returns whether it was off. Raises ValueError for a special category without a
    reason."""
    purpose = purposes.PURPOSES[key]
    if purpose.special_category and not reason:
        raise ValueError(f"{key} is a special category: it takes a reason to switch it on.")
    lock_school(school.pk)
    if key in on_at(school):
        return False
    row = SchoolPurpose.objects.create(school=school, key=key, on_since=timezone.now(), on_by=by, on_reason=reason)
    if purpose.is_offered:
        _agree_to(school, purpose)
    AuditEntry.objects.note(by, "switched on purpose", row, school, reason)
    return True


def _agree_to(school, purpose):
    """Note that `school` agrees to all that one purpose asks."""
    agreed = agreed_of(school)
    sharing = Sharing.objects.filter(school=school).first() or Sharing(school=school, agreed_at=timezone.now())
    new = purpose.fields.difference(agreed.get(purpose.key, ()))
    sharing.agreed = agreed | {purpose.key: sorted(purpose.fields)}
    sharing.since |= dict.fromkeys(sorted(new), timezone.now().isoformat())
    sharing.save()
    AskedAnew.objects.filter(school=school, name__in=new).delete()


def switch_off(school, key, by, reason):
    """In a transaction: turn the school's key of a purpose back. Does nothing where it is off. Returns whether it was
    on. Raises ValueError for one that is always on."""
    if purposes.PURPOSES[key].always:
        raise ValueError(f"{key} is always on: a school that wants to end it stops sharing.")
    lock_school(school.pk)
    if key not in on_at(school):
        return False
    row = SchoolPurpose.objects.filter(school=school, key=key, off_at=None).first()
    if row is None:
        row = SchoolPurpose(school=school, key=key, on_since=school.added_at)
    row.off_at, row.off_by, row.reason = timezone.now(), by, reason
    row.save()
    AuditEntry.objects.note(by, "switched off purpose", row, school, reason)
    return True


def agree(school, by):
    """In a transaction: `by` agrees for the school to all that this version asks. Returns the school's `Sharing`."""
    lock_school(school.pk)
    had = {name for names in agreed_of(school).values() for name in names}
    sharing = Sharing.objects.filter(school=school).first() or Sharing(school=school)
    sharing.agreed, sharing.agreed_at = purposes.agreed_by_version(purposes.VERSION), timezone.now()
    new = {name for names in sharing.agreed.values() for name in names if name not in had}
    sharing.since |= dict.fromkeys(new, sharing.agreed_at.isoformat())
    sharing.agreed_by = by
    sharing.save()
    AskedAnew.objects.filter(school=school).delete()
    AuditEntry.objects.note(by, "agreed to what is asked", sharing, school)
    return sharing
