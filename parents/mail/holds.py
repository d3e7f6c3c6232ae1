"""Holding mail back: where a mail server refuses us, and where too much of a send is refused to be the parents' doing.

A hold ends by itself: when its time has come the next mail is tried, and ends it or prolongs it. Support sees holds in
the admin, is told of the first, and may end one. Nothing is lost meanwhile: what is held stays due, and longer than
other mail.
"""

import logging
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from parents.models import AddressChoice, MailHold, WeeklyMail
from parents.rules import choices
from schools.mail import outgoing
from schools.mail.refusals import Refusal

log = logging.getLogger(__name__)

Cause, State = MailHold.Cause, WeeklyMail.State
FIRST_WAIT = {Cause.OURS: timedelta(minutes=10), Cause.SHARE: timedelta(hours=1)}
LONGEST_WAIT = timedelta(hours=4)
STAYS_DUE = timedelta(hours=72)  # from when it was made: a send that is held on a Friday evening may leave on Monday
TOLD_ONCE_IN = timedelta(hours=6)
REFUSED_AT_LEAST, REFUSED_SHARE = 10, 0.2  # more than both of a school's week, and nobody's address is to blame
SCHOOLS_FOR_ALL, TOGETHER = 3, timedelta(hours=1)
BELIEVED_FOR = timedelta(days=6)
TRIES = 6
_LEFT = "weekly-mail-left"


def held(school_id, now):
    """The hold by which no mail of the school leaves now, or None; the one on every school's mail first."""
    return MailHold.objects.stopping(now).over(school_id).order_by(F("school").asc(nulls_first=True)).first()


def refused_us(school_id, reason):
    """The school's mail is refused: hold it, or all mail where that of several schools is. Returns the hold."""
    school_hold = _hold(school_id, Cause.OURS, reason)
    if MailHold.objects.standing().filter(school=None).exists() or _refused_everywhere():
        return _hold(None, Cause.OURS, reason)
    return school_hold


def too_much_refused(school_id, year, week):
    """Hold the school's mail where more than the share of its week was refused, and no person has said that this is
    right. Returns the hold, or None. What is ours counts elsewhere: `refused_us`."""
    refused = Q(state__in=[State.DUE, State.FAILED, State.BOUNCED]) & ~Q(refusal__in=["", Refusal.OURS])
    handed = Q(state__in=[State.SENT, State.UNKNOWN, State.COMPLAINED]) | refused
    mails = WeeklyMail.objects.of_week(school_id, year, week)
    number = mails.aggregate(refused=Count("pk", filter=refused), handed=Count("pk", filter=handed))
    if number["refused"] <= max(REFUSED_AT_LEAST, REFUSED_SHARE * number["handed"]):
        return None
    since = timezone.now() - BELIEVED_FOR
    if MailHold.objects.filter(school=school_id, is_believed=True, since__gt=since).exists():
        return None
    return _hold(school_id, Cause.SHARE, f"{number['refused']}_of_{number['handed']}")


def is_doubted(school_id):
    """Whether no refusal of the school's mail is believed now, as too much of a send was refused."""
    return MailHold.objects.standing().filter(school=school_id, cause=Cause.SHARE).exists()


def mail_left(school_id):
    """Mail of the school was taken: what held it is over, once it was time to try again."""
    now = timezone.now()
    cache.set(_LEFT, now.timestamp(), TOGETHER.total_seconds())
    MailHold.objects.standing().over(school_id).filter(until__lte=now).update(ended_at=now)


def end(hold, by, reason, *, believe=False):
    """A person lets the mail go on at once. believe: the refused addresses of that send are wrong, so stop them."""
    with transaction.atomic():
        ended = MailHold.objects.standing().filter(pk=hold.pk)
        if hold.school_id is None:  # what holds the schools by themselves began with the same fault
            ended = MailHold.objects.standing().filter(Q(pk=hold.pk) | Q(cause=Cause.OURS))
        now = timezone.now()
        ended.update(ended_at=now, ended_by=by, end_reason=reason)
        waiting = _due_of(hold.school_id).filter(Q(refusal=Refusal.OURS) | Q(next_try_at__lte=hold.until + TOGETHER))
        waiting.update(next_try_at=now)
        if believe:
            MailHold.objects.filter(pk=hold.pk).update(is_believed=True)
            _stop_what_came_back(hold)


def stays_due():
    """Until when a mail that is held may leave, as an expression on its row."""
    return Greatest("until", F("made_at") + STAYS_DUE)


def _hold(school_id, cause, detail):
    now = timezone.now()
    fresh = {"cause": cause, "detail": detail, "since": now, "refused_at": now, "until": now + FIRST_WAIT[cause]}
    with transaction.atomic():
        hold, is_new = MailHold.objects.get_or_create(school_id=school_id, ended_at=None, defaults=fresh)
        if is_new:
            log.warning(
                "mail of %s is held: %s %s", f"school {school_id}" if school_id else "every school", cause, detail
            )
            _tell(hold, now)
        else:
            _prolong(hold, cause, detail, now)
        _due_of(school_id).update(until=stays_due())
    return hold


def _prolong(hold, cause, detail, now):
    """It was refused again: wait longer than last time; during a wait, as long as before."""
    hold.detail, hold.refused_at = detail, now
    if cause == Cause.SHARE:
        hold.cause = cause
    if hold.until <= now:
        hold.until = now + min(FIRST_WAIT[cause] * 2**hold.tries, LONGEST_WAIT)
        hold.tries = min(hold.tries + 1, TRIES)
    hold.save(update_fields=["detail", "refused_at", "cause", "until", "tries"])


def _refused_everywhere():
    """Whether the mail of several schools was refused one after another, with no mail taken in between."""
    lately = MailHold.objects.standing().filter(cause=Cause.OURS, school__isnull=False)
    lately = lately.filter(refused_at__gt=timezone.now() - TOGETHER).order_by("-refused_at")
    moments = list(lately.values_list("refused_at", flat=True)[:SCHOOLS_FOR_ALL])
    return len(moments) == SCHOOLS_FOR_ALL and cache.get(_LEFT, 0) < moments[-1].timestamp()


def _due_of(school_id):
    due = WeeklyMail.objects.filter(state=State.DUE)
    return due.filter(school=school_id) if school_id else due


def _stop_what_came_back(hold):
    """Stop the addresses whose refusal was doubted until a person said that it is right."""
    rows = WeeklyMail.objects.filter(school=hold.school_id, state=State.BOUNCED, refusal=Refusal.NO_MAILBOX)
    for row in rows.filter(made_at__gt=hold.since - BELIEVED_FOR):
        choices.stop(row.school_id, row.address_mark, row.key_number, AddressChoice.Cause.BOUNCE)


def _tell(hold, now):
    """Support hears of the first hold and of one on all mail, not of every school's while they look for the fault."""
    told = MailHold.objects.filter(since__gt=now - TOLD_ONCE_IN).exclude(pk=hold.pk)
    if hold.school_id is None or not told.exists():
        outgoing.put("mail-held", school=hold.school, about=hold.pk)
