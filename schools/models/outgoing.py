"""Mail that must be sent, as rows: none is lost with the queue, and no web request sends any."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

HAND_OVER_LIMIT_S = 120  # after that the process that sends a mail is killed
SENDS_FOR_S = 30  # how long one task goes on sending mail after mail
LEASE = timedelta(seconds=HAND_OVER_LIMIT_S + SENDS_FOR_S + 30)  # so that none that took a mail still sends it
LONGEST_PAUSE_MIN = 10
LONGEST = timedelta(minutes=2 * LONGEST_PAUSE_MIN)


class OutgoingMailQuerySet(models.QuerySet):
    def waiting(self):
        """Not sent yet, nor refused, nor given up."""
        return self.filter(state=OutgoingMail.State.WAITING)

    def due(self, now):
        """What may leave now and is not being sent. One due later than any pause allows got its time from a clock that
        ran ahead."""
        return self.waiting().filter(Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST))

    def take(self, now, pk=None):
        """A due mail, `pk` or else the one due longest, which nobody else can take for LEASE; None if there is none.

        After that it is due again by itself: the process that took it may have died. Each time counts as a try.
        """
        with transaction.atomic():
            due = self.due(now).filter(pk=pk) if pk else self.due(now)
            mail = due.select_for_update(skip_locked=True).order_by("due_at", "pk").first()
            if mail:
                mail.tries += 1
                mail.due_at = now + max(LEASE, mail.pause)
                mail.save(update_fields=["tries", "due_at"])
        return mail


class OutgoingMail(models.Model):
    """One mail to one reader (`schools.mail.outgoing`). Who that is and what it says are looked up when it is written;
    what cannot be looked up by then is in `address` and `content`, until the mail is sent or given up."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        REFUSED = "refused", "refused: no such mailbox"
        GIVEN_UP = "given_up", "given up"
        DROPPED = "dropped", "no longer true"

    letter = models.CharField(max_length=20, help_text="Which mail it is.")
    school = models.ForeignKey(
        "schools.School", null=True, blank=True, on_delete=models.CASCADE, related_name="outgoing_mails"
    )
    user = models.ForeignKey(
        "schools.User",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="outgoing_mails",
        help_text="Empty: it goes to support, to an address without a sign-in, or to whom its letter finds.",
    )
    about = models.CharField(max_length=60, blank=True, help_text="Id of what it is about.")
    address = models.CharField(max_length=254, blank=True, editable=False)
    content = models.JSONField(default=dict, blank=True, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField("last answer", max_length=40, blank=True, help_text="A code, or a class of errors.")
    made_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField("tried at")
    until = models.DateTimeField("makes sense until")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = "mail on its way"
        verbose_name_plural = "mails on their way"
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="outgoing_due"),
            models.Index(fields=["letter", "about"], condition=~Q(about=""), name="outgoing_about"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="outgoing_ended"),
            models.Index(fields=["-made_at", "-id"], name="outgoing_by_time"),
        ]

    def __str__(self):
        return f"{self.letter} {self.pk}"

    @property
    def pause(self):
        """How long to wait after the last counted try: a minute, then twice as long each time."""
        return timedelta(minutes=min(2 ** min(self.tries - 1, 9), LONGEST_PAUSE_MIN))

    def put_off(self, now, answer):
        """It was not accepted: try again after a pause."""
        self._move(due_at=now + self.pause, answer=answer)

    def end(self, state, answer=""):
        """Nothing more to do: its content and address are deleted."""
        self._move(state=state, answer=answer, ended_at=timezone.now(), address="", content={})

    def _move(self, **fields):
        """Save, unless it ended or was erased in the meantime."""
        OutgoingMail.objects.waiting().filter(pk=self.pk).update(**fields)
