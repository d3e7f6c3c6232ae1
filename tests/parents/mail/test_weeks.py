"""Weeks of mail at a living school: the sandbox over HTTP, the real engine, real SMTP, links as they were sent."""

from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from parents.mail import dispatch, sending
from parents.mail.letter import Week
from parents.models import Guardianship, WeeklyMail
from parents.rules.recipients import verdicts
from tests.factories import MailSettingsFactory
from tests.parents.mail import mailbox
from tests.sync.living import living_school

pytestmark = pytest.mark.django_db
FIRST, SECOND = Week(2026, 41), Week(2026, 42)


class Town:
    """A living school whose weekly mail is on, and the mailbox of its parents."""

    def __init__(self, living, box):
        self.living, self.box = living, box
        self.settings = MailSettingsFactory(school=living.school, says_nothing_to_report=True)

    def couples(self):
        """(mother, father): links of first contacts, who are mailed, and of second contacts; only children's."""
        for family in sorted(verdicts(self.living.school).mails.values(), key=lambda family: family.students):
            links = Guardianship.objects.current().filter(student__in=family.students).order_by("priority")
            pair = list(links.select_related("contact", "student"))
            emails = {link.contact.email.lower() for link in pair}
            ranked = [link.priority for link in pair] == [1, 2] and pair[0].contact_id in family.contacts
            if ranked and len(emails) == 2 and all(emails):
                yield pair

    def night(self, *events):
        """What happens in the MIS, and the sync after it."""
        return self.living.day(*events)[0]

    def make(self, week):
        return dispatch.make_now(self.living.school.pk, week, timezone.now())

    def send(self):
        """Send what is due; afterwards the mailbox holds only that."""
        self.box.mails.clear()
        return sending.send_due(self.living.school.pk)

    def week(self, week):
        self.make(week)
        return self.send()

    def stop(self, client, address):
        """What a mail program does for "unsubscribe", with the last mail to `address` (RFC 8058)."""
        link = urlsplit(self.box.to(address)[-1]["List-Unsubscribe"].strip("<> "))
        response = client.post(f"{link.path}?{link.query}", {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200


@pytest.fixture
def town(settings):
    with mailbox.running(settings) as box, living_school(settings, students=90) as living:
        yield Town(living, box)


def test_after_one_click_the_next_week_brings_no_mail_and_the_father_gets_none_instead(town, client):
    (mother, father), (other, _) = list(town.couples())[:2]
    town.week(FIRST)

    town.stop(client, mother.contact.email)
    town.week(SECOND)

    assert len(town.box.to(other.contact.email)) == 1
    assert town.box.to(mother.contact.email) == town.box.to(father.contact.email) == []


def test_after_one_click_a_new_id_and_capital_letters_bring_no_mail_back(town, client):
    mother, father = next(town.couples())
    address = mother.contact.email
    town.week(FIRST)
    town.stop(client, address)

    (renewed,) = town.night({"event": "contact_new_id", "contact": mother.contact.wonde_id})
    town.night({"event": "change_email", "contact": renewed["contact"], "email": address.upper()})
    assert Guardianship.objects.current().filter(contact__wonde_id=renewed["contact"]).exists()
    town.week(SECOND)

    assert not {recipient for recipient, _ in town.box.mails} & {address, address.upper(), father.contact.email}


def test_a_court_order_that_arrives_when_mail_is_due_stops_it(town):
    mother, father = next(town.couples())
    town.make(FIRST)

    town.night({"event": "court_order", "student": mother.student.wonde_id, "contact": mother.contact.wonde_id})
    town.send()

    assert town.box.to(mother.contact.email) == town.box.to(father.contact.email) == []
    row = WeeklyMail.objects.get(contacts=[mother.contact_id])
    assert (row.state, row.reason) == ("suppressed", "no_longer_listed")
    town.week(SECOND)
    assert town.box.to(mother.contact.email) == []
    assert len(town.box.to(father.contact.email)) == 1  # now the first of those who may be told


def test_a_sibling_joins_and_one_mail_is_about_both(town):
    mother, _ = next(town.couples())
    town.week(FIRST)

    town.night({"event": "join", "sibling": mother.student.wonde_id})
    town.week(SECOND)

    (mail,) = town.box.to(mother.contact.email)
    siblings = Guardianship.objects.current().filter(contact=mother.contact_id).select_related("student")
    text = mail.get_body(["plain"]).get_content()
    assert len(siblings) == 2
    assert all(link.student.forename in text for link in siblings)


def test_a_contact_without_a_priority_ranks_below_one_with_and_is_mailed_if_alone(town):
    (mother, father), (lone, other) = list(town.couples())[:2]
    town.night(
        {"event": "change_priority", "student": mother.student.wonde_id, "contact": mother.contact.wonde_id},
        {"event": "change_priority", "student": lone.student.wonde_id, "contact": lone.contact.wonde_id},
        {"event": "lose_contact", "student": other.student.wonde_id, "contact": other.contact.wonde_id},
    )

    town.week(FIRST)

    assert town.box.to(mother.contact.email) == []
    assert len(town.box.to(father.contact.email)) == len(town.box.to(lone.contact.email)) == 1


def test_two_families_with_one_address_are_both_left_alone(town):
    (mother, _), (stranger, _) = list(town.couples())[:2]
    town.night({"event": "change_email", "contact": stranger.contact.wonde_id, "email": mother.contact.email})

    town.week(FIRST)

    assert town.box.to(mother.contact.email) == town.box.to(stranger.contact.email) == []
