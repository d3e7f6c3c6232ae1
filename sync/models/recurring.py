"""Recurring work. A row says when it is due, whatever restarts, and wherever."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

LEASE = timedelta(seconds=settings.SYNC_TASK_LIMIT_S + 600)  # longer than a task can take


class RecurringWorkQuerySet(models.QuerySet):
    def take_due(self, every, now):
        """The names out of `every` (name -> how often) whose time has come, each put off by LEASE, so that work that
        fails or gets lost is due again by itself. New work is due at once, and so is work that is due later than it
        can be because a clock ran ahead."""
        self.bulk_create([RecurringWork(name=name, due_at=now) for name in every], ignore_conflicts=True)
        return [
            name
            for name, interval in every.items()
            if self.filter(Q(due_at__lte=now) | Q(due_at__gt=now + max(interval, LEASE)), name=name).update(
                due_at=now + LEASE
            )
        ]

    def done(self, name, now, interval):
        """Note that it is done. It is due again `interval` after `now`, when it began."""
        self.filter(name=name).update(done_at=now, due_at=now + interval)


class RecurringWork(models.Model):
    """One kind of recurring work: when it is due, and when it was last done."""

    name = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True, help_text="When the last one that ended well began.")

    objects = RecurringWorkQuerySet.as_manager()

    def __str__(self):
        return self.name
