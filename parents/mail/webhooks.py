"""What a mail service reports afterwards, through anymail: what came back, who complained, who unsubscribed there.

docs/parents.md has the table: every state of a mail beside every report.
"""

import logging
import uuid

from anymail.signals import EventType, RejectReason, tracking
from django.dispatch import receiver
from django.utils import timezone

from parents.mail import holds
from parents.mail.outcomes import REPORTED, Outcome, move, record
from parents.models import AddressChoice, WeeklyMail
from parents.rules import choices
from schools.mail.refusals import Refusal, Refused, of_report

log = logging.getLogger(__name__)
State, Cause = WeeklyMail.State, AddressChoice.Cause

CAME_BACK = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
TAKEN = {EventType.SENT, EventType.DELIVERED}
# What somebody said to the mail service itself, and it remembers.
SAID = {EventType.COMPLAINED: Cause.COMPLAINT, EventType.UNSUBSCRIBED: Cause.PARENT}
REMEMBERED = {RejectReason.SPAM: Cause.COMPLAINT, RejectReason.UNSUBSCRIBED: Cause.PARENT}
ON_ITS_WAY = (State.SENDING, State.SENT)  # these may be tried again; what is unknown never is, by itself


@receiver(tracking)
def heed(sender, event, esp_name, **kwargs):
    """Do what a report asks; reports about other mail are not ours."""
    kind = event.event_type
    if kind not in CAME_BACK | TAKEN | SAID.keys():
        return
    try:
        number = uuid.UUID(str((event.metadata or {}).get("mail", "")))
    except ValueError:
        return
    mail = WeeklyMail.objects.filter(uuid=number).first()
    if mail is None:
        log.warning("%s reports on a mail we no longer know", esp_name)
    elif kind in TAKEN:
        move([mail], State.UNKNOWN, State.SENT)
    elif cause := SAID.get(kind) or (kind == EventType.REJECTED and REMEMBERED.get(event.reject_reason)):
        _said(mail, cause)
    else:
        _came_back(mail, of_report(kind, event.reject_reason, event.mta_response, event.description))


def _said(mail, cause):
    """A parent's own word: nothing that we or the school's staff think overrides it."""
    if cause == Cause.COMPLAINT:
        move([mail], mail.state, State.COMPLAINED, cause)
    choices.stop(mail.school_id, mail.address_mark, mail.key_number, cause)


def _came_back(mail, refusal):
    """What its refusal means where it was not settled yet; but an address that is wrong is stopped all the same."""
    if refusal == Refusal.NO_MAILBOX:
        settled = mail.state in (State.SUPPRESSED, State.COMPLAINED)
        after = Outcome(mail.state if settled else State.BOUNCED, mail.reason if settled else REPORTED, refusal)
        record([(mail, after)], mail.state)
    elif mail.state in ON_ITS_WAY and mail.until > timezone.now():
        record([(mail, Outcome.of(Refused(refusal, REPORTED)))], mail.state)
    else:
        if mail.state in (*ON_ITS_WAY, State.UNKNOWN):
            record([(mail, Outcome(State.FAILED, REPORTED, refusal))], mail.state)
        if refusal == Refusal.OURS and mail.until > timezone.now():
            holds.refused_us(mail.school_id, REPORTED)
