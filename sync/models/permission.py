"""Which permissions Wonde shows a school to have granted us, and when that changed: only differences are written."""

from django.db import models

from sync.models.run import SyncRun


class PermissionState(models.Model):
    """What Wonde's list last said of one permission of a school. An answer is empty where the list says neither yes nor
    no."""

    school = models.ForeignKey(
        "schools.School", on_delete=models.CASCADE, related_name="permission_states", db_index=False
    )
    identity = models.CharField(max_length=100, help_text="As Wonde spells it: contacts.read.")
    name = models.CharField(max_length=100, blank=True, help_text="As Wonde calls it: Contacts.")
    group = models.CharField(max_length=100, blank=True)
    approved = models.BooleanField(null=True)
    optional = models.BooleanField(null=True)
    declined = models.BooleanField(null=True)
    audited = models.BooleanField(null=True)
    active_from = models.DateField(null=True)
    since = models.DateTimeField(help_text="Since when it is approved, or not.")

    class Meta:
        constraints = [models.UniqueConstraint("school", "identity", name="permission_once")]

    def __str__(self):
        return self.identity


class PermissionChange(models.Model):
    """That Wonde listed one permission of a school for the first time, or as approved, optional or declined otherwise
    than before."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="permission_changes")
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="permission_changes")
    identity = models.CharField(max_length=100)
    answer = models.CharField(max_length=8, help_text="Which of its answers: approved, optional, declined, audited.")
    before = models.BooleanField(null=True)
    after = models.BooleanField(null=True)

    def __str__(self):
        return f"{self.identity}: {self.answer} was {self.before}, is {self.after}"
