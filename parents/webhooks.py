"""What a mail service reports afterwards: bounces and complaints stop the address within the school."""

import logging
import uuid

from anymail.signals import EventType, RejectReason, tracking
from django.dispatch import receiver

from parents import choices
from parents.models import AddressChoice, WeeklyMail

log = logging.getLogger(__name__)
REPORTS = {
    EventType.BOUNCED: (WeeklyMail.State.BOUNCED, AddressChoice.Cause.BOUNCE),
    EventType.REJECTED: (WeeklyMail.State.BOUNCED, AddressChoice.Cause.BOUNCE),
    EventType.COMPLAINED: (WeeklyMail.State.COMPLAINED, AddressChoice.Cause.COMPLAINT),
    EventType.UNSUBSCRIBED: (WeeklyMail.State.SENT, AddressChoice.Cause.PARENT),
}
PASSING = {RejectReason.TIMED_OUT}  # the address may be fine


@receiver(tracking)
def heed(sender, event, esp_name, **kwargs):
    """Stop the address of the mail that a report is about; reports about other mail are not ours."""
    if event.event_type not in REPORTS or event.reject_reason in PASSING:
        return
    try:
        number = uuid.UUID(str((event.metadata or {}).get("mail", "")))
    except ValueError:
        return
    mail = WeeklyMail.objects.filter(uuid=number).first()
    if mail is None:
        log.warning("%s reports on a mail we no longer know", esp_name)
        return
    state, cause = REPORTS[event.event_type]
    mail.state = state
    mail.save(update_fields=["state"])
    choices.stop(mail.school_id, mail.address_mark, mail.key_number, cause)
