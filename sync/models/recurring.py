"""Recurring work: what is due by a row, whatever restarts and wherever."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

LEASE = timedelta(seconds=settings.SYNC_TASK_LIMIT_S + 600)  # longer than a task may last


class RecurringWorkQuerySet(models.QuerySet):
    def take_due(self, every, now):
        """The names whose time has come, of `every` (name -> how often), each put off by LEASE: work that is lost on
        the way, or fails, is due again by itself. Work nobody has heard of is due at once; so is what is due later
        than it could be, because a clock ran ahead."""
        self.bulk_create([RecurringWork(name=name, due_at=now) for name in every], ignore_conflicts=True)
        return [
            name
            for name, interval in every.items()
            if self.filter(Q(due_at__lte=now) | Q(due_at__gt=now + max(interval, LEASE)), name=name).update(
                due_at=now + LEASE
            )
        ]

    def done(self, name, now, interval):
        """It is done, and due again `interval` after it began at `now`."""
        self.filter(name=name).update(done_at=now, due_at=now + interval)


class RecurringWork(models.Model):
    """One kind of recurring work: when it is due, and when it was last done."""

    name = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True, help_text="When the last one that ended well began.")

    objects = RecurringWorkQuerySet.as_manager()

    def __str__(self):
        return self.name
