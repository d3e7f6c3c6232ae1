"""How fresh every school is. What we have is as old as what Wonde had (`sync.engine.age`), however often it is read."""

from datetime import timedelta

from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from sync.models import SyncRun
from sync.models.access import waits

RED_AFTER = timedelta(hours=30)
ALARMS = {"unreadable": "came damaged", "emptied": "came back empty", "not_current": "mostly not current"}


def with_standing(schools, now=None):
    """`schools` with how fresh they are, in no order.

    read, as_of, newest, offline: when it was last read in full, from when that was, and what Wonde had then. alarms:
    what can hardly be true of that read. is_late: what we have is older than 30 hours, or the night's tries ended
    without a read. is_red: that, or an alarm. Neither is said of a school that does not share with us yet.
    """
    now = now or timezone.now()
    unread = Q(sync_settings__enabled=False) | Q(revoked_at__isnull=False) | waits()
    last = SyncRun.objects.complete().filter(school=OuterRef("pk")).order_by("-started_at")
    return (
        schools.select_related("sync_settings")
        .annotate(
            read=F("last_read__read_at"),
            as_of=F("last_read__as_of"),
            newest=F("last_read__wonde_newest"),
            alarms=Coalesce(Subquery(last.values("alarms")[:1]), Value([], models.JSONField())),
            offline=Coalesce("last_read__mis_offline", False),
        )
        .annotate(
            is_late=Case(
                When(unread, then=False),
                When(sync_settings__gave_up_at__isnull=False, then=True),
                When(Q(as_of__lt=now - RED_AFTER) | Q(as_of=None, added_at__lt=now - RED_AFTER), then=True),
                default=False,
                output_field=models.BooleanField(),
            )
        )
        .annotate(
            is_red=Case(
                When(unread, then=False),
                When(Q(is_late=True) | ~Q(alarms=[]), then=True),
                default=False,
                output_field=models.BooleanField(),
            )
        )
    )
