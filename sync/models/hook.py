"""Webhooks that Wonde sent us, and what is still to be done about them."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from schools.text.names import fold

SAME_WITHIN = timedelta(hours=24)
KEPT = timedelta(days=30)
GATHERED_FOR = timedelta(seconds=60)  # several webhooks about a school within it: one check
LEASE = timedelta(seconds=settings.SYNC_TASK_LIMIT_S + 600)  # longer than a task can take
BEFORE = timedelta(days=1)  # from when a scheduled change of MIS is looked for: dates are rough
STANDS_FOR = timedelta(days=30)
FARTHEST = timedelta(days=180)  # ahead; a date beyond is a slip, or a lie


class HookQuerySet(models.QuerySet):
    def note(self, digest, now, **said):
        """Keep one that came `now`; what says the same as another of the last day is counted there."""
        same = self.filter(digest=digest, received_at__gt=now - SAME_WITHIN).order_by("-received_at").first()
        if same:
            fresh = {"school": said["school"], "outcome": said["outcome"]}  # the school may have been added since
            return self.filter(pk=same.pk).update(times=F("times") + 1, last_at=now, **fresh)
        return self.create(digest=digest, received_at=now, last_at=now, **said)

    def settle(self, school, before, outcome):
        """Note what the check of `school` found that those received `before` had asked for."""
        waiting = self.filter(school=school, outcome=Hook.Outcome.CHECK, last_at__lt=before)
        waiting.update(outcome=outcome)

    def purge(self):
        """Forget those that came 30 days ago."""
        self.filter(received_at__lt=timezone.now() - KEPT).delete()


class Hook(models.Model):
    """One webhook, without its body. type, wonde_id: "" where it names none that can be read."""

    class Outcome(models.TextChoices):
        CHECK = "check", "Wonde is asked within two minutes"
        SAME = "same", "Wonde was asked: nothing had changed"
        CHANGED = "changed", "Wonde was asked: it had changed"
        NO_ANSWER = "no_answer", "Wonde did not answer; its lists are read by the clock"
        MIGRATION = "migration", "Noted: a change of MIS is announced"
        HAS_THAT_MIS = "has_that_mis", "Nothing: the school has that MIS already"
        UNKNOWN_SCHOOL = "unknown_school", "Nothing: not a school of ours"
        UNKNOWN_TYPE = "unknown_type", "Nothing: no type that concerns us"
        UNREADABLE = "unreadable", "Nothing: it could not be read"

    type = models.CharField(max_length=40, blank=True)
    wonde_id = models.CharField("Wonde id", max_length=32, blank=True)
    school = models.ForeignKey("schools.School", null=True, on_delete=models.CASCADE, related_name="hooks")
    received_at = models.DateTimeField("first came")
    last_at = models.DateTimeField("last came")
    times = models.PositiveIntegerField("how often", default=1, help_text="What says the same within a day is one.")
    digest = models.CharField(max_length=64, db_index=True)
    outcome = models.CharField("what came of it", max_length=20, choices=Outcome)

    objects = HookQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "webhook from Wonde", "webhooks from Wonde"
        indexes = [models.Index(fields=["-last_at"], name="hook_by_time")]

    def __str__(self):
        return f"{self.type or 'webhook'} at {self.received_at}"


class StandingCheckQuerySet(models.QuerySet):
    def want(self, school, now):
        """Have Wonde asked about `school` within two minutes; what else comes within the minute waits for the same
        check. One under way may have asked too early: then there is another."""
        soon = now + GATHERED_FOR
        self.filter(school=school, due_at__gt=soon).update(due_at=soon)
        self.bulk_create([StandingCheck(school=school, due_at=soon)], ignore_conflicts=True)

    def take_due(self, now, most):
        """The schools (by id) of up to `most` that are due, each put off by LEASE, so that a task that gets lost comes
        again; also those due later than they can be, by a clock that ran ahead. Call it in a transaction."""
        due = (
            self.filter(Q(due_at__lte=now) | Q(due_at__gt=now + LEASE))
            .select_for_update(skip_locked=True)
            .order_by("due_at")
        )
        taken = list(due.values_list("school", flat=True)[:most])
        self.filter(school__in=taken).update(due_at=now + LEASE)
        return taken


class StandingCheck(models.Model):
    """That Wonde is to be asked how a school stands. It is deleted once it has been asked."""

    school = models.OneToOneField(
        "schools.School", primary_key=True, on_delete=models.CASCADE, related_name="standing_check"
    )
    due_at = models.DateTimeField(db_index=True)

    objects = StandingCheckQuerySet.as_manager()

    def __str__(self):
        return f"check of {self.school}"

    def put_off(self):
        """Not now; unless it has been wanted sooner meanwhile."""
        mine = StandingCheck.objects.filter(pk=self.pk, due_at=self.due_at)
        mine.update(due_at=timezone.now() + GATHERED_FOR)

    def end(self):
        """It is done, unless it has been wanted again meanwhile."""
        StandingCheck.objects.filter(pk=self.pk, due_at=self.due_at).delete()


class AnnouncedMoveQuerySet(models.QuerySet):
    def announce(self, school, move, now):
        """Keep what a webhook said of a change of MIS (`hints.Move`). Of one change the parts may come in any order and
        again; another change takes its place."""
        given = {"mis_from": move.mis_from, "mis_to": move.mis_to, "told_at": now, "until": now}
        row, _ = self.select_for_update().get_or_create(school=school, defaults=given)
        is_same = (fold(row.mis_from), fold(row.mis_to)) == (fold(move.mis_from), fold(move.mis_to))
        row.scheduled_at = move.scheduled_at or (row.scheduled_at if is_same else None)
        row.completed_at = move.completed_at or (row.completed_at if is_same else None)
        row.mis_from, row.mis_to, row.told_at = move.mis_from, move.mis_to, now
        row.until = min(max(now, row.scheduled_at or now), now + FARTHEST) + STANDS_FOR
        row.save()

    def to_tell(self, school):
        """What its leads are told of; None once the change waits for them, as that says more."""
        move = self.filter(school=school, until__gt=timezone.now()).first()
        return move if move and "change_of_mis" not in school.sync_settings.to_confirm else None

    def purge(self):
        """Forget those of which nothing came."""
        self.filter(until__lte=timezone.now()).delete()


class AnnouncedMove(models.Model):
    """That Wonde has told us, by a webhook, of a change of MIS at a school: a hint, which makes a sync careful and says
    something to leads. It goes once the change has been read or settled, or by itself (`until`).

    scheduled_at, completed_at: empty where Wonde did not say, or what it said is no moment.
    """

    school = models.OneToOneField("schools.School", on_delete=models.CASCADE, related_name="announced_move")
    mis_from = models.CharField(max_length=60, blank=True)
    mis_to = models.CharField(max_length=60, blank=True)
    scheduled_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    objects = AnnouncedMoveQuerySet.as_manager()

    def __str__(self):
        return f"change of MIS announced for {self.school}"

    def is_near(self, now):
        """Whether the next read may already be that of the new MIS."""
        began = self.completed_at or not self.scheduled_at or now >= self.scheduled_at - BEFORE
        return bool(began) and now < self.until

    def is_over(self, read_at):
        """Whether it is over with a sync that read all of the school from `read_at` on, and found no new MIS."""
        return self.completed_at is not None and self.completed_at < read_at
