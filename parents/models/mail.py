"""A school's settings for its weekly mail, and one row for each mail: what became of it, not what it said."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from parents.models.contact import Contact
from schools.mail.refusals import Refusal
from schools.mail.wire import is_our_own
from schools.models import LastRead
from schools.models.last_read import MAIL_GRACE
from schools.sharing import keys
from schools.sharing.purposes import WEEKLY_MAIL
from schools.text.addresses import folded

REFUSALS = [
    (Refusal.NO_MAILBOX, "no such mailbox"),
    (Refusal.FULL, "mailbox full"),
    (Refusal.SOFT, "not now, or not clear why"),
    (Refusal.OURS, "our mail is refused"),
]
RIGHTS_MISSING = (
    "The weekly mail needs the permissions for court orders, parental responsibility and priority. The school grants "
    "them in Wonde; the next sync sees it."
)
NOT_SHARED = "The school has switched off the weekly mail under “Sharing”. A school lead switches it on there first."


class MailSettings(models.Model):
    """Whether, when and how a school's parents get the weekly mail. Off until somebody switches it on."""

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        WELSH = "cy", "Cymraeg"

    class Day(models.IntegerChoices):
        MONDAY = 1, "Monday"
        TUESDAY = 2, "Tuesday"
        WEDNESDAY = 3, "Wednesday"
        THURSDAY = 4, "Thursday"
        FRIDAY = 5, "Friday"
        SATURDAY = 6, "Saturday"
        SUNDAY = 7, "Sunday"

    school = models.OneToOneField("schools.School", on_delete=models.CASCADE, related_name="mail_settings")
    enabled = models.BooleanField("send the weekly mail", default=False)
    day = models.PositiveSmallIntegerField(
        choices=Day,
        default=Day.FRIDAY,
        help_text="Friday to Sunday tell of the week that ends; Monday to Thursday of the week before.",
    )
    hour = models.PositiveSmallIntegerField(
        default=16, validators=[MinValueValidator(6), MaxValueValidator(21)], help_text="By the school's own clock."
    )
    holidays = ArrayField(
        models.DateField(), default=list, blank=True, help_text="Days on which nothing is sent: 2026-10-26, 2026-10-27"
    )
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    from_name = models.CharField(max_length=100, blank=True, help_text="Empty: the name of the school.")
    reply_to = models.EmailField(
        blank=True, help_text="Where parents' answers go: an address of the school. Needed to switch the mail on."
    )
    unanswered_since = models.DateTimeField(
        null=True,
        blank=True,
        default=timezone.now,
        help_text="Since when no address is known to take parents' answers. Empty: the one above does.",
    )
    own_addresses = ArrayField(
        models.EmailField(), default=list, blank=True, help_text="Addresses of the school itself: never a parent's."
    )
    says_nothing_to_report = models.BooleanField(
        "write also when there is nothing to report", default=False, help_text="Off: such a week is skipped."
    )
    trusts_first_contact = models.BooleanField(
        "treat the first contact as responsible where the MIS does not say",
        default=False,
        help_text="Only where parental responsibility is empty, never where the MIS says no.",
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    week_done = models.CharField(max_length=8, blank=True, help_text="The last week whose mail was made: 2026-W41.")
    note = models.CharField(max_length=200, blank=True, help_text="What the last week's dispatch says.")

    class Meta:
        verbose_name = verbose_name_plural = "weekly mail"

    def __str__(self):
        return f"weekly mail of {self.school}"

    @property
    def answers_to(self):
        """The school's address for parents' answers, or "" while none is known to take mail."""
        return "" if self.unanswered_since else self.reply_to

    @property
    def stops_at(self):
        """From when on no weekly mail leaves for want of such an address; None while there is one."""
        return self.unanswered_since and self.unanswered_since + MAIL_GRACE

    def clean(self):
        """The mail is on only where the school shares parents and carers for it. It is switched on with an address for
        answers and keeps one, and with the permissions that say who may know of a child. A school whose mail was on
        before this was asked may save everything else meanwhile."""
        if self.enabled and not keys.is_on(self.school, WEEKLY_MAIL):
            raise ValidationError({"enabled": NOT_SHARED})
        saved = MailSettings.objects.filter(pk=self.pk).values_list("enabled", "reply_to").first() or (False, "")
        rights_missing = LastRead.objects.filter(school=self.school_id, rights_missing_since__isnull=False)
        if self.enabled and not saved[0] and rights_missing.exists():
            raise ValidationError({"enabled": RIGHTS_MISSING})
        if self.enabled and not self.reply_to and saved != (True, ""):
            raise ValidationError(
                {"reply_to": "The weekly mail needs an address of the school that takes parents’ answers."}
            )
        if self.reply_to and self.reply_to != saved[1]:
            self._check_reply_to()

    def _check_reply_to(self):
        if is_our_own(self.reply_to):
            raise ValidationError({"reply_to": "This is our own address. Answers have to reach the school."})
        parents = Contact.objects.current().filter(school=self.school_id).exclude(email="")
        if folded(self.reply_to) in map(folded, parents.values_list("email", flat=True)):
            raise ValidationError(
                {"reply_to": "A parent or carer has this address in the MIS. Give one of the school."}
            )


class WeeklyMailQuerySet(models.QuerySet):
    def due(self, now):
        """Mails that may leave now, longest waiting first."""
        return self.filter(state=WeeklyMail.State.DUE, next_try_at__lte=now).order_by("next_try_at", "pk")

    def forget_students(self, school_id, students):
        """Take erased students (ids) out of the rows; a row about nobody else is deleted."""
        about = self.filter(school=school_id, students__overlap=list(students))
        about.filter(students__contained_by=list(students)).delete()
        rows = list(about.only("pk", "students"))
        for mail in rows:
            mail.students = [pk for pk in mail.students if pk not in students]
        self.bulk_update(rows, ["students"], batch_size=500)

    def of_week(self, school_id, year, week):
        """A school's mails for one ISO week."""
        return self.filter(school=school_id, iso_year=year, iso_week=week)

    def came_to_nothing(self):
        """Mails that were refused or came back, for whatever reason, and will not be tried again."""
        return self.filter(state__in=[WeeklyMail.State.BOUNCED, WeeklyMail.State.FAILED])

    def addressed_to(self, school_id, marks):
        """A school's mails to the address with one of these marks."""
        return self.filter(school=school_id, address_mark__in=marks)


class WeeklyMail(models.Model):
    """One mail from one school to one address about one week. It names rows by id and keeps no words or address."""

    class State(models.TextChoices):
        DUE = "due", "due"
        SENDING = "sending", "being handed over"
        SENT = "sent", "handed over"
        UNKNOWN = "unknown", "not known if it left"
        FAILED = "failed", "not accepted"
        SUPPRESSED = "suppressed", "not sent, on purpose"
        BOUNCED = "bounced", "came back"
        COMPLAINED = "complained", "reported as spam"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="weekly_mails", db_index=False)
    address_mark = models.CharField(max_length=32)
    key_number = models.PositiveSmallIntegerField(help_text="The key that made the mark.")
    iso_year = models.PositiveSmallIntegerField()
    iso_week = models.PositiveSmallIntegerField()
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contacts = ArrayField(models.BigIntegerField(), help_text="Whom it is to, by id.")
    students = ArrayField(models.BigIntegerField(), help_text="Whom it is about, by id.")
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    reason = models.CharField(max_length=40, blank=True, help_text="Why it was not sent.")
    refusal = models.CharField(max_length=10, choices=REFUSALS, blank=True, help_text="Whose fault a refusal was.")
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    until = models.DateTimeField(help_text="After this it is too late to send.")
    changed_at = models.DateTimeField()

    objects = WeeklyMailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("school", "address_mark", "iso_year", "iso_week", name="one_mail_a_week"),
        ]
        indexes = [
            models.Index(fields=["school", "next_try_at", "id"], condition=Q(state="due"), name="mail_due"),
            models.Index(fields=["changed_at"], condition=Q(state="sending"), name="mail_sending"),
            models.Index(fields=["school", "iso_year", "iso_week", "state"], name="mail_by_week"),
            BrinIndex(fields=["made_at"], name="mail_by_age"),
        ]

    def __str__(self):
        return f"mail {self.pk}"
