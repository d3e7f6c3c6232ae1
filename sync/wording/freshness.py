"""How fresh every school is, and which school needs a person first.

What we have is as old as what Wonde had (`sync.engine.age`), however often it is read.
"""

from datetime import timedelta

from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from classes.models import ImportRequest
from schools.templatetags.words import count_of
from sync.facts.kinds import KINDS, LINKS
from sync.models import Hold, SyncRun
from sync.wording.sentences import DETAILS

RED_AFTER = timedelta(hours=30)
ALARMS = {"unreadable": "came damaged", "emptied": "came back empty", "not_current": "mostly not current"}
TO_CONFIRM = {"change_of_mis": "change of MIS waits", "rollover": "new school year waits"}
HELD, FROZEN, RED, PAUSED, ASKS, NOTHING = 5, 4, 3, 2, 1, 0  # who needs a person, most urgent first


def by_need(schools, now=None):
    """`schools` with how they stand, in no order: sort by `-need`.

    read, as_of, newest, offline: when it was last read in full, from when that was, and what Wonde had then. alarms:
    what can hardly be true of that read. held: rows that wait for a person's word; held_details: those whose new
    details do. asks: import requests that wait. is_late: what we have is older than 30 hours, or the night's tries
    ended without a read. is_red: that, or an alarm. need: HELD … NOTHING.
    """
    now = now or timezone.now()
    last = SyncRun.objects.complete().filter(school=OuterRef("pk")).order_by("-started_at")
    return (
        schools.select_related("sync_settings")
        .annotate(
            read=F("last_read__read_at"),
            as_of=F("last_read__as_of"),
            newest=F("last_read__wonde_newest"),
            alarms=Coalesce(Subquery(last.values("alarms")[:1]), Value([], models.JSONField())),
            offline=Coalesce("last_read__mis_offline", False),
            held=_count(
                Hold.objects.filter(kept_at=None).exclude(Q(kind__in=LINKS) | Q(kind="contacts", limit="with"))
            ),
            held_details=_count(Hold.objects.filter(kept_at=None, limit__in=DETAILS)),
            asks=_count(ImportRequest.objects.filter(state=ImportRequest.State.WAITING)),
        )
        .annotate(
            is_late=Case(
                When(Q(sync_settings__enabled=False) | Q(revoked_at__isnull=False), then=False),
                When(sync_settings__gave_up_at__isnull=False, then=True),
                When(Q(as_of__lt=now - RED_AFTER) | Q(as_of=None, added_at__lt=now - RED_AFTER), then=True),
                default=False,
                output_field=models.BooleanField(),
            )
        )
        .annotate(
            is_red=Case(
                When(Q(sync_settings__enabled=False) | Q(revoked_at__isnull=False), then=False),
                When(Q(is_late=True) | ~Q(alarms=[]), then=True),
                default=False,
                output_field=models.BooleanField(),
            )
        )
        .annotate(
            need=Case(
                When(Q(held__gt=0) | ~Q(sync_settings__to_confirm={}), then=Value(HELD)),
                When(~Q(frozen={}) | Q(revoked_at__isnull=False, erase_on__isnull=False), then=Value(FROZEN)),
                When(Q(is_red=True) | ~Q(doubted={}), then=Value(RED)),
                When(sync_settings__paused_at__isnull=False, then=Value(PAUSED)),
                When(asks__gt=0, then=Value(ASKS)),
                default=Value(NOTHING),
                output_field=models.IntegerField(),
            ),
        )
    )


def _count(rows):
    """How many of `rows` a school has, as a column."""
    counted = rows.filter(school=OuterRef("pk")).order_by().values("school").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def needs(school):
    """What a school from `by_need` needs a person for, in words, most urgent first."""
    told = []
    if removals := school.held - school.held_details:
        told.append(_waits(removals, "removal"))
    if school.held_details:
        told.append(_waits(school.held_details, "changed detail"))
    told += [words for about, words in TO_CONFIRM.items() if about in school.sync_settings.to_confirm]
    told += [f"{KINDS[kind].label} frozen" for kind in school.frozen if kind in KINDS]
    if school.revoked_at and school.erase_on:
        told.append("access revoked")
    told += [f"{KINDS[kind].label} refused by Wonde" for kind in school.doubted if kind in KINDS]
    if school.is_late:
        told.append(_late(school))
    told += [f"{KINDS[kind].label} {ALARMS[why]}" for kind, why in school.alarms if school.is_red]
    if school.sync_settings.paused_at:
        told.append("paused")
    if school.asks:
        told.append("1 request" if school.asks == 1 else f"{school.asks} requests")
    return told


def _waits(number, noun):
    return f"{count_of(number, noun)} {'waits' if number == 1 else 'wait'}"


def _late(school):
    if school.read is None:
        return "never synced"
    if school.as_of == school.read:
        return "not synced in time"
    return "MIS link down" if school.offline else "nothing new from Wonde"
