"""How fresh every school is, and which school needs a person first.

Two ages: ours (the last complete read) and Wonde's (the newest change it had then, and whether it says that its link to
the MIS is down).
"""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from classes.models import ImportRequest
from schools.models import AuditEntry, School
from sync.kinds import KINDS, LINKS
from sync.models import Connection, Hold, SyncRun
from sync.notices import paused, send_notice
from sync.telling import DETAILS

RED_AFTER = timedelta(hours=30)
LONGEST_RUN = timedelta(seconds=settings.SYNC_TASK_LIMIT_S)
REMINDED_AFTER, REMINDED = timedelta(days=1), "reminded of the pause"
ALARMS = {"unreadable": "came damaged", "emptied": "came back empty", "not_current": "mostly not current"}
HELD, FROZEN, RED, PAUSED, ASKS, NOTHING = 5, 4, 3, 2, 1, 0  # who needs a person, most urgent first


def by_need(schools, now=None):
    """`schools` with how they stand, in no order: sort by `-need`.

    read, newest, offline: the ages. alarms: what can hardly be true of the last complete read. held: rows that wait for
    a person's word; held_details: those whose new details do. asks: import requests that wait. is_late: no complete
    read for 30 hours, or the night's tries ended without one. is_red: that, or an alarm. need: HELD … NOTHING.
    """
    now = now or timezone.now()
    last = SyncRun.objects.complete().filter(school=OuterRef("pk")).order_by("-started_at")
    in_time = Exists(last.filter(ended_at__gte=now - RED_AFTER, started_at__gte=now - RED_AFTER - LONGEST_RUN))
    return (
        schools.select_related("connection")
        .annotate(
            read=Subquery(last.values("ended_at")[:1]),
            newest=Subquery(last.values("wonde_newest")[:1]),
            alarms=Coalesce(Subquery(last.values("alarms")[:1]), Value([], models.JSONField())),
            offline=Coalesce(Subquery(last.values("mis_offline")[:1]), False),
            held=_count(
                Hold.objects.filter(kept_at=None).exclude(Q(kind__in=LINKS) | Q(kind="contacts", limit="with"))
            ),
            held_details=_count(Hold.objects.filter(kept_at=None, limit__in=DETAILS)),
            asks=_count(ImportRequest.objects.filter(state=ImportRequest.State.WAITING)),
        )
        .annotate(
            is_late=Case(
                When(Q(connection__enabled=False) | Q(revoked_at__isnull=False), then=False),
                When(connection__gave_up_at__isnull=False, then=True),
                When(~in_time & (Q(read__isnull=False) | Q(added_at__lt=now - RED_AFTER)), then=True),
                default=False,
                output_field=models.BooleanField(),
            )
        )
        .annotate(
            is_red=Case(
                When(Q(connection__enabled=False) | Q(revoked_at__isnull=False), then=False),
                When(Q(is_late=True) | ~Q(alarms=[]), then=True),
                default=False,
                output_field=models.BooleanField(),
            )
        )
        .annotate(
            need=Case(
                When(held__gt=0, then=Value(HELD)),
                When(~Q(frozen={}) | Q(revoked_at__isnull=False, erase_on__isnull=False), then=Value(FROZEN)),
                When(is_red=True, then=Value(RED)),
                When(connection__paused_at__isnull=False, then=Value(PAUSED)),
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
        told.append(f"{removals} held")
    if school.held_details:
        told.append(f"{school.held_details} changed details held")
    told += [f"{KINDS[kind].label} frozen" for kind in school.frozen if kind in KINDS]
    if school.revoked_at and school.erase_on:
        told.append("access revoked")
    if school.is_late:
        told.append("not read in time" if school.read else "never read")
    told += [f"{KINDS[kind].label} {ALARMS[why]}" for kind, why in school.alarms if school.is_red]
    if school.connection.paused_at:
        told.append("paused")
    if school.asks:
        told.append("1 request" if school.asks == 1 else f"{school.asks} requests")
    return told


def tell_red(now=None):
    """Mail support about each red school, once a day at most by the school's own calendar. Returns how many."""
    now, told = now or timezone.now(), 0
    last_word = SyncRun.objects.filter(school=OuterRef("pk")).exclude(message="").order_by("-started_at")
    red = (
        by_need(School.objects.all(), now).filter(is_red=True).annotate(said=Subquery(last_word.values("message")[:1]))
    )
    for school in red.order_by("pk"):
        today = timezone.localdate(now, school.zone)
        with transaction.atomic():
            fresh = Connection.objects.filter(pk=school.connection.pk).exclude(red_mailed_on__gte=today)
            if not fresh.update(red_mailed_on=today):
                continue
            title, paragraphs = _words(school, now)
            transaction.on_commit(
                partial(send_notice.delay, school.pk, settings.SUPPORT_EMAIL, title, paragraphs),
            )
        told += 1
    return told


def tell_paused(now=None):
    """Mail leads and support about each school that a person has paused: a day later, and then once a day by the
    school's own calendar, until it is resumed. Returns how many. The audit entry of each reminder is its memory."""
    now, told = now or timezone.now(), 0
    for pk in Connection.objects.filter(paused_at__lte=now - REMINDED_AFTER, school__revoked_at=None).values_list("pk"):
        with transaction.atomic():
            settled = Connection.objects.select_for_update(of=["self"]).select_related("school").get(pk=pk[0])
            midnight = now.astimezone(settled.school.zone).replace(hour=0, minute=0, second=0, microsecond=0)
            told_today = AuditEntry.objects.filter(school=settled.school, verb=REMINDED, at__gte=midnight)
            if settled.paused_at is None or told_today.exists():
                continue
            AuditEntry.objects.note(None, REMINDED, settled.school, settled.school)
            paused(settled)
        told += 1
    return told


def _words(school, now):
    if school.read:
        hours = int((now - school.read).total_seconds() // 3600)
        since = f"The last complete read ended {hours} hours ago, at {school.read.astimezone(school.zone):%d %B %H:%M}."
    else:
        since = "It has never been read in full."
    paragraphs = [f"{since} Class lists stay as they were then." if school.is_late else since]
    paragraphs += [f"{KINDS[kind].label.capitalize()} {ALARMS[why]} at that read." for kind, why in school.alarms]
    if school.connection.gave_up_at:
        paragraphs.append("The tries of the night ended without a complete read.")
    if school.offline:
        paragraphs.append(
            "At the last read Wonde said that its link to the MIS is down: the school's IT can restart it."
        )
    if school.said:
        paragraphs.append(f"The last answer: {school.said}")
    if school.connection.due_at:
        paragraphs.append(f"The next try is due {school.connection.due_at.astimezone(school.zone):%d %B %H:%M}.")
    paragraphs.append("You hear about this school once a day until it is read as it should be.")
    what = "was not read in time" if school.is_late else "came with what can hardly be right"
    return f"{school.name} {what}", paragraphs
