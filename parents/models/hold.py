"""A time when no weekly mail leaves, for one school or for all, because of how the mail server answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class MailHoldQuerySet(models.QuerySet):
    def standing(self):
        """Holds that have not ended. Once `until` is reached the next mail is tried, which ends the hold or extends
        it."""
        return self.filter(ended_at=None)

    def over(self, school_id):
        """Holds on a school's mail: its own, and the one on every school's."""
        return self.filter(Q(school=school_id) | Q(school=None))

    def stopping(self, now):
        """Holds that let nothing leave now."""
        return self.standing().filter(until__gt=now)


class MailHold(models.Model):
    """Why a school's mail, or all mail, is held back. At most one at a time for each."""

    class Cause(models.TextChoices):
        OURS = "ours", "our mail is refused"
        SHARE = "share", "too much of a send is refused"

    school = models.ForeignKey(
        "schools.School",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="mail_holds",
        help_text="Empty: every school's mail.",
    )
    cause = models.CharField(max_length=5, choices=Cause)
    detail = models.CharField(max_length=40, blank=True, help_text="The code of the last refusal.")
    since = models.DateTimeField()
    refused_at = models.DateTimeField("last refused at")
    until = models.DateTimeField("tried again at")
    tries = models.PositiveSmallIntegerField(default=1)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: it ended by itself, when a mail was taken.",
    )
    end_reason = models.CharField("why it was ended", max_length=200, blank=True)
    is_believed = models.BooleanField(
        "the refusals are right", default=False, help_text="A person looked: the addresses of that send are wrong."
    )

    objects = MailHoldQuerySet.as_manager()

    class Meta:
        verbose_name = "hold on the weekly mail"
        verbose_name_plural = "holds on the weekly mail"
        constraints = [
            models.UniqueConstraint(
                "school", condition=Q(ended_at=None), name="one_standing_mail_hold", nulls_distinct=False
            )
        ]

    def __str__(self):
        return f"hold {self.pk}"
