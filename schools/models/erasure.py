"""What outlives a person: that they were erased, and that they are left out. Counts, ids and marks, no names."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Erasure(models.Model):
    """The note of an erasure, as `sync.erasing.notes` writes and checks it. It names nobody who was erased."""

    class Cause(models.TextChoices):
        RETENTION = "retention", "left, and the time they are kept is over"
        ASKED = "asked", "asked for by a person"
        PERMISSION = "permission", "the permission was withdrawn"
        REVOKED = "revoked", "the school ended our access"
        STOPPED = "stopped", "sharing was stopped here"

    class By(models.TextChoices):
        RULE = "rule", "by itself, on the day"
        SCHOOL = "school", "somebody at the school"
        SUPPORT = "support", "support"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="erasures", db_index=False)
    number = models.CharField(max_length=14, unique=True, help_text="As it is read out: 4821-0937-5562.")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    cause = models.CharField(max_length=10, choices=Cause)
    by = models.CharField("erased by", max_length=7, choices=By)
    reason = models.TextField(blank=True, help_text="In the words of whoever asked.")
    ids = models.JSONField(default=dict, help_text="{kind: [number of a row, …]}")
    sha256 = models.CharField("SHA-256 of this note", max_length=64)

    class Meta:
        verbose_name = "note of an erasure"
        verbose_name_plural = "notes of erasures"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["school", "-at"], name="erasure_by_school")]

    def __str__(self):
        return f"note {self.number}"

    @property
    def counts(self):
        """How many of each kind."""
        return {kind: len(pks) for kind, pks in self.ids.items()}


class PersonBlockQuerySet(models.QuerySet):
    def standing(self, today=None):
        """Those that are neither lifted nor over. today: the school's date; without it, the server's."""
        return self.filter(Q(until=None) | Q(until__gte=today or timezone.localdate()), ended_at=None)

    def over_before(self, moment):
        """Those lifted, or run out, before `moment`."""
        return self.filter(Q(ended_at__lt=moment) | Q(until__lt=moment.date()))


class PersonBlock(models.Model):
    """This student or member of staff must not be in the product. It outlives the row, an erasure and a new Wonde id.

    marks recognise them by Wonde id, UPI and UPN (`schools.left_out`); any one is enough. newest: the last row of the
    kind when it was made: whoever was here beside them then is somebody else, whatever UPI or UPN the MIS gives them.
    """

    class Cause(models.TextChoices):
        ASKED = "asked", "they or their parents asked for it"
        SAFETY = "safety", "for their safety"
        NOT_USING = "not_using", "they do not use it"
        VISITING = "visiting", "they are here for a short time"
        OTHER = "other", "another reason"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="person_blocks")
    kind = models.CharField(max_length=20)
    row_id = models.BigIntegerField()
    marks = ArrayField(models.CharField(max_length=32), default=list)
    key_number = models.PositiveSmallIntegerField()
    newest = models.BigIntegerField()
    cause = models.CharField("why", max_length=9, choices=Cause)
    words = models.CharField("in a few words", max_length=200)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    until = models.DateField("the last day", null=True, blank=True)
    ended_at = models.DateTimeField("let back in", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = PersonBlockQuerySet.as_manager()

    class Meta:
        verbose_name = "person left out"
        verbose_name_plural = "people left out"
        constraints = [
            models.UniqueConstraint(
                fields=["school", "kind", "row_id"], condition=Q(ended_at=None), name="left_out_once"
            )
        ]

    def __str__(self):
        return f"block {self.pk}"

    @property
    def why(self):
        """The reason as it is read: "For their safety: moved here under another name"."""
        cause = self.get_cause_display()
        return f"{cause[:1].upper()}{cause[1:]}: {self.words}"
