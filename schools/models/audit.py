"""Who looked at or decided what, when and why. Ids, never names: an entry outlives the person it is about."""

from django.conf import settings
from django.db import models


class AuditEntryManager(models.Manager):
    def note(self, actor, verb, obj, school, reason=""):
        """Record that `actor` did `verb` ("opened", "revealed address", …) to `obj`, a row of `school`."""
        return self.create(
            actor=actor, verb=verb, kind=obj._meta.model_name, object_id=obj.pk, school=school, reason=reason
        )


class AuditEntry(models.Model):
    school = models.ForeignKey(
        "schools.School",
        null=True,
        on_delete=models.CASCADE,
        related_name="audit_entries",
        help_text="Empty: about a login, not about one school.",
        db_index=False,
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    verb = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects = AuditEntryManager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["school", "-at"], name="audit_by_school")]

    def __str__(self):
        return f"{self.verb} {self.kind} {self.object_id}"
