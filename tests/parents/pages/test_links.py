"""The pages behind the links in mails."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from parents.mail import sending, tokens
from parents.models import AddressChoice, Block, Contact, Guardianship, MailSettings, WeeklyMail
from parents.pages.links import BAD_LINKS
from parents.rules import blocks, choices
from parents.rules.recipients import verdicts
from schools.mail.outgoing import send_due
from schools.marks import marks
from schools.models import AuditEntry, School
from students.models import Student
from tests.last_read import runs_were
from tests.parents.world import MOTHER, a_family, a_school, due
from tests.tools.pages import words

pytestmark = pytest.mark.django_db
STOP, AGAIN, NOT_MINE = reverse("parents:stop"), reverse("parents:again"), reverse("parents:not_mine")


@pytest.fixture
def school():
    return a_school()


@pytest.fixture
def links(school):
    return a_family(school, MOTHER, children=2)


@pytest.fixture
def token(links):
    mail = due(links, state=WeeklyMail.State.SENT)
    return tokens.sign(tokens.MailLink(mail.school_id, mail.address_mark, mail.key_number, mail.pk))


@pytest.fixture
def parent():
    """A stranger's browser, or a mail provider: no login, no cookie, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def mailed(school):
    return {address: set(family.students) for address, family in verdicts(school).mails.items()}


def at(path, token):
    return f"{path}?t={token}"


@pytest.mark.parametrize("path", [STOP, NOT_MINE])
def test_opening_a_link_changes_nothing_however_often(parent, school, token, path):
    for method in (parent.get, parent.head, parent.get):
        assert method(at(path, token)).status_code == 200

    assert not AddressChoice.objects.exists()
    assert not Block.objects.exists()
    assert len(mailed(school)) == 1


@pytest.mark.parametrize("body", [{"List-Unsubscribe": "One-Click"}, {}])
def test_one_post_stops_everything_and_a_second_is_as_good(parent, school, token, body):
    waiting = due(list(Guardianship.objects.all()), iso_week=42)

    first, second = parent.post(at(STOP, token), body), parent.post(at(STOP, token), body)

    assert first.status_code == second.status_code == 200
    assert "<h1>The weekly mail is stopped</h1>" in first.content.decode()
    assert first.content == second.content
    assert mailed(school) == {}
    assert AddressChoice.objects.count() == 1
    waiting.refresh_from_db()
    assert waiting.state == WeeklyMail.State.SUPPRESSED


@pytest.mark.parametrize("body", [{}, {"child": "0"}])
def test_the_answer_says_that_a_mail_on_its_way_may_still_arrive(parent, token, body):
    page = parent.post(at(STOP, token), body).content.decode()

    assert "already on its way" in page


def test_mail_about_one_child_may_be_stopped_on_its_own(parent, school, links, token):
    page = parent.get(at(STOP, token)).content.decode()
    assert f"Stop it about {links[1].student.forename} only" in page

    parent.post(at(STOP, token), {"child": "1"})

    assert mailed(school) == {MOTHER: {links[0].student_id}}


def test_a_child_who_is_not_in_the_mail_means_all(parent, school, token):
    parent.post(at(STOP, token), {"child": "9"})

    assert mailed(school) == {}


def test_when_a_child_is_erased_the_choice_about_them_becomes_one_about_all(parent, school, links, token):
    parent.post(at(STOP, token), {"child": "0"})

    links[0].student.delete()

    assert AddressChoice.objects.get().student is None
    assert mailed(school) == {}


@pytest.fixture
def again(parent):
    """Ask for the mail again with the link in a mail. Gives the path of the link sent to the address itself."""

    def ask(token):
        mail.outbox.clear()
        parent.post(at(STOP, token), {"again": "1"})
        send_due()
        if not mail.outbox:
            return None
        (sent,) = mail.outbox
        assert sent.to == [MOTHER]
        return re.search(r"/mail/again\?t=\S+", sent.body)[0]

    return ask


def test_an_old_mail_cannot_be_used_to_undo_a_no(parent, school, token):
    parent.post(at(STOP, token))

    parent.post(at(STOP, token), {"again": "1"})
    parent.post(at(AGAIN, token))

    assert mailed(school) == {}


def test_a_link_sent_to_the_address_itself_restarts_the_mail_and_the_school_can_read_that(parent, school, token, again):
    parent.post(at(STOP, token))

    link = again(token)
    assert parent.get(link).status_code == 200
    assert mailed(school) == {}  # opening changes nothing
    page = parent.post(link).content.decode()

    assert "You will get the weekly mail" in page
    assert len(mailed(school)) == 1
    assert AddressChoice.objects.get().ended_at is not None
    assert AuditEntry.objects.filter(school=school, verb="asked for the weekly mail again").count() == 1


def test_starting_again_is_offered_only_if_something_is_stopped(parent, token, again):
    assert "start again" not in parent.get(at(STOP, token)).content.decode()
    assert again(token) is None

    parent.post(at(STOP, token))

    assert "start again" in parent.get(at(STOP, token)).content.decode()


