"""A webhook said that a school's access has changed: Wonde is asked, and what it answers counts."""

import logging

from django.utils import timezone

from schools.locks import alone
from sync.facts.errors import SyncError
from sync.models import Hook, StandingCheck
from sync.people import access

log = logging.getLogger(__name__)
Outcome = Hook.Outcome


def check(school):
    """Ask Wonde how `school` stands, if that is still to be done. While a sync is under way it waits: that one may have
    asked too early, and must not give back what has ended since."""
    wanted = StandingCheck.objects.filter(school=school).first()
    if wanted is None:
        return
    with alone(school.pk) as free:
        if not free:
            wanted.put_off()
            return
        began = timezone.now()
        outcome = _ask(school)
    wanted.end()
    Hook.objects.settle(school, began, outcome)


def _ask(school):
    was = access.of(school).state
    try:
        now = access.check(school).state
    except SyncError as error:
        log.warning("school %s: how it stands could not be asked (%s)", school.wonde_id, type(error).__name__)
        return Outcome.NO_ANSWER
    return Outcome.SAME if now == was else Outcome.CHANGED
