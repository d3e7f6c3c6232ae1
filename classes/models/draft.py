"""A school lead's import while it is being prepared: ids and decisions only, with no effect until it is imported."""

from django.conf import settings
from django.db import models


class ImportDraft(models.Model):
    """One per school. choices: primary key of a class -> "in" or "out". matches: "classes": primary key of a class from
    the MIS -> of a class made by hand; "students": primary key of a student made by hand -> Wonde id."""

    school = models.OneToOneField("schools.School", on_delete=models.CASCADE, related_name="import_draft")
    choices = models.JSONField(default=dict, blank=True)
    matches = models.JSONField(default=dict, blank=True)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    begun_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField(null=True, help_text="The last import; empty: none yet.")
    first_import_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True, help_text="When leads were told that rows made by hand are erased.")

    def __str__(self):
        return f"import of {self.school_id}"

    @property
    def is_open(self):
        """Begun but not imported yet."""
        return self.begun_at is not None
