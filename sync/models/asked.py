"""Syncs that somebody asked for. Each is a row until it is over, so that it happens whatever the queue loses."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from sync.models.run import SyncRun

SOON = timedelta(minutes=1)  # how long its task may wait in the queue before the clock queues it again
LEASE = timedelta(seconds=settings.SYNC_TASK_LIMIT_S + 600)  # longer than a task can take
KEPT = timedelta(days=1)


def new_id():
    return str(uuid.uuid4())


def soon():
    return timezone.now() + SOON


class AskedSyncQuerySet(models.QuerySet):
    def waiting(self):
        """Those whose run is not over yet."""
        return self.filter(over_at=None)

    def take_due(self, now, most):
        """Up to `most` for the clock to queue, each put off by LEASE. Call it in a transaction."""
        due = self.waiting().filter(due_at__lte=now).select_for_update(skip_locked=True, of=["self"])
        taken = list(due.order_by("due_at")[:most])
        self.filter(pk__in=[asked.pk for asked in taken]).update(due_at=now + LEASE)
        return taken

    def is_over(self, task_id):
        """Whether the run of task `task_id` is over: then a second task for it has nothing to do."""
        return self.filter(pk=task_id or "", over_at__isnull=False).exists()

    def end(self, task_id, run):
        """Mark it as over: `run` is what came of it, or was already under way."""
        self.waiting().filter(pk=task_id or "").update(over_at=timezone.now(), run=run)

    def purge(self):
        """Forget what was asked a day ago."""
        self.filter(asked_at__lt=timezone.now() - KEPT).delete()


class AskedSync(models.Model):
    """A sync that a person or the product asked for. Its task has the same id, which leads to its run."""

    id = models.CharField(max_length=64, primary_key=True, default=new_id, editable=False)
    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="asked_syncs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    trigger = models.CharField(max_length=10, choices=SyncRun.Trigger)
    expected = models.CharField(max_length=64, blank=True, help_text="Fingerprint of the preview that was confirmed.")
    rollover = models.BooleanField(default=False, help_text="It turns the school's year.")
    asked_at = models.DateTimeField(auto_now_add=True, db_index=True)
    due_at = models.DateTimeField(default=soon, help_text="When the clock queues it once more.")
    over_at = models.DateTimeField(null=True)
    run = models.ForeignKey(SyncRun, null=True, on_delete=models.CASCADE, related_name="+")

    objects = AskedSyncQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(over_at=None), name="asked_sync_due")]

    def __str__(self):
        return f"sync asked for at {self.asked_at}"

    @property
    def decided(self):
        """What its run is told, as keyword arguments for `sync_school`."""
        confirmed = {"expected": self.expected, "rollover": self.rollover} if self.expected else {}
        return {"asked_by_id": self.by_id, "trigger": self.trigger} | confirmed

    def find_run(self):
        """What came of it; None while it waits for a worker."""
        runs = SyncRun.objects.filter(school=self.school_id, task_id=self.pk)
        return self.run or runs.order_by("-started_at").first()
