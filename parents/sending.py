"""Handing over the mails that are due: decided once more, marked before, and never twice.

A row is `sending` in the database before anything leaves. Whoever dies meanwhile leaves it so; the next who is alone
with the school calls it `unknown`, and nobody sends it again by themselves.
"""

import logging
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core import mail as django_mail
from django.core.cache import cache
from django.db import Error, connection
from django.db.models import F
from django.utils import timezone

from parents import choices
from parents.emails import Sender, Week, message
from parents.letter import Week as IsoWeek
from parents.marks import marks
from parents.models import AddressChoice, MailSettings, WeeklyMail
from parents.recipients import verdicts, why_not_now

log = logging.getLogger(__name__)

State = WeeklyMail.State
SENDING_LOCK = 3  # beside the two locks of a sync
BATCH = 20
DECISION_LASTS_S = 2.0  # then who may be written to is decided again
TRIES = 6
FIRST_WAIT = timedelta(minutes=5)


def send_due(school_id, limit_s=60.0):
    """Send what is due of a school for up to `limit_s` seconds. Returns how many left.

    Raises OSError or AnymailAPIError where the mail server cannot be reached; then nothing was marked.
    """
    sent, ends = 0, time.monotonic() + limit_s
    with _alone(school_id) as free:
        if not free:
            return 0
        _bury(school_id)
        mailer = django_mail.get_connection()
        try:
            while time.monotonic() < ends:
                rows = list(WeeklyMail.objects.filter(school=school_id).due(timezone.now())[:BATCH])
                if not rows:
                    break
                batch = _Batch(school_id, rows, mailer)
                sent += batch.send()
                if batch.stands_still:
                    break
        finally:
            with suppress(OSError):
                mailer.close()
    return sent


def schools_to_serve(now):
    """Ids of schools with mail that may leave, or that a dead worker left behind."""
    due = WeeklyMail.objects.filter(state=State.DUE, next_try_at__lte=now)
    left = WeeklyMail.objects.filter(state=State.SENDING, changed_at__lt=now - timedelta(minutes=2))
    return sorted({*due.values_list("school_id", flat=True).distinct(), *left.values_list("school_id", flat=True)})


class _Batch:
    """Some rows, decided together."""

    def __init__(self, school_id, rows, mailer):
        self.rows, self.mailer = rows, mailer
        mail_settings = MailSettings.objects.select_related("school").get(school=school_id)
        self.school, self.now = mail_settings.school, timezone.now()
        self.sender = Sender.of(self.school, mail_settings)
        self.not_now = why_not_now(self.school, mail_settings, self.now)
        self.decided = time.monotonic()
        self.stands_still = False
        if not self.not_now:
            self._decide()

    def _decide(self):
        students = {student for row in self.rows for student in row.students}
        self.verdicts = verdicts(self.school, students)
        marker = marks()
        self.families = {
            mark: family
            for family in self.verdicts.mails.values()
            for mark in marker.addresses(self.school.pk, family.address)
        }
        weeks = {(row.iso_year, row.iso_week) for row in self.rows}
        self.weeks = {week: Week(self.school, IsoWeek(*week), students) for week in weeks}

    def send(self):
        """Returns how many left. Ends early when the decision is too old."""
        sent, progressed = 0, False
        for row in self.rows:
            if row.until < timezone.now():
                _move(row, State.DUE, State.SUPPRESSED, "too_late")
                progressed = True
            elif not self.not_now:
                if time.monotonic() - self.decided > DECISION_LASTS_S:
                    return sent
                if not self._one(row):
                    self.stands_still = True
                    return sent
                progressed = True
                sent += row.state == State.SENT
        self.stands_still = not progressed
        return sent

    def _one(self, row):
        """Settle one row. False where the minute's number of mails has left."""
        family = self.families.get(row.address_mark)
        students = [student for student in row.students if family and student in family.students]
        week = self.weeks[row.iso_year, row.iso_week]
        if not students or (week.says_nothing(students) and not self.sender.says_nothing_to_report):
            _move(row, State.DUE, State.SUPPRESSED, self._why(row, students))
            return True
        self.mailer.open()
        if not _may_leave():
            return False
        built = message(self.sender, self.school, row, family.address, week, students)
        if not _move(row, State.DUE, State.SENDING, tries=F("tries") + 1):
            return True  # somebody stopped it this moment
        state, reason = _hand_over(self.mailer, built)
        if state == State.DUE:
            _again(row, reason)
        else:
            _move(row, State.SENDING, state, reason)
        if state == State.BOUNCED:
            choices.stop(row.school_id, row.address_mark, row.key_number, AddressChoice.Cause.BOUNCE)
        return True

    def _why(self, row, students):
        if students:
            return "nothing_to_report"
        said = [self.verdicts.why.get((student, contact)) for student in row.students for contact in row.contacts]
        return next((code for code in said if code), "no_longer_listed")


def _hand_over(mailer, built):
    """(state, reason) after handing `built` to the mail server. DUE: it was not taken and may be tried again."""
    try:
        mailer.send_messages([built])
    except SMTPRecipientsRefused as error:
        (code, _), *_ = error.recipients.values()
        return (State.DUE, f"smtp_{code}") if code < 500 else (State.BOUNCED, f"smtp_{code}")
    except (SMTPSenderRefused, SMTPResponseException) as error:
        return (State.DUE if error.smtp_code < 500 else State.FAILED), f"smtp_{error.smtp_code}"
    except AnymailRecipientsRefused:
        return State.BOUNCED, "refused"
    except AnymailAPIError as error:
        status = getattr(error, "status_code", None)
        if status in {429, 503}:
            return State.DUE, f"http_{status}"
        return (State.FAILED if status and status < 500 else State.UNKNOWN), f"http_{status or 'none'}"
    except OSError as error:  # the line broke: it may have been taken
        with suppress(OSError):
            mailer.close()
        return State.UNKNOWN, type(error).__name__[:40]
    return State.SENT, ""


def _again(row, reason):
    """Wait longer each time; give up after TRIES, or when it would be too late."""
    row.refresh_from_db(fields=["tries"])
    when = timezone.now() + FIRST_WAIT * 2 ** (row.tries - 1)
    if row.tries >= TRIES or when > row.until:
        _move(row, State.SENDING, State.FAILED, reason)
    else:
        _move(row, State.SENDING, State.DUE, reason, next_try_at=when)


def _move(row, before, after, reason="", **fields):
    """One committed step of a row. False where it is no longer in the state `before`."""
    row.state = after
    return WeeklyMail.objects.filter(pk=row.pk, state=before).update(
        state=after, reason=reason, changed_at=timezone.now(), **fields
    )


def _bury(school_id):
    """We are alone with the school's mail: a row that is still being handed over was left by a dead worker."""
    left = WeeklyMail.objects.filter(school=school_id, state=State.SENDING)
    number = left.update(state=State.UNKNOWN, reason="worker_lost", changed_at=timezone.now())
    if number:
        log.warning("school %s: %s mails may or may not have left; they are not sent again", school_id, number)


def _may_leave():
    """Count one mail; False when this minute's are through."""
    limit = settings.WEEKLY_MAILS_PER_MINUTE
    if not limit:
        return True
    key = f"weekly-mails:{int(time.time() // 60)}"
    cache.add(key, 0, 120)
    return cache.incr(key) <= limit


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
