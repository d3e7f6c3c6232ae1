"""What a mail service reports afterwards, through anymail's own views."""

import uuid

import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking

from parents.models import AddressChoice, WeeklyMail
from parents.recipients import verdicts
from tests.parents.test_sending import MOTHER, due
from tests.parents.world import a_family, a_school

pytestmark = pytest.mark.django_db


def report(kind, mail=None, **fields):
    event = AnymailTrackingEvent(event_type=kind, metadata={"mail": str(mail.uuid)} if mail else {}, **fields)
    tracking.send(sender=None, event=event, esp_name="Test")


@pytest.mark.parametrize(
    ("kind", "state", "cause"),
    [(EventType.BOUNCED, "bounced", "bounce"), (EventType.REJECTED, "bounced", "bounce"),
     (EventType.COMPLAINED, "complained", "complaint")],
)  # fmt: skip
def test_a_bounce_or_complaint_stops_the_address_within_the_school(kind, state, cause):
    here, there = a_school(), a_school()
    mail = due(a_family(here, MOTHER), state=WeeklyMail.State.SENT)
    a_family(there, MOTHER)

    report(kind, mail)
    report(kind, mail)

    mail.refresh_from_db()
    assert mail.state == state
    assert [choice.cause for choice in AddressChoice.objects.all()] == [cause]
    assert verdicts(here).mails == {}
    assert len(verdicts(there).mails) == 1


def test_what_may_pass_and_what_is_not_ours_changes_nothing():
    mail = due(a_family(a_school(), MOTHER), state=WeeklyMail.State.SENT)

    report(EventType.DELIVERED, mail)
    report(EventType.DEFERRED, mail)
    report(EventType.BOUNCED, mail, reject_reason=RejectReason.TIMED_OUT)
    report(EventType.BOUNCED)
    report(EventType.BOUNCED, WeeklyMail(uuid=uuid.uuid4()))

    mail.refresh_from_db()
    assert mail.state == "sent"
    assert not AddressChoice.objects.exists()
