"""What was erased, when and why: counts and ids, all that is left of a person."""

from django.conf import settings
from django.db import models


class Erasure(models.Model):
    class Cause(models.TextChoices):
        RETENTION = "retention", "left, and the time they are kept is over"
        ASKED = "asked", "asked for by a person"
        PERMISSION = "permission", "the permission was withdrawn"
        REVOKED = "revoked", "the school ended our access"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="erasures", db_index=False)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    cause = models.CharField(max_length=10, choices=Cause)
    reason = models.TextField(blank=True, help_text="In the words of whoever asked.")
    ids = models.JSONField(default=dict, help_text="{kind: [number of a row, …]}")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["school", "-at"], name="erasure_by_school")]

    def __str__(self):
        return f"erasure {self.pk}"

    @property
    def counts(self):
        """How many of each kind."""
        return {kind: len(pks) for kind, pks in self.ids.items()}
