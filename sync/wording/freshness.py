"""How fresh every school is, and which school needs a person first.

What we have is as old as what Wonde had (`sync.engine.age`), however often it is read.
"""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Case, Count, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from classes.models import ImportRequest
from schools.models import AuditEntry, School
from schools.models.school import STALE_AFTER
from sync.facts.kinds import KINDS, LINKS
from sync.models import Connection, Hold, SyncRun
from sync.notices import tell
from sync.wording.sentences import DETAILS

RED_AFTER = timedelta(hours=30)
REMINDED_AFTER, REMINDED = timedelta(days=1), "reminded of the pause"
ALARMS = {"unreadable": "came damaged", "emptied": "came back empty", "not_current": "mostly not current"}
TO_CONFIRM = {"migration": "change of MIS waits", "rollover": "new school year waits"}
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
        schools.select_related("connection")
        .annotate(
            read=Subquery(last.values("ended_at")[:1]),
            as_of=Subquery(last.values("as_of")[:1]),
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
                When(Q(as_of__lt=now - RED_AFTER) | Q(as_of=None, added_at__lt=now - RED_AFTER), then=True),
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
                When(Q(held__gt=0) | ~Q(connection__to_confirm={}), then=Value(HELD)),
                When(~Q(frozen={}) | Q(revoked_at__isnull=False, erase_on__isnull=False), then=Value(FROZEN)),
                When(Q(is_red=True) | ~Q(doubted={}), then=Value(RED)),
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
    told += [words for about, words in TO_CONFIRM.items() if about in school.connection.to_confirm]
    told += [f"{KINDS[kind].label} frozen" for kind in school.frozen if kind in KINDS]
    if school.revoked_at and school.erase_on:
        told.append("access revoked")
    told += [f"{KINDS[kind].label} refused by Wonde" for kind in school.doubted if kind in KINDS]
    if school.is_late:
        told.append(_late(school))
    told += [f"{KINDS[kind].label} {ALARMS[why]}" for kind, why in school.alarms if school.is_red]
    if school.connection.paused_at:
        told.append("paused")
    if school.asks:
        told.append("1 request" if school.asks == 1 else f"{school.asks} requests")
    return told


def _late(school):
    if school.read is None:
        return "never read"
    if school.as_of == school.read:
        return "not read in time"
    return "MIS link down" if school.offline else "nothing new from Wonde"


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
            fresh = Connection.objects.filter(pk=school.connection.pk).exclude(red_mailed_on=today)
            if not fresh.update(red_mailed_on=today):
                continue
            title, paragraphs = _words(school, now)
            tell.red(school, title, paragraphs)
        told += 1
    return told


def tell_stale(now=None):
    """Tell leads and support, once, of each school where what we have has become so old that no mail goes out on it.
    Returns how many. A run that brings something newer lets it be told again."""
    now, told = now or timezone.now(), 0
    old = by_need(School.objects.all(), now).filter(is_late=True, as_of__lt=now - STALE_AFTER)
    for school in old.filter(connection__old_told_at=None).order_by("pk"):
        with transaction.atomic():
            if Connection.objects.filter(pk=school.connection.pk, old_told_at=None).update(old_told_at=now):
                tell.stale(school, _why_old(school))
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
            told_today = AuditEntry.objects.filter(school=settled.school, verb=REMINDED, at__range=(midnight, now))
            if settled.paused_at is None or told_today.exists():
                continue
            AuditEntry.objects.note(None, REMINDED, settled.school, settled.school)
            tell.paused(settled)
        told += 1
    return told


def _words(school, now):
    if school.as_of:
        hours = int((now - school.as_of).total_seconds() // 3600)
        since = f"What we have is {hours} hours old, of {_moment(school, school.as_of)}."
        paragraphs = [f"{since} Class lists stay as they were then."]
    else:
        paragraphs = ["It has never been read in full. Class lists stay as they are."]
    if school.is_late and school.as_of != school.read:
        paragraphs.append(_why_old(school))
    paragraphs += [f"{KINDS[kind].label.capitalize()} {ALARMS[why]} at that read." for kind, why in school.alarms]
    if school.connection.gave_up_at:
        paragraphs.append("The tries of the night ended without a complete read.")
    if school.said:
        paragraphs.append(f"The last answer: {school.said}")
    if school.connection.due_at:
        paragraphs.append(f"The next try is due {_moment(school, school.connection.due_at)}.")
    paragraphs.append("You hear about this school once a day until it is read as it should be.")
    return f"{school.name} {_title(school)}", paragraphs


def _title(school):
    if not school.is_late:
        return "came with what can hardly be right"
    return "was not read in time" if school.as_of == school.read else "is read, but has nothing new"


def _why_old(school):
    """Why what we have is old, and who can do something about it."""
    mis = school.mis or "the MIS"
    if school.as_of == school.read:
        return "Since then no sync has come to its end: support has been told."
    read = f"It was last read {_moment(school, school.read)}, but"
    if school.offline:
        return f"{read} Wonde says that its link to {mis} is down: the school's IT can restart Wonde's software."
    return (
        f"{read} nothing has changed in Wonde since {_moment(school, school.newest)}, although school was on: its "
        f"link to {mis} may be broken without Wonde noticing. Please ask the school's IT or Wonde to look at it."
    )


def _moment(school, at):
    return f"{at.astimezone(school.zone):%d %B %H:%M}"
