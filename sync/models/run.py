"""One sync of one school: its outcome and its ledger. Its changes are in `sync.models.feed`."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

ANNOUNCING = "announcing"  # an applied run's step until those who must know are told and the next time is set


class SyncRunQuerySet(models.QuerySet):
    def applied(self):
        """Runs that applied what passed, undos among them."""
        return self.filter(status=SyncRun.Status.APPLIED)

    def complete(self):
        """Applied runs that read everything from Wonde, which an undo does not."""
        return self.filter(SyncRun.COMPLETE)

    def of_everybody(self):
        """Without those that left one person out: they stand in the history, and say nothing of anybody else."""
        return self.exclude(trigger=SyncRun.Trigger.LEFT_OUT)

    def start(self, school, trigger, task_id="", asked_by=None):
        """A running row for `school`. The caller is alone with the school, so a row that still says running belongs to
        a dead worker: a task that is delivered again takes its own row over, and closes anybody else's."""
        now = timezone.now()
        dead = self.filter(school=school, status=SyncRun.Status.RUNNING).first()
        if dead and dead.task_id and dead.task_id == task_id:
            dead.started_at, dead.step = now, ""
            dead.save(update_fields=["started_at", "step"])
            return dead
        if dead:
            dead.lost()
        return self.create(school=school, trigger=trigger, task_id=task_id, asked_by=asked_by, started_at=now)


class SyncRun(models.Model):
    """One sync of one school, with its outcome and its ledger."""

    class Trigger(models.TextChoices):
        NIGHT = "night", "nightly"
        PERSON = "person", "asked for"
        COMMAND = "command", "command line"
        DECISION = "decision", "after a decision"
        UNDO = "undo", "undo"
        LEFT_OUT = "left_out", "left out here"
        API = "api", "asked for by the product"

    class Status(models.TextChoices):
        RUNNING = "running", "running"
        APPLIED = "applied", "applied"
        REFUSED = "refused", "refused"
        FAILED = "failed", "failed"

    COMPLETE = Q(status=Status.APPLIED) & ~Q(trigger__in=[Trigger.UNDO, Trigger.LEFT_OUT])

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="runs", db_index=False)
    trigger = models.CharField(max_length=10, choices=Trigger)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    task_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    step = models.CharField(max_length=20, blank=True, help_text="Where it is, while it runs.")
    message = models.TextField(blank=True, help_text="For support: what went wrong and what to do next.")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    as_of = models.DateTimeField(
        "data as of",
        null=True,
        blank=True,
        help_text="From when what it read is: its end, or earlier, where Wonde had nothing newer (sync.engine.age).",
    )
    wonde_newest = models.DateTimeField("newest change Wonde had", null=True, blank=True)
    mis_offline = models.BooleanField("Wonde says the MIS link is down", default=False)
    timings = models.JSONField(default=dict, help_text="Milliseconds per step.")
    ledger = models.JSONField(
        default=dict, help_text="Per kind: read, imported, withheld by reason, unreadable, hidden."
    )
    counts = models.JSONField(default=dict, help_text="Per kind: how many of each verb.")
    sizes = models.JSONField(default=dict, help_text="Per kind: how many we had afterwards.")
    beyond = models.JSONField(
        default=dict, help_text="Per kind of people: how many more Wonde counts than it shows, when it last counted."
    )
    rights = models.JSONField(
        default=dict, help_text="Permissions that mail to parents needs: granted or not; null: Wonde does not say."
    )
    granted = models.JSONField(
        default=dict, help_text="Permissions of our purposes: granted or not; null: we cannot tell."
    )
    filled = models.JSONField(
        default=dict, help_text="Per kind: how many rows came, and how many of them had each field."
    )
    waiting = models.JSONField(default=list, help_text="What waits for a person, in words and numbers.")
    alarms = models.JSONField(default=list, help_text="[kind, why]: what can hardly be true of what was read.")
    notes = models.JSONField(default=list, help_text="What this MIS does not offer, in words.")
    second_classes = models.JSONField(default=list, help_text="[student, class]: a further imported class.")
    unlike = models.JSONField(
        default=list, help_text="[kind, Wonde id, our id]: new people whom an identifier takes for somebody we had."
    )
    fingerprint = models.CharField(max_length=64, blank=True)
    asked = models.CharField(max_length=64, blank=True, help_text="A name for exactly what it held.")
    undone = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_by")

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        verbose_name = "sync"
        constraints = [
            models.UniqueConstraint(
                fields=["school"], condition=Q(status="running"), name="one_running_sync_per_school"
            )
        ]
        indexes = [
            models.Index(fields=["school", "-started_at"], name="run_by_school"),
            models.Index(fields=["-started_at", "-id"], name="run_by_time"),
            models.Index(fields=["ended_at"], condition=Q(step=ANNOUNCING), name="run_announcing"),
        ]

    def __str__(self):
        return f"sync {self.pk}"

    @property
    def outcome(self):
        """How it ended, in a word for pages: "waits" if something does, "undo", "left_out", or else its status."""
        if self.status == SyncRun.Status.APPLIED and self.waiting:
            return "waits"
        return self.trigger if self.trigger in {SyncRun.Trigger.UNDO, SyncRun.Trigger.LEFT_OUT} else self.status

    def at(self, step):
        """Note how far the run has got, for the page that follows it."""
        self.step = step
        self.save(update_fields=["step"])

    def refused(self, message):
        """Nothing was applied, and we know why."""
        return self._end(SyncRun.Status.REFUSED, message)

    def failed(self):
        """A bug of ours. Nothing was applied; the log has the details."""
        return self._end(
            SyncRun.Status.FAILED, "Rollbook itself failed. Nothing was changed. The engineers have the details."
        )

    def lost(self):
        """Its worker died, and its transaction with it."""
        return self._end(
            SyncRun.Status.FAILED, "The worker that ran this is gone. Nothing was changed. It is tried again by itself."
        )

    def _end(self, status, message):
        self.status, self.message, self.step, self.ended_at = status, message, "", timezone.now()
        self.save(update_fields=["status", "message", "step", "ended_at"])
        return self
