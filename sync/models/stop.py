"""Sharing that was stopped here: by whom, when and why, and how far it is ended in Wonde too."""

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from sync.facts.errors import StoppedHere

LEASE = timedelta(minutes=10)  # longer than it takes to tell Wonde
LONGEST_PAUSE = timedelta(days=1)


class StopQuerySet(models.QuerySet):
    def standing(self):
        """Those nobody has taken back: no sync gives the school back, and nothing of it is read from Wonde."""
        return self.filter(over_at=None)

    def of_freeze(self):
        """Those by which their school is frozen now, taken back or not: until a sync has brought everything back."""
        return self.filter(at=F("school__revoked_at"))

    def refuse(self, school):
        """Raises StoppedHere if sharing is stopped at `school`: call it before anything is read, and under the
        school's lock before anything read is applied."""
        if stop := self.standing().filter(school=school).first():
            day = f"{stop.at.astimezone(school.zone):%-d %B %Y}"
            raise StoppedHere(
                f"Sharing was stopped here on {day}. Nothing was read from Wonde, and nothing was changed, until a "
                "school lead shares again."
            )

    def take_due(self, now):
        """The one that has waited longest for Wonde to be told, which nobody else can take for LEASE; None if there is
        none. After that it is due again by itself: the worker that took it may have died. One due later than any pause
        allows got its time from a clock that ran ahead."""
        with transaction.atomic():
            due = self.filter(Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST_PAUSE)).select_related("school")
            stop = due.select_for_update(skip_locked=True, of=["self"]).order_by("due_at").first()
            if stop:
                stop.tries += 1
                stop.due_at = now + max(LEASE, stop.pause)
                stop.save(update_fields=["tries", "due_at"])
        return stop


class Stop(models.Model):
    """A person's word that a school no longer shares. It freezes at once, whatever Wonde says (`School.revoked_at` is
    its `at`), and stands until somebody shares again; erasing the school leaves it.

    confirmed: that it be ended in Wonde too, by a second person where there are two. From then on Wonde is told, again
    and again, until it shows us as not approved (`ended_at`) or somebody shares again.
    """

    class Answer(models.TextChoices):
        ENDED = "ended", "Wonde no longer shows us as approved."
        AWAY = "away", "Wonde could not be reached."
        REFUSED = "refused", "Wonde did not let us end it."
        STILL = "still", "Wonde said that it was ended, and still shows us as approved."
        UNSEEN = "unseen", "Wonde said that it was ended; whether it is so could not be seen."

    class InWonde(models.TextChoices):
        UNTOLD = "untold", "It is not ended in Wonde yet."
        TELLING = "telling", "Wonde is being asked to end it too."
        STILL = "still", "Wonde still shows us as approved: the school ends it there."
        ENDED = "ended", "It is ended in Wonde too."
        SHARED_AGAIN = "shared_again", "Somebody has shared it again; it is back with the next sync."

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="stops")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=200)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True, help_text="When Wonde is told next; empty: it is not, or no more.")
    tries = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=7, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When Wonde was first seen not to show us as approved.")
    over_at = models.DateTimeField(null=True, help_text="When somebody shared again.")
    over_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = StopQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school"], condition=Q(over_at=None), name="stopped_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="stop_due")]

    def __str__(self):
        return f"stop {self.pk}"

    @property
    def pause(self):
        """How long to wait after the last try: a minute, then twice as long each time, at most a day."""
        return min(timedelta(minutes=2 ** min(self.tries - 1, 11)), LONGEST_PAUSE)

    @property
    def in_wonde(self):
        """How far it is ended there."""
        if self.over_at:
            return self.InWonde.SHARED_AGAIN
        if self.ended_at:
            return self.InWonde.ENDED
        if self.answer in {self.Answer.REFUSED, self.Answer.STILL}:
            return self.InWonde.STILL
        return self.InWonde.TELLING if self.confirmed_at else self.InWonde.UNTOLD