def test_an_address_the_school_no_longer_has_gets_no_link(parent, token, again):
    parent.post(at(STOP, token))
    Contact.objects.update(email="another@home.example")

    assert again(token) is None


def test_asking_over_and_over_sends_one_link(parent, token, again):
    parent.post(at(STOP, token))

    assert [again(token) is None for _ in range(3)] == [False, True, True]


def test_a_link_that_restarts_mail_lasts_three_days_and_stops_nothing(parent, school, token, again):
    parent.post(at(STOP, token))
    link = again(token)

    assert parent.post(link.replace(AGAIN, STOP)).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert parent.post(link).status_code == 404

    assert mailed(school) == {}


@pytest.mark.parametrize("cause", ["staff", "bounce", "not_mine", "complaint"])
def test_a_parent_does_not_take_back_a_complaint_or_what_others_said(parent, school, token, again, cause):
    parent.post(at(STOP, token))
    choices.stop_address(school.pk, MOTHER, cause)

    page = parent.post(again(token)).content.decode()

    assert "It is still off" in page
    assert "is on again" not in page
    assert mailed(school) == {}


def test_a_change_of_mind_under_a_new_key_takes_back_what_was_said_under_the_old_one(
    parent, school, token, again, settings
):
    parent.post(at(STOP, token))
    settings.ADDRESS_KEYS += ",2:another-key-0123456789abcdef0123456789"
    newer = tokens.sign(tokens.MailLink(school.pk, marks().address(school.pk, MOTHER), 2, 0))

    parent.post(again(newer))

    assert len(mailed(school)) == 1


DONE = ("is stopped", "is on again", "has stopped", "Thank you")


def test_the_page_says_how_the_mail_stands_since_when_and_what_goes_on_and_never_what_is_not_done(parent):
    def page():
        said = words(parent.get(at(STOP, token)))
        assert not [done for done in DONE if done in said]
        return said

    with time_machine.travel("2026-10-03 09:00"):
        links = a_family(school := a_school(), MOTHER, children=2)
        first, second = (link.student.forename for link in links)
        mail = due(links, state=WeeklyMail.State.SENT)
        token = tokens.sign(tokens.MailLink(school.pk, mail.address_mark, mail.key_number, mail.pk))
        on = f"Weekly mail about {first}: on Weekly mail about {second}:"
        assert f"{school.name} to m…o@h….example. {on} on" in page()
        assert "itself may still write to you" in page()
        parent.post(at(STOP, token), {"child": "1"})
        assert f"{on} off since 3 October 2026" in page()
        assert f"Stop it about {second}" not in page()
    with time_machine.travel("2026-10-05 09:00"):
        stopped = words(parent.post(at(STOP, token)))
        assert "Weekly mail: off since 5 October 2026" in stopped
        assert "To get it again" in stopped
    with time_machine.travel("2026-10-07 09:00"):
        assert "Weekly mail: off since 5 October 2026" in words(parent.post(at(STOP, token)))
        assert "Stop the weekly mail" not in page()
        choices.take_back(school.pk, marks().addresses(school.pk, MOTHER))
        choices.stop_address(school.pk, MOTHER, "staff")
        assert "Weekly mail: off since 7 October 2026 Not everything that stopped it can be undone here" in page()
        assert "Send me a link" not in page()


def blocked(links):
    blocks.block(links[0].student, links[0].contact, Block.Cause.COURT_ORDER)


def without_responsibility(links):
    Guardianship.objects.filter(pk=links[0].pk).update(responsibility=False)


def no_longer_a_contact(links):
    Guardianship.objects.filter(pk=links[0].pk).update(left_at=timezone.now())


def another_address(links):
    Contact.objects.filter(pk=links[0].contact_id).update(email="another@home.example")


def not_confirmed(links):
    Guardianship.objects.filter(pk=links[0].pk).update(doubt="not_listed")


def contacts_withdrawn(links):
    School.objects.update(frozen={"contacts": {"since": "2026-10-01", "erase_on": "2026-10-15"}})


def not_read_lately(links):
    runs_were(School.objects.get(), as_of=timezone.now() - timedelta(hours=49))


CHANGES = [
    blocked, without_responsibility, no_longer_a_contact, another_address, not_confirmed, contacts_withdrawn,
    not_read_lately,
]  # fmt: skip


@pytest.mark.parametrize("happened", CHANGES)
def test_an_old_link_names_no_child_its_reader_may_no_longer_know_about_but_still_stops(
    parent, school, links, token, happened
):
    child = links[0].student
    Student.objects.filter(pk=child.pk).update(forename="Renamed")
    happened(links)

    opened = parent.get(at(STOP, token)).content.decode()
    stopped = parent.post(at(STOP, token), {"child": "0"}).content.decode()
    afterwards = parent.get(at(STOP, token)).content.decode()

    for page in (opened, stopped, afterwards):
        assert "Renamed" not in page
    assert AddressChoice.objects.get().student_id == child.pk
    assert "Weekly mail about one child or more" in afterwards


