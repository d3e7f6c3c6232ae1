"""Withdrawn permissions and revoked access: off every page at once, erased on a day that is shown, restored until then.

Pages, mail and API leave out what `School.frozen` and `School.revoked_at` name (`shown()` of every queryset). This is
the only code that sets them.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from sync import notices
from sync.locks import lock_school
from sync.models import Connection


def settle(settled, snapshot, ours, now):
    """After a complete read, in its transaction: freeze what was withdrawn, give back what is shared again.

    Only what we hold can freeze. The day of erasure stays the one first shown. settled: the school's connection, read
    under the lock.
    """
    school = settled.school
    was, denied = school.frozen, sorted(snapshot.denied - snapshot.lacking)
    withdrawn = [kind for kind in denied if ours.rows.get(kind) or ours.former.get(kind)]
    fresh = {"since": now.isoformat(), "erase_on": _erase_on(school, settled, now).isoformat()}
    school.frozen = {kind: was.get(kind) or fresh for kind in withdrawn}
    if school.frozen == was and school.revoked_at is None:
        return
    new = [kind for kind in school.frozen if kind not in was]
    school.revoked_at, school.erase_on = None, None
    school.save(update_fields=["frozen", "revoked_at", "erase_on"])
    if new:
        notices.frozen(school, new)


def revoke(school):
    """Wonde says that the school has ended our access. The first day counts."""
    now = timezone.now()
    with transaction.atomic():
        lock_school(school.pk)
        school.refresh_from_db(fields=["revoked_at", "erase_on"])
        if school.revoked_at:
            return
        settled = Connection.objects.get(school=school)
        school.revoked_at, school.erase_on = now, _erase_on(school, settled, now)
        school.save(update_fields=["revoked_at", "erase_on"])
        notices.revoked(school)


def _erase_on(school, settled, now):
    return timezone.localdate(now, school.zone) + timedelta(days=settled.frozen_days)
