"""Which permissions Wonde shows a school to have granted us, and when that changed: only differences are written."""

from django.db import models

from sync.models.run import SyncRun


class PermissionState(models.Model):
    """What Wonde's list last said of one permission of a school."""

    school = models.ForeignKey(
        "schools.School", on_delete=models.CASCADE, related_name="permission_states", db_index=False
    )
    identity = models.CharField(max_length=100, help_text="As Wonde spells it: contacts.read.")
    approved = models.BooleanField(null=True, help_text="Empty: the list says neither yes nor no.")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("school", "identity", name="permission_once")]

    def __str__(self):
        return self.identity


class PermissionChange(models.Model):
    """That one permission of a school was listed otherwise than before, or for the first time."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="permission_changes")
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="permission_changes")
    identity = models.CharField(max_length=100)
    before = models.BooleanField(null=True)
    after = models.BooleanField(null=True)

    def __str__(self):
        return f"{self.identity}: {self.before} is {self.after}"
