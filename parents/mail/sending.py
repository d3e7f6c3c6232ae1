"""Handing over the mails that are due: decided once more, marked first, and never sent twice.

A few rows at a time are marked `sending` in the database before anything leaves. A worker that dies leaves them so; the
next one alone with the school calls them `unknown`, and they are not sent again by themselves.
"""

import logging
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPResponseException

from anymail.exceptions import AnymailAPIError
from django.conf import settings
from django.core import mail as django_mail
from django.db import Error, connection
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from parents.mail import holds
from parents.mail.emails import SchoolWeek, Sender, message
from parents.mail.letter import Week
from parents.mail.outcomes import Outcome, in_state, move, record
from parents.models import MailHold, MailSettings, WeeklyMail
from parents.rules.recipients import verdicts, why_not_now
from schools.mail import mails as mail
from schools.mail.refusals import Refusal
from schools.marks import marks
from schools.models import School
from schools.web.caches import awaited

log = logging.getLogger(__name__)

State = WeeklyMail.State
SENDING_LOCK = 3  # beside the two locks of a sync
DECIDED_TOGETHER = 200
DECISION_LASTS_S = 2.0  # then who may be written to is decided again
MARKED_TOGETHER = 10  # so many mails at most are in doubt where a worker dies


def send_due(school_id, limit_s=60.0):
    """Send what is due of a school for up to `limit_s` seconds, unless its mail is held. Returns how many left.

    Raises OSError or AnymailAPIError if the mail server cannot be reached; then nothing was marked.
    """
    sent, together, ends = 0, DECIDED_TOGETHER, time.monotonic() + limit_s
    with _alone(school_id) as free:
        if not free:
            return 0
        _bury(school_id)
        mailer = django_mail.get_connection()
        try:
            while time.monotonic() < ends and not _minute_is_full() and not holds.held(school_id, timezone.now()):
                rows = list(WeeklyMail.objects.filter(school=school_id).due(timezone.now())[:together])
                if not rows:
                    break
                decided = decide(school_id, rows)
                handed, goes_on = hand_over(decided, mailer)
                if left := sum(outcome.state == State.SENT for _, outcome in handed):
                    holds.mail_left(school_id)
                sent += left
                if not goes_on:
                    break
                done = len(handed) + len(decided.settled)  # where it is slow, few are decided together
                together = min(DECIDED_TOGETHER, 2 * max(done, 1))
        except SMTPResponseException as error:  # it answers, and does not let us in
            refused = mail.refused(error)
            if refused.refusal != Refusal.OURS:
                raise
            holds.refused_us(school_id, refused.reason)
        finally:
            with suppress(OSError):
                mailer.close()
    return sent


def schools_to_serve(now):
    """Ids of schools with mail that may leave, or that a dead worker left behind; none whose mail is held."""
    stopping = MailHold.objects.stopping(now)
    if stopping.filter(school=None).exists():
        return []
    due = Exists(WeeklyMail.objects.filter(school=OuterRef("school")).due(now))
    left = WeeklyMail.objects.filter(state=State.SENDING, changed_at__lt=now - timedelta(minutes=2))
    served = MailSettings.objects.filter(due | Q(school__in=left.values("school")))
    served = served.exclude(school__in=stopping.values("school"))
    return list(served.order_by("school").values_list("school", flat=True))


@dataclass(frozen=True)
class Decided:
    """Some rows of a school, decided together. leaving: (row, address, week, students) of the mails that may leave.
    settled: (row, `Outcome`) of those that may not. at: by the monotonic clock."""

    at: float
    school: School
    sender: Sender
    leaving: list
    settled: list

    @property
    def is_old(self):
        return time.monotonic() - self.at > DECISION_LASTS_S


def decide(school_id, rows):
    """Decide which of `rows` may leave now. Where the school's mail must wait, only what is too late is settled."""
    at, now = time.monotonic(), timezone.now()
    mail_settings = MailSettings.objects.select_related("school").get(school=school_id)
    school = mail_settings.school
    sender = Sender.of(school, mail_settings)
    leaving, settled = [], [(row, _not_sent("too_late")) for row in rows if row.until < now]
    if why_not_now(school, mail_settings, now):
        return Decided(at, school, sender, leaving, settled)
    rows = [row for row in rows if row.until >= now]
    students = {student for row in rows for student in row.students}
    decided, families = _families(school, students)
    weeks = {(row.iso_year, row.iso_week) for row in rows}
    weeks = {week: SchoolWeek(school, Week(*week), students) for week in weeks}
    for row in rows:
        family, week = families.get(row.address_mark), weeks[row.iso_year, row.iso_week]
        about = [student for student in row.students if family and student in family.students]
        if about and (sender.says_nothing_to_report or not week.says_nothing(about)):
            leaving.append((row, family.address, week, about))
        else:
            settled.append((row, _not_sent(_why(decided, row, about))))
    return Decided(at, school, sender, leaving, settled)


