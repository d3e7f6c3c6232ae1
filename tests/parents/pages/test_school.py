"""The lead's page: counts, masked addresses, blocks."""

import pytest
from django.urls import reverse

from parents.mail import holds
from parents.models import AddressChoice, Block
from parents.rules import choices
from parents.rules.recipients import verdicts
from schools.models import AuditEntry, School
from tests.factories import ContactFactory, GuardianshipFactory, LeadRightFactory, StudentFactory, TeacherFactory
from tests.parents.world import MOTHER, a_child, a_family, a_school, due, said_no
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return a_school()


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school).user)


def address(school):
    return reverse("parents:overview", args=[school.code])


def test_a_lead_sees_who_is_reached_by_class_and_which_addresses_to_correct(school, lead):
    a_family(school, MOTHER)
    GuardianshipFactory(student=a_child(school), contact=ContactFactory(school=school, surname="Broken", email="n/a"))

    page = lead.get(address(school)).text

    assert page.count("1 of 1") == 1
    assert page.count("0 of 1") == 1
    assert "Broken" in page
    assert MOTHER not in page


def test_past_weeks_are_named_by_their_monday(school, lead):
    due(a_family(school, MOTHER), state="sent")

    assert "Week of Monday 5 October 2026: 1 handed over" in words(lead.get(address(school)))


def test_people_without_any_address_are_counted_separately(school, lead):
    GuardianshipFactory(student=a_child(school), contact=ContactFactory(school=school, surname="Silent", email=""))

    page = words(lead.get(address(school)))

    assert "No address needs correcting." in page
    assert "1 parent or carer has no email address" in page
    assert "Silent" in page


def test_an_unsubscribed_parent_is_not_an_address_to_correct(school, lead):
    a_family(school, MOTHER)
    said_no(school, MOTHER)

    assert "No address needs correcting." in lead.get(address(school)).text


@pytest.mark.parametrize("who", ["teacher", "lead of another school", "nobody"])
def test_the_page_is_only_for_leads(school, client, who):
    if who == "teacher":
        client = signed_in(TeacherFactory(school=school).user)
    elif who != "nobody":
        client = signed_in(LeadRightFactory().user)

    assert client.get(address(school)).status_code == (302 if who == "nobody" else 404)


@pytest.mark.parametrize("typed", ["O'Neill", "o’neill", "ONEILL", "O Neill", "neill, sean"])
@pytest.mark.parametrize("whose", ["child", "parent"])
def test_a_block_is_set_by_the_name_of_the_child_or_of_the_parent_however_it_is_typed(school, lead, typed, whose):
    called = {"surname": "O’Neill", "forename": "Seán"}
    child = StudentFactory(school=school, **called if whose == "child" else {})
    contact = ContactFactory(school=school, **called if whose == "parent" else {})
    link = GuardianshipFactory(student=child, contact=contact)

    page = lead.post(address(school), {"find": typed}).text
    lead.post(address(school), {"block": link.pk})

    assert f'name="block" value="{link.pk}"' in page
    assert Block.objects.standing().get().student == child


def test_a_sentence_says_when_there_are_more_parents_than_fit(school, lead):
    for _ in range(31):
        GuardianshipFactory(
            student=StudentFactory(school=school, surname="Okoro"), contact=ContactFactory(school=school)
        )

    page = lead.post(address(school), {"find": "okoro"}).text

    assert page.count('name="block"') == 30
    assert "More people match than fit here: type more of the name." in page


def test_a_lead_sets_a_block_by_the_childs_name_and_lifts_it(school, lead):
    (link,) = a_family(school, MOTHER)
    found = lead.post(address(school), {"find": link.student.surname})
    assert str(link.contact) in found.text

    lead.post(address(school), {"block": link.pk})
    assert verdicts(school).mails == {}
    row = Block.objects.get()
    assert link.student.list_name in lead.get(address(school)).text

    lead.post(address(school), {"lift": row.pk})

    assert len(verdicts(school).mails) == 1
    assert set(AuditEntry.objects.values_list("verb", flat=True)) == {"blocked", "lifted"}


def test_a_link_or_block_of_another_school_cannot_be_touched(school, lead):
    (theirs,) = a_family(a_school(), MOTHER)

    assert lead.post(address(school), {"block": theirs.pk}).status_code == 404
    assert not Block.objects.exists()


