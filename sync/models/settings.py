"""How one school is synced: its switch, its policy, its limits, and when it is due."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property

from sync.models.access import waits
from sync.models.run import SyncRun
from sync.models.stop import Stop


def default_subjects():
    """The product's subject, by its usual codes and names in the MIS. Any of them matches, ignoring case."""
    return ["Ma", "Mat", "Maths", "Mathematics"]


SOON = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=3)  # until the night after next, even when the clocks change


class SyncSettingsQuerySet(models.QuerySet):
    def due(self, now):
        """Schools that are switched on and due, share with us, and that nobody has stopped here. One that is due later
        than any night can be got its time from a clock that ran ahead."""
        ahead = Q(due_at__gt=now + LONGEST_WAIT)
        stopped = Exists(Stop.objects.standing().filter(school=OuterRef("school")))
        ready = self.filter(~stopped, Q(due_at__lte=now) | ahead, enabled=True).exclude(waits("school__"))
        return ready.order_by("due_at", "pk")

    def want(self, school):
        """Make `school` due soon, because somebody decided something that a sync has to carry out, even if a task that
        is already queued gets lost. A sync under way may have read too early: `wanted_at` makes it due again."""
        now = timezone.now()
        self.filter(school=school).update(wanted_at=now, due_at=now + SOON)


class SyncSettings(models.Model):
    """How one school is synced, and how things stand with it."""

    school = models.OneToOneField("schools.School", on_delete=models.CASCADE, related_name="sync_settings")
    enabled = models.BooleanField("synced every night", default=True)

    subjects = ArrayField(
        models.CharField(max_length=100), default=default_subjects, help_text="Code or name in the MIS."
    )
    year_groups = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, help_text="Empty: every year group uses the product."
    )
    year_starts = models.CharField(
        "academic year starts", max_length=5, default="09-01", help_text="Month and day, for example 09-01 or 01-28."
    )
    year_ends = models.CharField(
        "academic year ends",
        max_length=5,
        blank=True,
        help_text="Month and day of its last school day, for example 07-20. From then on, who loses a class stays.",
    )
    rolled_year = models.PositiveSmallIntegerField(
        "academic year in use", null=True, blank=True, help_text="The calendar year it began in."
    )
    rolled_at = models.DateTimeField("rollover confirmed", null=True, blank=True)

    asks_first = models.BooleanField(
        "ask before a new class comes in",
        default=False,
        help_text="On: a class that fits the rule waits until the school lead brings it in.",
    )
    wanted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When somebody last decided something a sync has to carry out."
    )

    kind_share = models.PositiveSmallIntegerField(
        "% of all students, classes or staff", default=10, validators=[MaxValueValidator(100)]
    )
    kind_free = models.PositiveSmallIntegerField("and always up to this many", default=5)
    class_share = models.PositiveSmallIntegerField(
        "% of the students of one class", default=50, validators=[MaxValueValidator(100)]
    )
    class_free = models.PositiveSmallIntegerField("and always up to this many of them", default=5)

    night_starts = models.TimeField(default="03:00")
    night_ends = models.TimeField(default="06:00")
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    tries = models.PositiveSmallIntegerField("tries tonight", default=0)

    retention_days = models.PositiveSmallIntegerField(
        "days a leaver is kept",
        default=90,
        validators=[MinValueValidator(7), MaxValueValidator(365)],
        help_text="7 to 365. Anyone who comes back before then is the same person, with the same sign-in.",
    )
    frozen_days = models.PositiveSmallIntegerField(
        "days withdrawn data is kept",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text="1 to 90, from the day a permission is withdrawn or our access ends.",
    )

    gave_up_at = models.DateTimeField(
        "the night's tries ended", null=True, blank=True, help_text="Empty again after a complete read."
    )
    needs_mailed_on = models.DateField(
        null=True, blank=True, editable=False, help_text="When leads were last told by the day what needs them."
    )
    red_mailed_on = models.DateField(null=True, blank=True, help_text="When support was last told that it is red.")
    facts_known = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        editable=False,
        help_text="What the MIS has ever said here: codes of sync.rules.silence.",
    )
    to_confirm = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="What waits for a person's word as a whole: {change_of_mis: the new MIS, rollover: the year}.",
    )
    old_told_at = models.DateTimeField(
        null=True, blank=True, help_text="When leads were told that what we have is old; empty again once it is not."
    )
    night = models.DateField("last night done", null=True, blank=True, help_text="By the school's own calendar.")

    objects = SyncSettingsQuerySet.as_manager()

    class Meta:
        db_table = "sync_connection"
        verbose_name = verbose_name_plural = "sync settings"

    def __str__(self):
        return f"sync settings of {self.school}"

    def save(self, *args, update_fields=None, **kwargs):
        """Tell the school when its year starts: other apps ask it, as they know nothing of sync settings."""
        super().save(*args, update_fields=update_fields, **kwargs)
        if (update_fields is None or "year_starts" in update_fields) and self.school.year_starts != self.year_starts:
            self.school.year_starts = self.year_starts
            self.school.save(update_fields=["year_starts"])

    @cached_property
    def last_read(self):
        """The newest run that read everything and was applied, or None."""
        return SyncRun.objects.complete().filter(school=self.school_id).order_by("-started_at").first()
