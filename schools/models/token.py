"""A token of the learning product: what it may do, for which schools, until when, and what it has read. Only its hash
is kept."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

USED_AGAIN_AFTER = timedelta(minutes=1)  # `last_used_at` is written at most once a minute, not on every request
LASTS = timedelta(days=365)


def hash_of(secret):
    """SHA-256 is enough: a secret has 256 random bits, so there is nothing to guess from."""
    return hashlib.sha256(secret.encode()).hexdigest()


def in_a_year():
    return timezone.now() + LASTS


class ApiTokenQuerySet(models.QuerySet):
    def issue(self, **fields):
        """(token, secret): a new token and its secret, which nobody can find out afterwards."""
        prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        whole = f"rb_{prefix}_{secret}"
        return self.create(prefix=prefix, secret_hash=hash_of(whole), **fields), whole

    def by_secret(self, secret):
        """The token with this secret, still valid or not; None if unknown."""
        return self.filter(secret_hash=hash_of(secret)).first()

    def reading(self, school):
        """Those in use that may read `school`, whether or not they have."""
        scopes = [ApiToken.Scope.READ, ApiToken.Scope.CHANGES, ApiToken.Scope.MARKERS]
        theirs = Q(every_school=True) | Q(pk__in=school.api_tokens.values("pk"))
        return self.filter(theirs, revoked_at=None, expires_at__gt=timezone.now(), scopes__overlap=scopes)

    def used(self, token):
        """Note that it has just been used, at most once a minute."""
        now = timezone.now()
        if token.last_used_at is None or token.last_used_at < now - USED_AGAIN_AFTER:
            self.filter(pk=token.pk).update(last_used_at=now)


class ApiToken(models.Model):
    class Scope(models.TextChoices):
        READ = "read", "read class lists"
        CHANGES = "changes", "follow the changes"
        PROGRESS = "progress", "write weekly progress"
        SYNC = "sync", "start a sync and follow it"
        MARKERS = "markers", "read details of students that a school shares for a purpose of its own"

    name = models.CharField(max_length=100, help_text="Who uses it, for example: times tables, nightly job.")
    prefix = models.CharField("begins with", max_length=8, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope), verbose_name="may")
    every_school = models.BooleanField(default=False, help_text="Also schools that are added later.")
    schools = models.ManyToManyField("schools.School", blank=True, related_name="api_tokens")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=in_a_year)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        verbose_name_plural = "API tokens"
        ordering = ["name", "pk"]

    def __str__(self):
        return f"{self.name} (rb_{self.prefix}…)"

    @property
    def is_authenticated(self):
        """A token takes the place of a request's user."""
        return True

    @property
    def state(self):
        """In one word: in use, expired, revoked."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= timezone.now() else "in use"

    @property
    def scopes_in_words(self):
        """ "read class lists, follow the changes"."""
        return ", ".join(self.Scope(scope).label for scope in self.scopes)

    def within(self, queryset, school="school"):
        """The rows of `queryset` that belong to this token's schools, without a query of its own."""
        if self.every_school:
            return queryset
        mine = ApiToken.schools.through.objects.filter(apitoken=self).values("school")
        return queryset.filter(Q(**{f"{school}__in": mine}))

    def owns(self, school_id):
        """Whether the school is one of this token's: the second gate, checked for every row that leaves."""
        return self.every_school or school_id in self._own

    @cached_property
    def _own(self):
        return frozenset(self.schools.values_list("pk", flat=True))


class ApiRead(models.Model):
    """What a token read of one school on one day: how many requests of a kind, and how many rows left in answer.

    It names nobody, so it outlives whom it is about; a token that has read something cannot be deleted, only revoked.
    kind: a list of the API, or FEED. batch: the last count added (`schools.rest.reads`), so that none is added
    twice.
    """

    FEED = "changes"

    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="reads")
    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="api_reads", db_index=False)
    kind = models.CharField(max_length=20)
    day = models.DateField(help_text="By the server's clock.")
    requests = models.PositiveIntegerField()
    rows = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()
    batch = models.UUIDField(editable=False)

    class Meta:
        verbose_name = "read through the API"
        verbose_name_plural = "reads through the API"
        constraints = [models.UniqueConstraint(fields=["school", "kind", "token", "day"], name="api_read_once_a_day")]
        indexes = [BrinIndex(fields=["day"], name="api_read_by_day")]

    def __str__(self):
        return f"{self.kind} on {self.day}"