def _families(school, students):
    """(the verdicts about the students' contacts, mark of an address -> who is written to there)."""
    decided, marker = verdicts(school, students), marks()
    return decided, {
        mark: family for family in decided.mails.values() for mark in marker.addresses(school.pk, family.address)
    }


def hand_over(decided, mailer):
    """Hand over what may leave. Returns (row, `Outcome`) of the mails that were handed over, and whether to go on: not
    where nothing moved, the minute's are through, or the mail is held."""
    record(decided.settled, State.DUE)
    handed = []
    for start in range(0, len(decided.leaving), MARKED_TOGETHER):
        if decided.is_old:
            return handed, True
        taken = decided.leaving[start : start + MARKED_TOGETHER]
        mailer.open()
        number = _may_leave(len(taken))
        outcomes = _hand_over_together(decided, taken[:number], mailer)
        handed += outcomes
        was_refused = any(outcome.refusal for _, outcome in outcomes)
        if number < len(taken) or (was_refused and holds.held(decided.school.pk, timezone.now())):
            return handed, False
    return handed, bool(decided.leaving or decided.settled)


def _hand_over_together(decided, taken, mailer):
    """Mark some rows together, hand over one mail after another, record what became of them together. What refuses us
    ends it. Returns (row, `Outcome`) of each that was handed over."""
    mails = [
        (row, message(decided.sender, decided.school, row, address, week, students))
        for row, address, week, students in taken
    ]
    marked = _mark([row for row, _ in mails])
    mails = [(row, built) for row, built in mails if row.pk in marked]  # the others were stopped this moment
    begun, outcomes = 0, []
    try:
        for row, built in mails:
            mailer.open()
            if decided.is_old:
                break
            begun += 1
            outcomes.append((row, _send_one(mailer, built)))
            if outcomes[-1][1].refusal == Refusal.OURS:
                break
    finally:
        _put_back([row for row, _ in mails[begun:]])
        record(outcomes, State.SENDING)
    return outcomes


def _why(decided, row, about):
    """Why there is no mail of `row`, whose students that may be written about are `about`."""
    if about:
        return "nothing_to_report"
    said = (decided.why.get((student, contact)) for student in row.students for contact in row.contacts)
    return next((code for code in said if code), "no_longer_listed")


def _not_sent(reason):
    return Outcome(State.SUPPRESSED, reason)


def _send_one(mailer, built):
    """The `Outcome` of handing `built` to the mail server."""
    try:
        mailer.send_messages([built])
    except ValueError:  # Django cannot write such an address or header: nothing left
        return Outcome(State.FAILED, "malformed")
    except mail.NOT_TAKEN as error:
        if refused := mail.refused(error):
            return Outcome.of(refused)
        if isinstance(error, AnymailAPIError):
            return Outcome(State.UNKNOWN, f"http_{error.status_code or 'none'}")
        with suppress(OSError):  # the line broke: it may have been taken
            mailer.close()
        return Outcome(State.UNKNOWN, type(error).__name__[:40])
    return Outcome(State.SENT)


def _mark(rows):
    """Commit that `rows` are being handed over. Returns the ids of those that still were due."""
    if move(rows, State.DUE, State.SENDING, tries=F("tries") + 1) == len(rows):
        return {row.pk for row in rows}
    return set(in_state(rows, State.SENDING).values_list("pk", flat=True))


def _put_back(rows):
    """Rows that were marked but not begun are due as before."""
    if rows:
        move(rows, State.SENDING, State.DUE, tries=F("tries") - 1)


def _bury(school_id):
    """As we are alone with the school's mail, a row that is still being handed over was left by a dead worker."""
    left = WeeklyMail.objects.filter(school=school_id, state=State.SENDING)
    number = left.update(state=State.UNKNOWN, reason="worker_lost", changed_at=timezone.now())
    if number:
        log.warning("school %s: %s mails may or may not have left; they are not sent again", school_id, number)


def _may_leave(wanted):
    """Count up to `wanted` mails towards this minute's limit. Returns how many may leave: fewer, or none, near the
    limit.

    A mail that is counted and then put back stays counted: a minute may send a few less than the setting, never more.
    """
    limit = settings.WEEKLY_MAILS_PER_MINUTE
    if not limit:
        return wanted
    minute = _minute()
    awaited.add(minute, 0, 120)
    over = awaited.incr(minute, wanted) - limit
    return max(0, wanted - max(0, over))


def _minute_is_full():
    """Whether no more may leave this minute: then nothing is decided, as deciding costs more than asking this."""
    limit = settings.WEEKLY_MAILS_PER_MINUTE
    return bool(limit) and awaited.get(_minute(), 0) >= limit


def _minute():
    return f"weekly-mails:{int(time.time() // 60)}"


@contextmanager
def _alone(school_id):
    """Whether we alone send the school's mail, until the block or this process ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SENDING_LOCK, school_id])
        (got,) = cursor.fetchone()
    try:
        yield got
    finally:
        if got:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SENDING_LOCK, school_id])
