"""What needs a person, noted as it is found: since when, and how much of it (`sync.needs`)."""

from django.conf import settings
from django.db import models


class Need(models.Model):
    """Something at a school that waits for a person. It names nobody, and goes when it is no longer so.

    code: of `sync.needs.states`. number: how many wait. about: codes or the name of an MIS that its sentence names.
    """

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="needs", db_index=False)
    code = models.CharField(max_length=20)
    number = models.PositiveIntegerField(default=1)
    about = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("school", "code", name="need_once")]
        indexes = [models.Index(fields=["code"], name="need_by_code")]

    def __str__(self):
        return f"{self.code} at school {self.school_id}"


class Reminder(models.Model):
    """Until the day `on`, a lead wants no daily mail about one thing that waits."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="reminders", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reminders")
    code = models.CharField(max_length=20)
    on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint("school", "user", "code", name="reminder_once")]

    def __str__(self):
        return f"{self.code} at school {self.school_id} again on {self.on}"
