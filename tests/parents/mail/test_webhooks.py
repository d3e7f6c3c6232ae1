"""What a mail service reports afterwards, through anymail's own signal."""

import uuid

import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking

from parents.models import AddressChoice, MailHold, WeeklyMail
from parents.rules.recipients import verdicts
from tests.factories import ago
from tests.parents.world import MOTHER, a_family, a_school, due

pytestmark = pytest.mark.django_db

NO_MAILBOX = {"kind": EventType.BOUNCED, "mta_response": "550 5.1.1 User unknown"}
SOFT = {"kind": EventType.BOUNCED, "reject_reason": RejectReason.TIMED_OUT}
FULL = {"kind": EventType.BOUNCED, "mta_response": "552 5.2.2 over quota"}
OURS = {"kind": EventType.BOUNCED, "mta_response": "550 5.7.1 blocked using zen.spamhaus.org"}
COMPLAINED = {"kind": EventType.COMPLAINED}
UNSUBSCRIBED = {"kind": EventType.UNSUBSCRIBED}
DELIVERED = {"kind": EventType.DELIVERED}

REPORTS = [NO_MAILBOX, SOFT, FULL, OURS, COMPLAINED, UNSUBSCRIBED, DELIVERED]
# The table in docs/parents.md: a mail's state -> its state after each of REPORTS, and what stops the address.
TABLE = {
    "due": ["bounced bounce", "due", "due", "due", "complained complaint", "suppressed parent", "due"],
    "sending": ["bounced bounce", "due", "due", "due", "complained complaint", "sending parent", "sending"],
    "sent": ["bounced bounce", "due", "due", "due", "complained complaint", "sent parent", "sent"],
    "unknown": ["bounced bounce", "failed", "failed", "failed", "complained complaint", "unknown parent", "sent"],
    "failed": ["bounced bounce", "failed", "failed", "failed", "complained complaint", "failed parent", "failed"],
    "suppressed": [
        "suppressed bounce", "suppressed", "suppressed", "suppressed", "complained complaint", "suppressed parent",
        "suppressed",
    ],
    "bounced": ["bounced bounce", "bounced", "bounced", "bounced", "complained complaint", "bounced parent", "bounced"],
    "complained": [
        "complained bounce", "complained", "complained", "complained", "complained complaint", "complained parent",
        "complained",
    ],
}  # fmt: skip


def report(kind, mail=None, **fields):
    event = AnymailTrackingEvent(event_type=kind, metadata={"mail": str(mail.uuid)} if mail else {}, **fields)
    tracking.send(sender=None, event=event, esp_name="Test")


def told(mail):
    mail.refresh_from_db()
    causes = AddressChoice.objects.standing().values_list("cause", flat=True)
    return " ".join([mail.state, *causes])


def test_the_table_has_every_state():
    assert set(TABLE) == set(WeeklyMail.State.values)


@pytest.mark.parametrize("twice", [1, 2])
@pytest.mark.parametrize(
    ("before", "reported", "after"),
    [(state, each, after) for state, row in TABLE.items() for each, after in zip(REPORTS, row, strict=True)],
)
def test_every_report_on_a_mail_in_every_state(before, reported, after, twice):
    mail = due(a_family(a_school(), MOTHER), state=before, tries=1)

    for _ in range(twice):
        report(mail=mail, **reported)

    assert told(mail) == after
    assert MailHold.objects.standing().count() == (reported is OURS)


def test_only_the_address_within_the_school_is_stopped():
    here, there = a_school(), a_school()
    mail = due(a_family(here, MOTHER), state=WeeklyMail.State.SENT)
    a_family(there, MOTHER)

    report(mail=mail, **NO_MAILBOX)

    assert verdicts(here).mails == {}
    assert len(verdicts(there).mails) == 1


@pytest.mark.parametrize("reported", [SOFT, FULL, OURS])
def test_a_report_too_late_for_another_try_fails_the_mail_and_holds_nothing(reported):
    mail = due(a_family(a_school(), MOTHER), state=WeeklyMail.State.SENT, until=ago(minutes=1))

    report(mail=mail, **reported)

    assert told(mail) == "failed"
    assert not MailHold.objects.exists()


@pytest.mark.parametrize(
    ("reason", "after"),
    [
        (RejectReason.SPAM, "complained complaint"),  # they complained about an earlier mail, and the service remembers
        (RejectReason.UNSUBSCRIBED, "sent parent"),
        (RejectReason.BOUNCED, "bounced bounce"),
        (RejectReason.INVALID, "bounced bounce"),
        (RejectReason.BLOCKED, "due"),
        (None, "due"),
    ],
)
def test_a_rejection_by_a_service_is_judged_by_its_reason(reason, after):
    mail = due(a_family(a_school(), MOTHER), state=WeeklyMail.State.SENT)

    report(EventType.REJECTED, mail, reject_reason=reason)

    assert told(mail) == after


def test_reports_on_mail_under_way_or_not_ours_change_nothing():
    mail = due(a_family(a_school(), MOTHER), state=WeeklyMail.State.SENT)

    report(EventType.DEFERRED, mail)
    report(EventType.OPENED, mail)
    report(EventType.BOUNCED)
    report(EventType.BOUNCED, WeeklyMail(uuid=uuid.uuid4()))

    assert told(mail) == "sent"


def test_bounces_of_too_large_a_share_of_a_send_stop_no_address():
    school = a_school()
    mails = [due(a_family(school, f"p{number}@home.example"), state=WeeklyMail.State.SENT) for number in range(20)]

    for mail in mails[:15]:
        report(mail=mail, **NO_MAILBOX)

    assert not AddressChoice.objects.standing().exists()
    assert MailHold.objects.get().cause == "share"
    assert [WeeklyMail.objects.filter(state=state).count() for state in ("bounced", "sent", "due")] == [15, 5, 0]
