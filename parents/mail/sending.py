"""Handing over the mails that are due: decided once more, marked before, and never twice.

Rows are `sending` in the database before anything leaves, a few together. Whoever dies meanwhile leaves them so; the
next who is alone with the school calls them `unknown`, and nobody sends them again by themselves.
"""

import logging
import time
from contextlib import contextmanager, suppress
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
from parents.rules.marks import marks
from parents.rules.recipients import verdicts, why_not_now
from schools.mail import mails as mail
from schools.mail.refusals import Refusal
from schools.web.caches import awaited

log = logging.getLogger(__name__)

State = WeeklyMail.State
SENDING_LOCK = 3  # beside the two locks of a sync
DECIDED_TOGETHER = 200
DECISION_LASTS_S = 2.0  # then who may be written to is decided again
MARKED_TOGETHER = 10  # so many mails at most are in doubt where a worker dies


def send_due(school_id, limit_s=60.0):
    """Send what is due of a school for up to `limit_s` seconds, unless its mail is held. Returns how many left.

    Raises OSError or AnymailAPIError where the mail server cannot be reached; then nothing was marked.
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
                batch = _Batch(school_id, rows, mailer)
                goes_on = batch.send()
                if left := sum(outcome.state == State.SENT for _, outcome in batch.handed):
                    holds.mail_left(school_id)
                sent += left
                if not goes_on:
                    break
                done = len(batch.handed) + len(batch.settled)  # where it is slow, few are decided together
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


class _Batch:
    """Some rows, decided together. handed: (row, `Outcome`) of the mails that were handed over."""

    def __init__(self, school_id, rows, mailer):
        self.decided, now = time.monotonic(), timezone.now()
        self.mailer, self.handed = mailer, []
        mail_settings = MailSettings.objects.select_related("school").get(school=school_id)
        self.school = mail_settings.school
        self.sender = Sender.of(self.school, mail_settings)
        self.leaving, self.settled = [], [(row, _not_sent("too_late")) for row in rows if row.until < now]
        if not why_not_now(self.school, mail_settings, now):
            self._decide([row for row in rows if row.until >= now])

    def _decide(self, rows):
        students = {student for row in rows for student in row.students}
        decided = verdicts(self.school, students)
        marker = marks()
        families = {
            mark: family
            for family in decided.mails.values()
            for mark in marker.addresses(self.school.pk, family.address)
        }
        weeks = {(row.iso_year, row.iso_week) for row in rows}
        weeks = {week: SchoolWeek(self.school, Week(*week), students) for week in weeks}
        for row in rows:
            family, week = families.get(row.address_mark), weeks[row.iso_year, row.iso_week]
            about = [student for student in row.students if family and student in family.students]
            if about and (self.sender.says_nothing_to_report or not week.says_nothing(about)):
                self.leaving.append((row, family.address, week, about))
            else:
                self.settled.append((row, _not_sent(_why(decided, row, about))))

    @property
    def is_old(self):
        return time.monotonic() - self.decided > DECISION_LASTS_S

    def send(self):
        """Hand over what may leave. Returns whether to go on: not where nothing moved, the minute's are through, or the
        mail is held."""
        record(self.settled, State.DUE)
        for start in range(0, len(self.leaving), MARKED_TOGETHER):
            if self.is_old:
                return True
            taken = self.leaving[start : start + MARKED_TOGETHER]
            self.mailer.open()
            number = _may_leave(len(taken))
            refused = self._hand_over(taken[:number])
            if number < len(taken) or (refused and holds.held(self.school.pk, timezone.now())):
                return False
        return bool(self.leaving or self.settled)

    def _hand_over(self, taken):
        """Mark some rows together, hand over one mail after another, record what became of them together. What refuses
        us ends it. Returns whether any was refused."""
        mails = [
            (row, message(self.sender, self.school, row, address, week, students))
            for row, address, week, students in taken
        ]
        marked = _mark([row for row, _ in mails])
        mails = [(row, built) for row, built in mails if row.pk in marked]  # the others were stopped this moment
        begun, outcomes = 0, []
        try:
            for row, built in mails:
                self.mailer.open()
                if self.is_old:
                    break
                begun += 1
                outcomes.append((row, _send_one(self.mailer, built)))
                if outcomes[-1][1].refusal == Refusal.OURS:
                    break
        finally:
            _put_back([row for row, _ in mails[begun:]])
            record(outcomes, State.SENDING)
            self.handed += outcomes
        return any(outcome.refusal for _, outcome in outcomes)


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
    """Rows that were marked and whose hand-over did not begin are due as before."""
    if rows:
        move(rows, State.SENDING, State.DUE, tries=F("tries") - 1)


def _bury(school_id):
    """We are alone with the school's mail: a row that is still being handed over was left by a dead worker."""
    left = WeeklyMail.objects.filter(school=school_id, state=State.SENDING)
    number = left.update(state=State.UNKNOWN, reason="worker_lost", changed_at=timezone.now())
    if number:
        log.warning("school %s: %s mails may or may not have left; they are not sent again", school_id, number)


def _may_leave(wanted):
    """Count up to `wanted` mails to this minute's. Returns how many: fewer, or none, when the minute's are through.

    What is counted and then put back stays counted: never more than the setting says, in a slow minute a few less.
    """
    limit = settings.WEEKLY_MAILS_PER_MINUTE
    if not limit:
        return wanted
    minute = _minute()
    awaited.add(minute, 0, 120)
    over = awaited.incr(minute, wanted) - limit
    return max(0, wanted - max(0, over))


def _minute_is_full():
    """Whether no more may leave this minute: then nobody is decided about, which costs more than to ask."""
    limit = settings.WEEKLY_MAILS_PER_MINUTE
    return bool(limit) and awaited.get(_minute(), 0) >= limit


def _minute():
    return f"weekly-mails:{int(time.time() // 60)}"


@contextmanager
def _alone(school_id):
    """Whether we are the only one who sends mail of the school, until the block ends or this process does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SENDING_LOCK, school_id])
        (got,) = cursor.fetchone()
    try:
        yield got
    finally:
        if got:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SENDING_LOCK, school_id])
