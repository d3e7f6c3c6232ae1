"""An invitation to sign in, sent to an address; accepting it proves the address."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from schools.models.employee import Employee


class InvitationQuerySet(models.QuerySet):
    def waiting(self):
        """Not accepted yet; at most one for each address and school."""
        return self.filter(accepted_at=None)

    def unsent(self):
        """Made, but never given to the mail server."""
        return self.waiting().filter(sent_at=None, failed_at=None)

    def by_token_hash(self, token_hash):
        """The invitation a mail link stands for, while it is still valid; otherwise None."""
        return self.waiting().filter(token_hash=token_hash, expires_at__gt=timezone.now()).first()


class Invitation(models.Model):
    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="invitations")
    employee = models.ForeignKey(Employee, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("email address", max_length=254)
    as_lead = models.BooleanField("as school lead", default=False)
    as_authoriser = models.BooleanField("to agree for the school", default=False)
    handed_on = models.BooleanField(
        default=False, help_text="Named by whoever was invited first; nobody hands it on a second time."
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: the school invites its teachers by itself.",
    )
    made_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True, help_text="When the mail server refused it for good.")
    expires_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "school", Lower("email"), condition=Q(accepted_at=None), name="one_waiting_invitation_per_address"
            )
        ]

    def __str__(self):
        return f"invitation {self.pk}"

    @property
    def state(self):
        """In one word or three: accepted, refused by the mail server, waiting to be sent, expired, sent."""
        if self.accepted_at:
            return "accepted"
        if self.failed_at:
            return "refused by the mail server"
        if not self.sent_at:
            return "waiting to be sent"
        return "expired" if self.expires_at <= timezone.now() else "sent"
