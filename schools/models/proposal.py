"""What one person in support has asked for and another must confirm: actions nobody in support takes alone."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

COUNTS_FOR = timedelta(days=7)  # afterwards it can no longer be confirmed
OPENS_FOR = timedelta(days=1)  # how long a confirmed export may be opened


class ProposalQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=Proposal.State.WAITING)

    def for_school(self, school):
        """Those about the school, including logins of its people that also open other schools."""
        return self.filter(
            models.Q(school=school)
            | models.Q(login__lead_rights__school=school)
            | models.Q(login__employees__school=school)
        ).distinct()


class Proposal(models.Model):
    """An action that waits for a second person or, if nobody else has the right, for its hour.

    waiting → done (an export: confirmed, and done when it is opened), failed (what it was based on has changed, or it
    could not be done), refused, called off, lapsed (nobody answered, or the person who asked lost the right).
    """

    class Act(models.TextChoices):
        ERASE_SCHOOL = "erase_school", "erase the school"
        EXPORT = "export", "export what is held"
        GIVE_LEAD = "give_lead", "give a lead right"
        REMOVE_FACTOR = "remove_factor", "take away a second factor"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        CONFIRMED = "confirmed", "confirmed, to be opened"
        DONE = "done", "done"
        FAILED = "failed", "could not be done"
        REFUSED = "refused", "refused"
        CALLED_OFF = "called_off", "called off"
        LAPSED = "lapsed", "lapsed"

    act = models.CharField("what", max_length=13, choices=Act)
    school = models.ForeignKey(
        "schools.School",
        null=True,
        on_delete=models.CASCADE,
        related_name="proposals",
        help_text="Empty: about a login that opens several schools, or none.",
    )
    login = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="proposals",
        help_text="Whose second factor.",
    )
    about = models.JSONField(default=dict, help_text="{kind, pk} of a person; {employee, email} of a lead to be.")
    rests_on = models.JSONField(default=dict, help_text="What was so when it was asked, and must be when it is done.")
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(
        "done by itself", null=True, help_text="Where nobody else has the right; empty: a second person confirms."
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_at = models.DateTimeField(null=True)
    said = models.CharField("what was said", max_length=300, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = "action for two people"
        verbose_name_plural = "actions for two people"

    def __str__(self):
        return f"{self.get_act_display()} ({self.get_state_display()})"

    @property
    def counts_until(self):
        return self.asked_at + COUNTS_FOR

    @property
    def opens_until(self):
        """Until when a confirmed export may be opened; None for anything else."""
        is_open = self.act == self.Act.EXPORT and self.state in {self.State.CONFIRMED, self.State.DONE}
        return self.settled_at + OPENS_FOR if is_open else None

    @property
    def can_be_opened(self):
        return bool(self.opens_until) and timezone.now() < self.opens_until
