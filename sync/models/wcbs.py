"""What a school on PASS or 3sys typed, so that Wonde can read its MIS: how far that has got, and its client secret
until it is wiped."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from schools.sealing import seal, unseal
from sync.models.question import GIVEN_UP_AFTER, Answerable
from sync.rules.wcbs import AFTER_HANDED, CHECKS, CHECKS_WITHIN, KEPT, is_wcbs

CLOCKS = timedelta(hours=1)  # a moment farther ahead than this is from a clock that ran ahead


class WcbsQuerySet(models.QuerySet):
    def wipe(self, because):
        """Forget the client secrets of these rows; because: a `Wcbs.Because`. Returns how many there were."""
        sealed = self.exclude(secret_sealed=None)
        return sealed.update(secret_sealed=None, wiped_at=timezone.now(), wiped_because=because)

    def wipe_due(self):
        """Forget the client secrets whose day has come."""
        now = timezone.now()
        handed = self.exclude(handed_at=None)
        handed.exclude(handed_at__range=(now - AFTER_HANDED, now + CLOCKS)).wipe(Wcbs.Because.HANDED)
        self.exclude(typed_at__range=(now - KEPT, now + CLOCKS)).wipe(Wcbs.Because.AGE)

    def read_from(self, school, mis):
        """All of `school` has just been read, from `mis`: if that is WCBS, Wonde has the secret. Where it had read from
        there before the secret was typed, that proves nothing."""
        if is_wcbs(mis):
            self.filter(school=school, renews=False).wipe(Wcbs.Because.READ)

    def take(self, pk):
        """Begin the check of a row and return it; None if it has begun, or was given up."""
        now = timezone.now()
        fresh = self.filter(pk=pk, begun_at=None, answered_at=None, asked_at__gt=now - GIVEN_UP_AFTER)
        return self.select_related("school").get(pk=pk) if fresh.update(begun_at=now) else None


class Wcbs(Answerable):
    """What one school typed. Typing again replaces all of it; erasing the school deletes it.

    base: the address of its WCBS API, tidied. id_there: the school's id in WCBS. secret_sealed: None once it is wiped.
    renews: it was typed when Wonde read the school from WCBS already. asked_at, begun_at, answered_at: of the last
    check (`Answerable`); tries: when the checks of the last hour were asked for. outcome, found, detail: what it said
    (`sync.wcbs.check.Checked`), found as [id, name, description] each.
    """

    class Because(models.TextChoices):
        HANDED = "handed", "It was handed over the day before."
        READ = "read", "Wonde has read the school with it."
        AGE = "age", "It had been here for 14 days."
        ASKED = "asked", "Somebody at the school wiped it."
        ENDED = "ended", "The school no longer shares with us."

    school = models.OneToOneField("schools.School", on_delete=models.CASCADE, related_name="+")
    base = models.CharField(max_length=400)
    client_id = models.CharField(max_length=200)
    id_there = models.CharField(max_length=40, blank=True)
    secret_sealed = models.BinaryField(null=True)
    typed_at = models.DateTimeField()
    typed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    renews = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    tries = ArrayField(models.DateTimeField(), default=list)
    outcome = models.CharField(max_length=20, blank=True)
    found = models.JSONField(default=list)
    detail = models.CharField(max_length=300, blank=True)
    shown_at = models.DateTimeField(null=True)
    shown_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    handed_at = models.DateTimeField(null=True)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    wiped_at = models.DateTimeField(null=True)
    wiped_because = models.CharField(max_length=6, choices=Because, blank=True)

    objects = WcbsQuerySet.as_manager()

    def __str__(self):
        return f"wcbs {self.pk}"

    @property
    def has_secret(self):
        return self.secret_sealed is not None

    @property
    def kept_until(self):
        """When the secret is wiped at the latest."""
        return min(filter(None, (self.typed_at + KEPT, self.handed_at and self.handed_at + AFTER_HANDED)))

    @property
    def secret(self):
        """The client secret as it was typed. Raises SealError where it cannot be opened; never what is sealed."""
        return unseal(self.secret_sealed).decode()

    @secret.setter
    def secret(self, typed):
        self.secret_sealed = seal(typed.encode())

    def tried(self, now):
        """The checks that count against the limit, oldest first."""
        return sorted(at for at in self.tries if timedelta() <= now - at < CHECKS_WITHIN)

    def free_at(self, now):
        """When it can be checked again; None: now."""
        tried = self.tried(now)
        return tried[-CHECKS] + CHECKS_WITHIN if len(tried) >= CHECKS else None