def test_a_link_names_nobody_after_sixty_days_but_still_stops(parent, school, links, token):
    with time_machine.travel(timezone.now() + timedelta(days=61)):
        page = parent.get(at(STOP, token)).content.decode()
        parent.post(at(STOP, token))

    assert not [link for link in links if link.student.forename in page]
    assert "to your address" in page
    assert mailed(school) == {}


def test_this_is_not_my_child_stops_blocks_and_tells_and_shows_nothing(
    parent, school, links, token, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as told:
        page = parent.post(at(NOT_MINE, token)).content.decode()
        parent.post(at(NOT_MINE, token))

    assert mailed(school) == {}
    assert not [link for link in links if link.student.forename in page]
    assert "again" not in page
    assert AddressChoice.objects.get().cause == "not_mine"
    assert {block.student_id for block in Block.objects.all()} == {link.student_id for link in links}
    assert AuditEntry.objects.filter(school=school, verb__contains="not my child").count() == 1
    assert len(told) == 1
    Contact.objects.update(email="another@home.example", wonde_id="P-new")
    assert mailed(school) == {}


def test_a_deleted_contact_a_deleted_mail_and_a_gone_student_see_the_same_page(parent, school, token):
    WeeklyMail.objects.all().delete()
    Contact.objects.all().delete()
    Student.objects.all().delete()

    assert parent.get(at(STOP, token)).status_code == 200
    assert "<h1>The weekly mail is stopped</h1>" in parent.post(at(STOP, token)).content.decode()
    assert AddressChoice.objects.count() == 1
    assert parent.post(at(NOT_MINE, token)).status_code == 200


@pytest.mark.parametrize(
    "spoil", [lambda t: "", lambda t: t[:-3], lambda t: "x" + t[1:], lambda t: "é", lambda t: t * 9]
)
def test_a_link_that_does_not_work_gets_a_plain_page(parent, token, spoil):
    for method in (parent.get, parent.post):
        response = method(at(STOP, spoil(token)))
        assert response.status_code == 404
        assert "This link does not work" in response.content.decode()
    assert not AddressChoice.objects.exists()


def test_a_link_from_another_installation_does_not_work(parent, token, settings):
    settings.ADDRESS_KEYS = "1:a-wholly-different-key-0123456789abcdef"

    assert parent.post(at(STOP, token)).status_code == 404


def test_a_link_works_for_two_years_and_no_longer(token):
    with time_machine.travel(timezone.now() + timedelta(days=730)):
        assert tokens.read(token)
    with time_machine.travel(timezone.now() + timedelta(days=733)), pytest.raises(tokens.BadTokenError):
        tokens.read(token)


def test_a_link_reveals_nothing(school, token):
    import base64

    body = base64.urlsafe_b64decode(token + "==")
    assert marks().address(school.pk, MOTHER) not in token
    assert bytes.fromhex(marks().address(school.pk, MOTHER)) not in body
    assert b"okoro" not in body


def test_good_links_are_never_throttled_and_bad_ones_are(parent, token):
    for _ in range(BAD_LINKS):
        assert parent.get(at(STOP, "broken")).status_code == 404

    assert parent.get(at(STOP, "broken")).status_code == 429
    assert parent.post(at(STOP, token)).status_code == 200


@pytest.mark.parametrize("path", [STOP, NOT_MINE])
def test_pages_leave_no_trace(parent, token, path):
    for response in (parent.get(at(path, token)), parent.post(at(path, token)), parent.get(at(path, "broken"))):
        assert not response.cookies
        assert response["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response["Cache-Control"]
        assert 'content="no-referrer"' in response.content.decode()
        assert token not in response.content.decode() or path == STOP


def test_the_pages_speak_the_schools_language(parent, token):
    MailSettings.objects.update(language="cy")

    page = parent.get(at(STOP, token)).content.decode()

    assert '<html lang="cy">' in page
    assert "Atal yr e-bost wythnosol" in page
    assert "Neidio i'r dudalen" in unescape(page)
    assert not re.search(r"\b(Stop|Help|Skip|mail)\b", re.sub(r"<[^>]*>", "", page.partition("<body>")[2]))


def test_being_signed_in_makes_no_difference(parent, school, token, client):
    from tests.factories import SupportFactory

    client.force_login(SupportFactory())

    assert client.post(at(STOP, token)).status_code == 200
    assert mailed(school) == {}


def test_sent_mail_carries_links_that_work(parent, school, links, settings):
    from tests.parents.mail import mailbox

    due(links)
    with mailbox.running(settings) as box:
        sending.send_due(school.pk)
    (mail,) = box.to(MOTHER)
    link = mail["List-Unsubscribe"].strip(" <>").removeprefix(settings.SITE_URL)

    assert parent.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert mailed(school) == {}
    body = mail.get_body(["plain"]).get_content()
    assert link in body
