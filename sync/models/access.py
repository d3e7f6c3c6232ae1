"""How every school stands with us in Wonde: whether it was asked, has agreed, and can be read."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Max, Min
from django.utils import timezone

from sync.rules.access_states import ACTORS, APPROVED, CLOSED, REVOKED_LIST, State


def waits(school=""):
    """A condition on schools: nothing is synced of them by itself, as they have not let us in, or as Wonde has not
    checked the data of one that was never read. school: how to reach the school from the rows, "school__"."""
    unchecked = {f"{school}access__state": State.CHECKED, f"{school}last_read": None}
    return models.Q(**{f"{school}access__state__in": CLOSED}) | models.Q(**unchecked)


class AccessQuerySet(models.QuerySet):
    def closed(self):
        """Those of schools that have not let us in."""
        return self.filter(state__in=CLOSED)

    def end(self, school, now):
        """The school has ended our access: that was found out about it alone, or decided here. A poll that began
        before says nothing against it."""
        at = self.filter(school=school).exclude(state=State.REVOKED)
        at.update(state=State.REVOKED, since=now, lists=[REVOKED_LIST], seen_at=now, told={})


class Access(models.Model):
    """How one school stands. A school without a row has not been looked up in Wonde's lists yet.

    lists: Wonde's lists it was in when last heard of. reason: as Wonde gave it, of a school that declined or revoked.
    seen_at: when it was last known of this school alone; what the lists said before then is out of date. told: whom we
    named to Wonde when we asked, in Wonde's keys; forgotten as soon as the school has answered.
    """

    school = models.OneToOneField("schools.School", on_delete=models.CASCADE, related_name="access")
    state = models.CharField(max_length=20, help_text="A `sync.rules.access_states.State`.")
    since = models.DateTimeField(default=timezone.now)
    lists = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    seen_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    told = models.JSONField(default=dict, blank=True)
    answer = models.CharField(max_length=300, blank=True, help_text="Wonde’s answer to the last request.")

    objects = AccessQuerySet.as_manager()

    def __str__(self):
        return f"access {self.state}"

    @property
    def is_approved(self):
        return self.state in APPROVED

    @property
    def actor(self):
        return ACTORS[State(self.state)]


class AccessListQuerySet(models.QuerySet):
    def heard(self):
        """(since when nothing newer has come of one of the lists, when the last of them was read); None if never."""
        return tuple(self.aggregate(first=Min("read_at"), last=Max("read_at")).values())


class AccessList(models.Model):
    """One of Wonde's lists: when it was last read, and when last from its beginning to its end."""

    name = models.CharField(max_length=10, primary_key=True)
    read_at = models.DateTimeField(null=True)
    whole_at = models.DateTimeField(null=True)

    objects = AccessListQuerySet.as_manager()

    def __str__(self):
        return self.name
