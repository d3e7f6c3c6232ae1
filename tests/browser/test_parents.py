"""Parents' pages in a real browser, from the mail on: one click, a way back, not my child; phone, dark, axe."""

import pytest
from django.conf import settings

from parents.mail import sending
from parents.models import AddressChoice, Block
from parents.rules import choices
from parents.rules.recipients import verdicts
from schools.mail.outgoing import send_due
from tests.factories import LeadRightFactory
from tests.parents.mail import mailbox
from tests.parents.world import MOTHER, a_family, a_school, due

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def school():
    return a_school(language="en")


@pytest.fixture
def mail(school, settings):
    """The mail a family of two got."""
    due(a_family(school, MOTHER, children=2))
    with mailbox.running(settings) as box:
        sending.send_due(school.pk)
    return box.to(MOTHER)[0]


def opened(page, mail, live_server, path="stop"):
    """Follow the link in the mail, as a reader would."""
    page.set_content(mail.get_body(["html"]).get_content().replace(settings.SITE_URL, live_server.url))
    page.locator(f"a[href*='/mail/{path}']").click()


def test_a_parent_stops_the_mail_with_one_click_and_starts_it_again_from_a_second_mail(
    page, well_made, live_server, mail, school, settings
):
    opened(page, mail, live_server)
    well_made("stop")
    assert len(verdicts(school).mails) == 1

    page.get_by_role("button", name="Stop the weekly mail").click()
    page.get_by_role("heading", name="The weekly mail is stopped").wait_for()
    well_made("stopped")
    assert verdicts(school).mails == {}
    assert page.context.cookies() == []

    page.get_by_role("button", name="Send me a link to start again").click()
    page.get_by_text("A link is on its way to your address").wait_for()
    assert verdicts(school).mails == {}
    with mailbox.running(settings) as box:
        send_due()
    page.goto("about:blank")  # mail is read elsewhere, not under our policy
    page.set_content(box.to(MOTHER)[0].get_body(["html"]).get_content().replace(settings.SITE_URL, live_server.url))
    page.locator("a[href*='/mail/again']").click()
    well_made("again")
    page.get_by_role("button", name="Start the weekly mail again").click()
    page.get_by_text("You will get the weekly mail").wait_for()
    assert len(verdicts(school).mails) == 1


def test_this_is_not_my_child_shows_nothing_and_stops_at_once(page, well_made, live_server, mail, school):
    opened(page, mail, live_server, "not-mine")
    well_made("not mine")

    page.get_by_role("button", name="This is not my child").click()
    page.get_by_text("Thank you").wait_for()

    assert verdicts(school).mails == {}
    assert Block.objects.count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mail_is_readable_on_a_phone_in_both_schemes(page, axe, mail, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 800})
    page.set_content(mail.get_body(["html"]).get_content())

    found = [violation for violation in axe() if violation[0] not in {"region", "landmark-one-main"}]
    assert found == []  # a mail has no landmarks: the mail program has them
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_leads_page_is_well_made(page, well_made, live_server, sign_in, school):
    a_family(school, MOTHER)
    a_family(school, "n/a")
    sign_in(LeadRightFactory(school=school).user)

    page.goto(f"{live_server.url}/schools/{school.code}/parents/")
    page.get_by_label("Block a parent or carer, by their name").fill("Okoro")
    page.get_by_role("button", name="Find them").click()
    page.get_by_role("button", name="Block ").first.wait_for()

    well_made("parents of a school")


def test_a_lead_lets_mail_go_again_by_keyboard_and_never_to_everybody_by_mistake(
    page, well_made, live_server, sign_in, school
):
    for address in (MOTHER, "a.very.long.address.of.a.father@home.example"):
        mail = due(a_family(school, address), state="bounced")
        choices.stop(school.pk, mail.address_mark, mail.key_number, AddressChoice.Cause.BOUNCE)
    sign_in(LeadRightFactory(school=school).user)
    page.goto(f"{live_server.url}/schools/{school.code}/parents/")
    well_made("mail that did not get through")

    why = page.get_by_label("Why may mail go there again?")
    why.fill("the relay was wrong")
    why.press("Enter")
    assert verdicts(school).mails == {}
    page.get_by_role("button", name="Write to all of them again").press("Enter")
    page.get_by_text("Mail goes again to 2 addresses.").wait_for()

    assert len(verdicts(school).mails) == 2
