"""More is asked than a school agreed to: told, dated, and read only after a yes; what cannot do without it stops."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from parents.models import MailSettings
from schools.mail.outgoing import send_due
from schools.models import AskedAnew, AuditEntry, Sharing
from schools.sharing import keys, purposes
from sync.models import Need, SyncSettings
from sync.needs import daily, more_asked, noting
from tests.factories import (
    AuthoriserRightFactory,
    GuardianshipFactory,
    LeadRightFactory,
    MailSettingsFactory,
    SyncRunFactory,
    SyncSettingsFactory,
)
from tests.sync.tables import versions
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)
NEEDED, OPTIONAL = "contacts.upi", "employees.upi"  # for the weekly mail, and for class lists, which go on without


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def school(clock):
    """It agreed when neither field was asked for."""
    school = SyncSettingsFactory(school__code="harbour", school__name="Harbour School").school
    MailSettingsFactory(school=school)
    SyncRunFactory(school=school)
    agreed_without(school, NEEDED, OPTIONAL)
    return school


def agreed_without(school, *fields):
    everything = purposes.agreed_by_version(purposes.VERSION)
    agreed = {key: [name for name in names if name not in fields] for key, names in everything.items()}
    Sharing.objects.update_or_create(school=school, defaults={"agreed": agreed, "agreed_at": MONDAY})


def told(clock, day):
    """What the mails say of it on the morning so many days after the first."""
    clock.move_to(MONDAY + timedelta(days=day))
    mail.outbox.clear()
    noting.note_all()
    daily.tell()
    send_due()
    return [letter.body for letter in mail.outbox if "more fields" in letter.body]


def test_leads_are_told_once_and_after_fourteen_days_and_nothing_is_read_until_one_agrees(school, clock):
    lead = LeadRightFactory(school=school).user
    (first,) = told(clock, 0)
    assert "2 more fields are asked for than were agreed to. They are not read until somebody agrees." in first
    assert "Without an answer “Weekly mail to parents and carers” stops on 30 December 2026." in first
    written = versions("schools_outgoingmail", "sync_syncsettings", "sync_connection", "sync_reminder")
    assert told(clock, 1) == []
    assert versions("schools_outgoingmail", "sync_syncsettings", "sync_connection", "sync_reminder") == written
    assert told(clock, 13) == []
    assert len(told(clock, 14)) == 1
    assert told(clock, 15) == []
    assert not {NEEDED, OPTIONAL} & keys.asked_of(school)

    page = reverse("sync:review", args=["harbour"])
    said = words(signed_in(lead).get(page))
    assert "asks for 2 more fields" in said
    assert "UPI parents and carers To find a person under a new id Weekly mail to parents and carers" in said
    assert "UPI staff To find a person who left and came back Class lists employees.read everything goes on" in said
    assert "For review: 2 more fields" in words(signed_in(lead).get(reverse("sync:sharing", args=["harbour"])))
    assert support_client(looks_at=[school]).post(page, {"seen": f"{NEEDED} {OPTIONAL}"}).status_code == 404
    assert "changed meanwhile" in words(signed_in(lead).post(page, {"seen": NEEDED}))
    assert not {NEEDED, OPTIONAL} & keys.asked_of(school)

    authoriser = signed_in(AuthoriserRightFactory(school=school).user)
    assert "Agree to 2 more fields" in words(authoriser.get(page))
    authoriser.post(page, {"seen": f"{NEEDED} {OPTIONAL}"})

    assert {NEEDED, OPTIONAL} <= keys.asked_of(school)
    assert Sharing.objects.get().since.keys() == {NEEDED, OPTIONAL}
    assert SyncSettings.objects.get().wanted_at
    assert not Need.objects.filter(code="more_asked").exists()
    assert not AskedAnew.objects.exists()
    assert AuditEntry.objects.filter(verb="agreed to what is asked", actor__authoriser_rights__school=school).exists()
    assert "Nothing to review" in words(signed_in(lead).get(page))


def test_without_an_answer_only_what_cannot_do_without_stops_thirty_days_after_it_was_shown(school, clock):
    LeadRightFactory(school=school)
    GuardianshipFactory(contact__school=school, student__school=school)
    noting.note_all()
    clock.shift(timedelta(days=20))
    agreed_without(school, NEEDED, OPTIONAL, "contacts.title", "employees.email")  # a later version asks for these too
    noting.note_all()

    clock.move_to(MONDAY + timedelta(days=30, seconds=-1))
    assert more_asked.stop_unanswered() == 0
    clock.shift(timedelta(seconds=1))
    assert more_asked.stop_unanswered() == 1

    assert keys.on_at(school) == {"roster", "staff_sign_in"}  # whose field was shown ten days ago
    assert not MailSettings.objects.get().enabled
    send_due()
    assert [letter.subject for letter in mail.outbox] == [
        "Harbour School: “Weekly mail to parents and carers” has stopped"
    ] * 2  # a lead, and support
    assert more_asked.stop_unanswered() == 0

    clock.shift(timedelta(days=20))
    assert more_asked.stop_unanswered() == 1
    assert keys.on_at(school) == {"roster"}
    assert [row.reason for row in school.purposes.all()] == [more_asked.UNANSWERED] * 2
