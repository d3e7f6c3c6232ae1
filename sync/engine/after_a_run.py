"""What follows when a run has ended: when its school is due again, and who is told.

A worker may die on the way, so `sweep` does it again, and takes it over for runs whose worker is gone.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from schools.locks import alone
from schools.models import School
from schools.models.school import STALE_AFTER
from schools.staff import invitations
from sync.models import SyncRun, SyncSettings
from sync.models.run import ANNOUNCING
from sync.notices import tell
from sync.rules import schedule

LATE = timedelta(minutes=1)


def finish(run):
    """After a run has ended: say when its school is due, and tell who must know, once. Where a worker dies on the way,
    the sweep does it."""
    schedule_next(run)
    if run.status != SyncRun.Status.APPLIED:
        return
    with transaction.atomic():
        if SyncRun.objects.select_for_update(of=["self"]).filter(pk=run.pk, step=ANNOUNCING).exists():
            announce(run)
            run.at("")


def announce(run):
    """Mail once about what this run held first, and invite the teachers who came; the mails leave after the commit."""
    if run.holds.exclude(limit="with").exists():
        tell.held(run)
    if _is_new(run):
        tell.alarmed(run)
    if run.school.invites_teachers:
        invitations.invite_teachers(School.objects.get(pk=run.school_id))


def _is_new(run):
    """Whether the run raised an alarm that the complete read before it had not."""
    before = SyncRun.objects.complete().filter(school=run.school_id, started_at__lt=run.started_at).first()
    return any(alarm not in (before.alarms if before else []) for alarm in run.alarms)


def schedule_next(run):
    """Say when the school is due next: the next night after a run that was applied, sooner after one that was not."""
    sync_settings, now = SyncSettings.objects.select_related("school").get(school=run.school_id), timezone.now()
    if run.status == SyncRun.Status.APPLIED:
        sync_settings.tries, sync_settings.gave_up_at = 0, None
        if run.as_of and run.as_of > now - STALE_AFTER:
            sync_settings.old_told_at = None
        if run.trigger == SyncRun.Trigger.NIGHT:
            sync_settings.night = schedule.night_date(sync_settings, now)
        sync_settings.due_at = schedule.next_night(sync_settings, now)
        if sync_settings.wanted_at and sync_settings.wanted_at > run.started_at:
            sync_settings.due_at = now  # somebody decided something while this run was under way
    elif run.trigger == SyncRun.Trigger.NIGHT:
        again = None if sync_settings.school.revoked_at else schedule.next_try(sync_settings, now)
        if again is None and sync_settings.gave_up_at is None:
            sync_settings.gave_up_at = now
        sync_settings.tries = sync_settings.tries + 1 if again else 0
        sync_settings.due_at = again or schedule.next_night(sync_settings, now)
    sync_settings.save(update_fields=["tries", "gave_up_at", "night", "due_at", "old_told_at"])


def settle_failed(school):
    """A bug of ours ended a run: it is tried again as a refused one is, and given up in the morning.
    Returns the run."""
    run = SyncRun.objects.of_everybody().filter(school=school).first()
    if run and run.status == SyncRun.Status.FAILED:
        schedule_next(run)
    return run


def sweep():
    """Close runs whose worker is gone, and make their schools due; finish those that were applied and not announced."""
    for run in SyncRun.objects.applied().filter(step=ANNOUNCING, ended_at__lt=timezone.now() - LATE):
        finish(run)
    for run in SyncRun.objects.filter(status=SyncRun.Status.RUNNING):
        with alone(run.school_id) as free:
            if not free:
                continue
            run.refresh_from_db()
            if run.status == SyncRun.Status.RUNNING:
                run.lost()
                _after_loss(run)


def _after_loss(run):
    """A worker may die of anything, so the school is due at once; but where a second dies of it too, as after a bug."""
    first = SyncSettings.objects.filter(school=run.school_id, tries=0)
    if run.trigger != SyncRun.Trigger.NIGHT or not first.update(due_at=timezone.now(), tries=1):
        schedule_next(run)
