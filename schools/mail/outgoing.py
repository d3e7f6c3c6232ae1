"""Mail that must be sent: queued as a row that says what it is about, then written and sent by a worker.

Only this and the weekly mail (`parents.mail.sending`) talk to a mail server. Redis carries only ids of rows; if it
loses them, the clock finds what is due. Each app's `outbox.py` says how its mails are written. A mail is sent at least
once: if a worker dies between sending one and noting that down, it goes out a second time.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from schools.mail.mails import NOT_TAKEN, refused
from schools.mail.refusals import Refusal
from schools.models import AuthoriserRight, LeadRight, OutgoingMail, User
from schools.models.outgoing import HAND_OVER_LIMIT_S, SENDS_FOR_S

log = logging.getLogger(__name__)

GOOD_FOR = timedelta(days=3)
KEPT = timedelta(days=14)
A_MINUTE = timedelta(minutes=1)
State = OutgoingMail.State


@dataclass(frozen=True)
class SortOfMail:
    """One sort of mail. write: makes the message of an `OutgoingMail`; None if it is no longer true, or nobody may read
    it. settle: called with such a mail and the state it ends in, in the transaction that notes it. good_for: how long
    to keep trying."""

    write: Callable
    settle: Callable
    good_for: timedelta


LETTERS = {}


def _nothing(mail, state):
    pass


def letter(name, settle=_nothing, good_for=GOOD_FOR):
    """Declare in an app's `outbox.py` how the mail `name` is written."""

    def declare(write):
        LETTERS[name] = SortOfMail(write, settle, good_for)
        return write

    return declare


def put(name, *, school=None, to=None, about="", **content):
    """Send the mail `name` once the transaction is committed.

    to: a login, an address without a login, or None if `write` knows the recipient. about: id of what it is written
    from when it leaves; if one like it is already waiting, no second one is added. content: what cannot be looked up by
    then; no secrets.
    """
    user, address = (None, to) if isinstance(to, str) else (to, "")
    _put(name, [str(about)], school=school, user=user, address=address, content=content)


def put_each(name, school, abouts):
    """`put` for each of many ids; `write` knows the recipient of each."""
    _put(name, [str(about) for about in abouts], school=school, user=None)


def _put(name, abouts, **fields):
    now = timezone.now()
    until = now + LETTERS[name].good_for
    with transaction.atomic():
        mails = _untouched(letter=name, about__in=[about for about in abouts if about], **fields)
        there = {mail.about for mail in mails}
        mails += OutgoingMail.objects.bulk_create(
            OutgoingMail(letter=name, about=about, due_at=now, until=until, **fields)
            for about in abouts
            if about not in there
        )
        for mail in mails:
            transaction.on_commit(partial(_wake, mail.pk))


def _untouched(**fields):
    """Mails that wait and that no worker has picked up; locked, so that none does before what they report is
    committed."""
    return list(OutgoingMail.objects.waiting().filter(tries=0, **fields).select_for_update(skip_locked=True))


def leads_of(school):
    """The logins that now lead a school."""
    return User.objects.with_access().filter(lead_rights__school=school)


def deciders_of(school):
    """The logins that may stop what a school shares, and are told of it: its leads, and whoever may agree for it."""
    agree = AuthoriserRight.objects.standing().filter(school=school)
    return User.objects.with_access().filter(Q(lead_rights__school=school) | Q(pk__in=agree.values("user"))).distinct()


def leads_told(school):
    """Those of the leads of a school who get its mail: whoever wants it, and for one who is away their cover. Where
    that is nobody, every lead: a school is never told nothing."""
    leads = {lead.pk: lead for lead in leads_of(school)}
    today, told = timezone.localdate(timezone=school.zone), set()
    for right in LeadRight.objects.filter(school=school, user__in=leads, gets_mail=True):
        is_away = right.away_until is not None and today <= right.away_until
        told.add(right.cover_id if is_away else right.user_id)
    return [leads[pk] for pk in leads if pk in told] or list(leads.values())


def tell(name, school, **content):
    """`put` for the leads of a school who get its mail, and for support: a mail each, so that nobody sees another's
    address."""
    for to in [*leads_told(school), None]:
        put(name, school=school, to=to, **content)


def tell_deciders(name, school, **content):
    """The same, for all of `deciders_of`, also leads who leave the school's mail to others."""
    for to in [*deciders_of(school), None]:
        put(name, school=school, to=to, **content)


def reader(mail):
    """The address of whom a mail is for, while they lead the school or may agree for it; support's address if it is for
    nobody; else None."""
    if mail.user_id is None:
        return settings.SUPPORT_EMAIL
    return deciders_of(mail.school_id).filter(pk=mail.user_id).values_list("email", flat=True).first()


def _wake(pk):
    """Have a worker send it now. Without the queue it leaves on the clock's next round."""
    try:
        send_one.delay(pk)
    except (OperationalError, OSError) as error:
        log.warning("mail %s waits for the clock: the queue is away (%s)", pk, type(error).__name__)


@shared_task(name="schools.outgoing.send_one", time_limit=HAND_OVER_LIMIT_S)
def send_one(pk):
    """Send a mail that was just queued, unless somebody else is sending it."""
    _send(pk)


@shared_task(name="schools.outgoing.send_due", time_limit=HAND_OVER_LIMIT_S + SENDS_FOR_S)
def send_due():
    """Called by the clock: send what is due, one mail after another."""
    ends = time.monotonic() + SENDS_FOR_S
    while time.monotonic() < ends:
        try:
            if not _send():
                return
        except Exception:  # a mail that cannot be written must not hold up the others
            log.exception("a mail could not be written")


def _send(pk=None):
    """Take a due mail and send it. Returns whether there was one."""
    mail = OutgoingMail.objects.take(timezone.now(), pk)
    if mail is None:
        return False
    if mail.until < timezone.now():
        _end(mail, State.GIVEN_UP, mail.answer or "too_late")
        return True
    message = LETTERS[mail.letter].write(mail)
    if message is None:
        _end(mail, State.DROPPED)
        return True
    try:
        message.send()
    except ValueError:  # Django cannot write such an address or header: nothing was sent
        _end(mail, State.REFUSED, "malformed")
    except NOT_TAKEN as error:
        _not_taken(mail, error)
    else:
        _end(mail, State.SENT)
    return True


def _not_taken(mail, error):
    """We believe a mail server that says there is no such mailbox. One that is down, or refuses us, will take no other
    mail now either."""
    said, now = refused(error), timezone.now()
    answer = said.reason if said else type(error).__name__[:40]
    if said and said.refusal == Refusal.NO_MAILBOX:
        _end(mail, State.REFUSED, answer)
    elif now + mail.pause > mail.until:
        _end(mail, State.GIVEN_UP, answer)
    else:
        log.warning("%s was not taken (%s) and is tried again", mail, answer)
        mail.put_off(now, answer)
        if said is None or said.refusal == Refusal.OURS:
            OutgoingMail.objects.due(now).update(due_at=now + A_MINUTE)


def _end(mail, state, answer=""):
    with transaction.atomic():
        LETTERS[mail.letter].settle(mail, state)
        mail.end(state, answer)
    if state in (State.REFUSED, State.GIVEN_UP):
        log.error("%s will not be sent: %s (%s)", mail, state.label, answer)


def forget():
    """Delete rows of mails that ended a while ago."""
    OutgoingMail.objects.filter(ended_at__lt=timezone.now() - KEPT).delete()
