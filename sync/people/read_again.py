"""Syncing a school again because a person asks: how often that is allowed, and how far it is."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from schools.models import AuditEntry
from sync.models import AskedSync, SyncRun, SyncSettings

AGAIN_AFTER = timedelta(minutes=10)
LONGEST = timedelta(seconds=settings.FOLLOWED_FOR_S)
STEPS = ("school", "classes", "members of classes", "registration groups", "staff", "students", "applying")


class NotAgainError(Exception):
    """Why the school is not synced again now, in a sentence for the person who asked."""


@dataclass(frozen=True)
class Again:
    """run: the newest sync, asked for or nightly, None before the first. is_waiting: asked for but not begun. is_late:
    waiting for longer than a page follows it. free_at: when a person may ask again, None for now."""

    run: SyncRun | None
    is_waiting: bool
    is_late: bool
    free_at: timezone.datetime | None

    @property
    def is_going_on(self):
        return self.is_waiting or (self.run is not None and self.run.status == SyncRun.Status.RUNNING)


def standing(school, now=None):
    """Whether `school` is being synced, and when that may be asked for again."""
    now = now or timezone.now()
    run = SyncRun.objects.of_everybody().filter(school=school).exclude(trigger=SyncRun.Trigger.UNDO).first()
    asked = AskedSync.objects.waiting().filter(school=school).order_by("-asked_at").first()
    moments = [school.sync_settings.wanted_at if school.sync_settings.enabled else None, asked and asked.asked_at]
    wanted, began = max(filter(None, moments), default=None), run.started_at if run else None
    last = max((moment for moment in (wanted, began) if moment), default=None)
    free_at = last + AGAIN_AFTER if last and last + AGAIN_AFTER > now else None
    not_begun = bool(wanted and (began is None or began < wanted))
    is_late = not_begun and wanted + LONGEST < now
    return Again(run, not_begun and not is_late, is_late, free_at)


@transaction.atomic
def ask(school, by, reason=""):
    """Ask for a sync now. Queue it with `tasks.queue_sync` in the same transaction. Raises NotAgainError."""
    # Two leads may press the button at the same moment.
    school.sync_settings = SyncSettings.objects.select_for_update().get(school=school)
    if not school.sync_settings.enabled:
        raise NotAgainError("Syncing is switched off for this school. Support can switch it on.")
    now = standing(school)
    if now.is_going_on:
        raise NotAgainError("It is being synced already.")
    if now.free_at:
        minutes = AGAIN_AFTER.seconds // 60
        raise NotAgainError(f"It was synced a moment ago. A school can be synced every {minutes} minutes.")
    SyncSettings.objects.want(school)
    AuditEntry.objects.note(by, "asked for a sync of", school, school, reason)


def steps(run):
    """The steps of a sync as (name, "done", "now" or ""); registration groups only while they are being read."""
    over = run is not None and run.status == SyncRun.Status.APPLIED
    at = STEPS.index(run.step) if run and run.step in STEPS else -1
    told = [(name, "done" if over or place < at else "now" if place == at else "") for place, name in enumerate(STEPS)]
    return [(name, state) for name, state in told if name != "registration groups" or state == "now"]
