"""A webhook said that a school's access has changed: Wonde is asked, and what it answers counts."""

import logging

from django.conf import settings
from django.utils import timezone

from schools.locks import alone
from sync.engine import freezing
from sync.facts.errors import AccessRevoked, SyncError
from sync.models import Hook, StandingCheck, SyncRun, SyncSettings
from sync.models.hook import AGAIN, GATHERED_FOR, GIVEN_UP_AFTER
from sync.wonde.access import read_standing
from sync.wonde.client import Wonde

log = logging.getLogger(__name__)
Outcome = Hook.Outcome


def check(school):
    """Ask Wonde how `school` stands, if that is still to be done. Ended access is off at once; shared again, the school
    is due to be synced. While a sync is under way it waits: that one may have asked too early."""
    wanted = StandingCheck.objects.filter(school=school).first()
    if wanted is None:
        return
    with alone(school.pk) as free:
        if not free:
            wanted.put_off(GATHERED_FOR)
            return
        began = timezone.now()
        try:
            outcome = _ask(school)
        except SyncError as error:
            log.warning("school %s: how it stands could not be asked (%s)", school.wonde_id, type(error).__name__)
            if began - wanted.since < GIVEN_UP_AFTER:
                wanted.put_off(AGAIN)
                return
            outcome = Outcome.NO_ANSWER
    wanted.end()
    Hook.objects.settle(school, began, outcome)


def _ask(school):
    """Raises SyncError where Wonde does not say."""
    was_revoked = school.revoked_at is not None
    try:
        with Wonde(school.domain, settings.ASKING_LIMIT_S) as wonde:
            read_standing(wonde, school.wonde_id)
    except AccessRevoked:
        freezing.revoke(school)
        return Outcome.SAME if was_revoked else Outcome.ENDED
    if was_revoked or not SyncRun.objects.complete().filter(school=school).exists():
        SyncSettings.objects.want(school)
        return Outcome.SHARED
    return Outcome.SAME
