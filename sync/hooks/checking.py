"""A webhook said that a school's access has changed: Wonde is asked, and what it answers counts."""

import logging

from django.db.models import Q
from django.utils import timezone

from sync.facts.errors import SyncError
from sync.models import Hook, StandingCheck, SyncRun
from sync.people import access

log = logging.getLogger(__name__)
Outcome = Hook.Outcome


def check(school):
    """Ask Wonde how `school` stands, if that is still to be done. While a sync is under way it waits: that one may have
    asked too early, and gives back what has ended since. If one has begun meanwhile, Wonde is asked again after it."""
    wanted, began = StandingCheck.objects.filter(school=school).first(), timezone.now()
    if wanted is None:
        return
    runs = SyncRun.objects.filter(school=school)
    if runs.filter(status=SyncRun.Status.RUNNING).exists():
        wanted.put_off()
        return
    outcome = _ask(school)
    if runs.filter(Q(status=SyncRun.Status.RUNNING) | Q(started_at__gte=began)).exists():
        wanted.put_off()
        return
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
