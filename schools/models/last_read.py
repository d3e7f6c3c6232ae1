"""What any app may know about a school's syncs without knowing `sync`: how old our data is, and whether mail may leave.

Each applied run writes it in its own transaction (`sync.engine.told_to_others`); nothing else does.
"""

from datetime import timedelta

from django.db import models
from django.utils import timezone

WHOM_TO_WRITE_TO = ("parental_responsibility", "priority")  # what is not granted is emptied the same night
MAIL_GRACE = timedelta(days=30)  # for a school that writes to parents, to give what that needs


class LastRead(models.Model):
    """One row for each school, from its first sync on."""

    school = models.OneToOneField("schools.School", on_delete=models.CASCADE, related_name="last_read")
    read_at = models.DateTimeField(null=True, help_text="When the last sync that read everything ended.")
    as_of = models.DateTimeField(null=True, help_text="From when it is what that sync read.")
    wonde_newest = models.DateTimeField(null=True, help_text="The newest change Wonde had then.")
    mis_offline = models.BooleanField(default=False, help_text="Wonde said then that the link to the MIS is down.")
    parents_as_of = models.DateTimeField(
        null=True, help_text="From when it is what was last read of parents and carers in full, and could be read."
    )
    addresses_gone = models.BooleanField(
        default=False, help_text="Many addresses of parents vanished at once; the old ones are kept."
    )
    rights = models.JSONField(
        default=dict,
        help_text="Whether Wonde may tell us of court orders, responsibility and priority; null or missing: not known.",
    )
    rights_missing_since = models.DateTimeField(
        null=True, help_text="Since when one of these is not granted. The weekly mail needs all of them."
    )
    undone = models.BooleanField(default=False, help_text="A sync was undone, and none has been since.")

    @property
    def mail_stops_at(self):
        """From when on no weekly mail leaves for want of these; None while none is missing."""
        return self.rights_missing_since and self.rights_missing_since + MAIL_GRACE

    @property
    def has_stopped_for_rights(self):
        """Whether it has come to that; at once where nobody can tell any more whom to write to."""
        knows_whom = not any(self.rights.get(right) is False for right in WHOM_TO_WRITE_TO)
        return self.mail_stops_at is not None and (self.mail_stops_at <= timezone.now() or not knows_whom)

    def __str__(self):
        return f"last read of {self.school}"