def test_a_withdrawn_permission_hides_everybody(school, lead):
    (link,) = a_family(school, "n/a")
    School.objects.update(frozen={"contacts": {"since": "2026-10-01", "erase_on": "2026-10-15"}})

    for page in (lead.get(address(school)), lead.post(address(school), {"find": link.student.surname})):
        assert link.contact.surname not in page.text.replace(link.student.surname, "")


def test_the_page_takes_as_many_queries_for_twenty_families_as_for_one(school, lead, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    a_family(school, "p@home.example")
    with CaptureQueriesContext(connection) as one:
        lead.get(address(school))
    for number in range(19):
        a_family(school, f"p{number}@home.example")

    with django_assert_num_queries(len(one)):
        lead.get(address(school))


def bounced(school, *addresses, week=41):
    """A family for each address, whose mail came back one week; returns the links."""
    links = [a_family(school, address)[0] for address in addresses]
    for link in links:
        mail = due([link], state="bounced", iso_week=week)
        choices.stop(school.pk, mail.address_mark, mail.key_number, AddressChoice.Cause.BOUNCE)
    return links


def mailed(school):
    return set(verdicts(school).mails)


def test_a_lead_lets_mail_go_again_to_one_address_with_a_reason(school, lead):
    first, _ = bounced(school, MOTHER, "dad@home.example")
    page = lead.get(address(school)).text
    assert f'name="again" value="{first.contact_id}"' in page

    for reason in ({}, {"reason": " no "}):
        said = words(lead.post(address(school), {"again": first.contact_id, **reason}, follow=True))
        assert "Say why mail may go there again" in said
        assert mailed(school) == set()
    said = words(lead.post(address(school), {"again": first.contact_id, "reason": "she rang"}, follow=True))

    assert "Mail goes again to 1 address." in said
    assert mailed(school) == {MOTHER}
    entry = AuditEntry.objects.get(verb="let mail go again")
    assert (entry.kind, entry.object_id, entry.reason) == ("contact", first.contact_id, "she rang")


def test_a_lead_lets_mail_go_again_to_everyone_one_send_did_not_reach(school, lead):
    bounced(school, MOTHER, "dad@home.example")
    bounced(school, "old@home.example", week=40)
    complained = bounced(school, "spam@home.example")[0]
    choices.stop_address(school.pk, complained.contact.email, AddressChoice.Cause.COMPLAINT)
    page = words(lead.get(address(school)))
    assert "Week of Monday 5 October 2026: 3 addresses stopped" in page
    assert "Week of Monday 28 September 2026: 1 address stopped" in page

    posted = {"again_week": "2026-W41", "reason": "the relay was wrong"}
    said = words(lead.post(address(school), posted, follow=True))

    assert "Mail goes again to 3 addresses." in said
    assert mailed(school) == {MOTHER, "dad@home.example"}
    assert AuditEntry.objects.get(verb="let mail go again").reason == "2026-W41: the relay was wrong"


def test_a_bounce_from_before_mail_rows_said_whose_fault_it_was_can_be_cleared_too(school, lead):
    (link,) = a_family(school, MOTHER)
    choices.stop_address(school.pk, MOTHER, AddressChoice.Cause.BOUNCE)

    lead.post(address(school), {"again": link.contact_id, "reason": "she rang"})

    assert mailed(school) == {MOTHER}


@pytest.mark.parametrize("posted", [{"again": "999999"}, {"again_week": "yesterday"}, {"again_week": "2026-W60"}])
def test_mail_cannot_go_again_to_what_does_not_exist(school, lead, posted):
    assert lead.post(address(school), posted | {"reason": "she rang"}).status_code == 404


def test_a_contact_of_another_school_cannot_be_written_to_again(school, lead):
    (link,) = bounced(a_school(), MOTHER)

    assert lead.post(address(school), {"again": link.contact_id, "reason": "she rang"}).status_code == 404
    assert AddressChoice.objects.standing().exists()


def test_the_page_of_a_held_school_says_that_no_parent_is_to_blame(school, lead):
    holds.refused_us(school.pk, "smtp_554")

    assert "the mail server refuses ours. No parent is to blame" in words(lead.get(address(school)))
