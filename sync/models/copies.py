"""Somebody who asks what is held about them, and the copy made for them while the school fetches it."""

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

FETCHED_WITHIN = timedelta(days=7)  # then a copy nobody has fetched is deleted
SOON = timedelta(days=7)  # from then on it is said each school morning that an answer is due
LONGEST = timedelta(minutes=10)  # being made for longer than that: its worker is gone
ERASED = "Somebody who is named or meant in the copy was erased, so the copy was deleted. Make it again."
LEFT_OUT = "Somebody who is named or meant in the copy was left out here, so the copy was deleted. Make it again."
FROZEN = "The school no longer shares all of what is in the copy, so the copy was deleted."
TOO_OLD = "Nobody fetched the copy within seven days, so it was deleted. Make it again."
LOST = "The copy was not made: the worker that made it has stopped. Make it again."


class AccessRequestQuerySet(models.QuerySet):
    def open(self):
        """Those the school has still to answer."""
        return self.filter(state__in=AccessRequest.OPEN)

    def erased(self, school, ids):
        """Rows were erased, {kind: [pk]}: of whom nothing is held, nothing can be copied any more. What people wrote
        about such a request goes too."""
        about = Q(pk=None)
        for kind, pks in ids.items():
            about |= Q(kind=kind, row_id__in=pks)
        theirs = self.filter(pk__in=list(self.filter(about, school=school).values_list("pk", flat=True)))
        theirs.open().update(state=AccessRequest.State.CANNOT, closed_at=timezone.now(), making_since=None)
        theirs.update(problem="", names_because="", extended_because="", decided={})

    def give_up_lost(self, now):
        """Open those again whose copy no worker makes any more."""
        lost = self.filter(state=AccessRequest.State.MAKING, making_since__lt=now - LONGEST)
        lost.update(state=AccessRequest.State.OPEN, making_since=None, problem=LOST)


class AccessRequest(models.Model):
    """Somebody has asked a school what is held about a person (UK GDPR, Article 15). It names nobody: the person is a
    row of ours, `row_id` of `kind`.

    open → making → ready → open again once the copy was fetched or deleted; answered and withdrawn by a person's word,
    cannot once the person is erased. Whatever the state, nothing but a person's word says that it was answered.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        MAKING = "making", "copy being made"
        READY = "ready", "copy ready"
        ANSWERED = "answered", "answered"
        WITHDRAWN = "withdrawn", "withdrawn"
        CANNOT = "cannot", "nothing held any more"

    class Channel(models.TextChoices):
        LETTER = "letter", "by letter"
        MAIL = "mail", "by email"
        IN_PERSON = "in_person", "in person"
        TELEPHONE = "telephone", "by telephone"

    class Asker(models.TextChoices):
        SELF = "self", "the person themself"
        PARENT = "parent", "a parent or carer, for the child"
        OTHER = "other", "somebody else who may act for them"

    OPEN = (State.OPEN, State.MAKING, State.READY)

    school = models.ForeignKey(
        "schools.School", on_delete=models.CASCADE, related_name="access_requests", db_index=False
    )
    kind = models.CharField(max_length=20)
    row_id = models.BigIntegerField()
    asker = models.CharField("who asked", max_length=6, choices=Asker)
    channel = models.CharField("how", max_length=9, choices=Channel)
    asked_on = models.DateField()
    due_on = models.DateField()
    noted_at = models.DateTimeField(default=timezone.now)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    extended_because = models.CharField(max_length=200, blank=True)
    extended_told_on = models.DateField(null=True, help_text="When the person was told that it takes longer.")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    decided = models.JSONField(default=dict, help_text="{key of an entry: whether the copy has it}, as last decided.")
    names_because = models.CharField(
        max_length=200, blank=True, help_text="Why other people are named; empty: they are not."
    )
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    making_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True, help_text="Why there is no copy now, as a sentence.")
    fetched = models.PositiveSmallIntegerField(default=0, help_text="How often a copy was fetched.")
    fetched_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(fields=["school", "due_on"], name="access_request_due"),
            models.Index(fields=["closed_at"], name="access_request_closed"),
        ]

    def __str__(self):
        return f"request {self.pk}"

    @property
    def is_open(self):
        return self.state in self.OPEN


def _meets(named, gone):
    return any(gone.get(kind, set()).intersection(pks) for kind, pks in named.items())


class AccessCopyQuerySet(models.QuerySet):
    def naming(self, school, ids):
        """Those of `school` in which a row of {kind: [pk]} is named or meant. What is said of one field
        ("employees.email") counts for its kind."""
        gone = {}
        for name, pks in ids.items():
            gone.setdefault(name.partition(".")[0], set()).update(pks)
        here = self.filter(school=school).values_list("pk", "ids")
        return self.filter(pk__in=[pk for pk, named in here if _meets(named, gone)])

    def with_kinds(self, school, kinds):
        """Those of `school` that have a row of one of `kinds`."""
        return self.filter(school=school, ids__has_any_keys=list(kinds))

    def let_go(self, because):
        """Delete them; what was asked is open again, and says why there is no copy. In a transaction."""
        requests = list(self.values_list("request", flat=True))
        if requests:
            AccessRequest.objects.filter(pk__in=requests, state=AccessRequest.State.READY).update(
                state=AccessRequest.State.OPEN, problem=because
            )
            AccessCopy.objects.filter(request__in=requests).delete()

    def purge(self):
        """Delete copies nobody has fetched in time, and give up those no worker makes."""
        now = timezone.now()
        with transaction.atomic():
            self.filter(made_at__lt=now - FETCHED_WITHIN).let_go(TOO_OLD)
        AccessRequest.objects.give_up_lost(now)


class AccessCopy(models.Model):
    """A copy of everything held about a person, sealed (`schools.sealing`), until the school has fetched it.

    ids: {kind: [pk]} of whoever is named or meant in it: whom it is about, their classes, the other people. Erasing any
    of them deletes it.
    """

    request = models.OneToOneField(AccessRequest, on_delete=models.CASCADE, related_name="copy")
    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="+")
    sealed = models.BinaryField()
    size = models.PositiveIntegerField(help_text="Of the file, in bytes.")
    ids = models.JSONField()
    made_at = models.DateTimeField(db_index=True)

    objects = AccessCopyQuerySet.as_manager()

    def __str__(self):
        return f"copy for request {self.request_id}"

    @property
    def until(self):
        """When it is deleted if nobody has fetched it."""
        return self.made_at + FETCHED_WITHIN
