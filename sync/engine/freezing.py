"""Withdrawn permissions, ended access, sharing stopped here: off every page at once, erased on a day we show, restored
until then.

Pages, mail and the API leave out what `School.frozen` and `School.revoked_at` name; mail and the API leave out what
`School.doubted` names too (`schools.sharing.shown`). Only this module sets them.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from schools.locks import lock_school
from schools.models import AskedAnew
from sync.facts.kinds import KINDS
from sync.facts.snapshot import CONTRADICTED, NOT_ASKED, NOT_OFFERED, WITHDRAWN
from sync.models import Access, AccessCopy, SyncSettings, Wcbs
from sync.models.copies import FROZEN
from sync.notices import tell
from sync.rules.schedule import night_date

NIGHT_APART = timedelta(hours=12)  # a night that begins before midnight has two dates


def freeze_withdrawn(sync_settings, snapshot, ours, now):
    """After a complete read, in its transaction: freeze what was withdrawn, doubt what was refused once, and give back
    what is shared again.

    A permission is withdrawn when Wonde's list shows it as not approved. A refused answer may be a fault, so it takes a
    second night that says the same; and if the list shows the permission as approved, no number of refused answers
    freezes anything. Only what we hold can freeze. The day of erasure stays the one first shown. sync_settings: the
    school's, read under the lock.
    """
    school = sync_settings.school
    frozen, doubted = {}, {}
    for kind in KINDS:
        if not (ours.rows.get(kind) or ours.former.get(kind)):
            continue
        was_frozen, was_doubted = school.frozen.get(kind), school.doubted.get(kind)
        why = snapshot.denied.get(kind)
        if why in (NOT_OFFERED, NOT_ASKED) or (why != WITHDRAWN and _inside_one_denied(kind, snapshot)):
            frozen |= {kind: was_frozen} if was_frozen else {}  # nothing was said about the permission
            doubted |= {kind: was_doubted} if was_doubted else {}
        elif why == WITHDRAWN or (
            why and why != CONTRADICTED and (was_frozen or _a_night_ago(sync_settings, was_doubted, now))
        ):
            frozen[kind] = was_frozen or _frozen(sync_settings, now)
        elif why:
            doubted[kind] = _doubted(sync_settings, kind, was_doubted, now)
    new = [kind for kind in frozen if kind not in school.frozen]
    if (frozen, doubted, None) == (school.frozen, school.doubted, school.revoked_at):
        return
    if school.revoked_at:
        AskedAnew.objects.filter(school=school).delete()  # nobody could answer meanwhile: the days begin anew
    school.frozen, school.doubted, school.revoked_at, school.erase_on = frozen, doubted, None, None
    school.save(update_fields=["frozen", "doubted", "revoked_at", "erase_on"])
    if new:
        AccessCopy.objects.with_kinds(school, new).let_go(FROZEN)
        tell.frozen(school, new)


def revoke(school):
    """Wonde says that the school has ended our access. The days count from the first time it says so. Of a school that
    has not let us in yet it says the same, and nothing has ended."""
    now = timezone.now()
    with transaction.atomic():
        lock_school(school.pk)
        if Access.objects.closed().filter(school=school).exists():
            return
        Access.objects.end(school, now)
        school.refresh_from_db(fields=["revoked_at", "erase_on"])
        if school.revoked_at:
            return
        freeze_school(school, now)
        tell.revoked(school)


def freeze_school(school, now):
    """Everything of a school that is not frozen as a whole yet, because Wonde or a person said so; under its lock."""
    school.revoked_at, school.erase_on = now, erased_on(school, now)
    school.save(update_fields=["revoked_at", "erase_on"])
    Wcbs.objects.filter(school=school).wipe(Wcbs.Because.ENDED)
    AccessCopy.objects.filter(school=school).let_go(FROZEN)


def erased_on(school, now):
    """The day on which what is frozen now is erased."""
    return _erase_on(SyncSettings.objects.select_related("school").get(school=school), now)


def _inside_one_denied(kind, snapshot):
    nested = KINDS[kind].nested
    return nested is not None and nested.within in snapshot.denied


def _a_night_ago(sync_settings, doubt, now):
    if not doubt:
        return False
    since = datetime.fromisoformat(doubt["since"])
    return night_date(sync_settings, now) > night_date(sync_settings, since) and now - since >= NIGHT_APART


def _frozen(sync_settings, now):
    return {"since": now.isoformat(), "erase_on": _erase_on(sync_settings, now).isoformat()}


def _doubted(sync_settings, kind, doubt, now):
    """A doubt keeps the day it began. If it is still there a night later, people are told."""
    doubt = doubt or {"since": now.isoformat(), "told": False}
    if not doubt["told"] and _a_night_ago(sync_settings, doubt, now):
        tell.doubted(sync_settings.school, kind)
        return doubt | {"told": True}
    return doubt


def _erase_on(sync_settings, now):
    return timezone.localdate(now, sync_settings.school.zone) + timedelta(days=sync_settings.frozen_days)
