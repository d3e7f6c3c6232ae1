"""Where parents' answers go: every state of a school's mail with and without an address for them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from parents.mail import dispatch
from parents.mail.emails import Sender
from parents.models import MailSettings
from parents.rules import answers
from parents.rules.recipients import why_not_now
from schools.mail.outgoing import send_due
from schools.models import OutgoingMail
from schools.models.last_read import MAIL_GRACE
from sync.models import Need
from sync.needs import noting
from tests.factories import ContactFactory, LeadRightFactory, SyncSettingsFactory, ago
from tests.last_read import runs_were
from tests.parents.world import FRIDAY, a_family, a_school
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db
OFFICE, OTHER = "office@school.example", "desk@school.example"


@pytest.fixture
def school():
    """Its mail is on, and its office takes parents' answers."""
    school = a_school()
    SyncSettingsFactory(school=school)
    return school


def without(school, days):
    """As schools are whose mail was on before an address was asked for."""
    MailSettings.objects.filter(school=school).update(reply_to="", unanswered_since=ago(days=days))
    return MailSettings.objects.get(school=school)


def saved(school, **fields):
    """What a form does: checks, saves, and has the address written to where it is another."""
    row, before = MailSettings.objects.get(school=school), MailSettings.objects.get(school=school).reply_to
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save(update_fields=fields)
    answers.settled(school, is_another=row.reply_to != before)
    return MailSettings.objects.get(school=school)


def codes(school):
    noting.note(school)
    return set(Need.objects.filter(school=school).values_list("code", flat=True)) & {"reply_to", "mail_stopped"}


def refuse(monkeypatch, *addresses):
    from smtplib import SMTPRecipientsRefused

    from django.core.mail.backends.locmem import EmailBackend

    sends = EmailBackend.send_messages

    def taken(self, messages):
        if messages[0].to[0] in addresses:
            raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"5.1.1 no such user")})
        return sends(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", taken)


def test_mail_that_is_off_is_switched_on_only_with_an_address_and_keeps_one(school):
    MailSettings.objects.update(enabled=False, reply_to="")

    with pytest.raises(ValidationError, match="needs an address of the school"):
        saved(school, enabled=True)
    assert saved(school, enabled=False, hour=9).hour == 9
    assert saved(school, enabled=True, reply_to=OFFICE).enabled
    with pytest.raises(ValidationError, match="needs an address of the school"):
        saved(school, reply_to="")
    assert saved(school, enabled=False, reply_to="").reply_to == ""


@pytest.mark.parametrize("address", ["team@example.org", "us@NEWS.example.org", "m.okoro@home.example"])
def test_an_address_of_ours_or_of_a_parent_is_no_address_for_answers(school, address):
    ContactFactory(school=school, email="M.Okoro@home.example")

    with pytest.raises(ValidationError, match=r"our own address|A parent or carer has this address"):
        saved(school, reply_to=address)


@pytest.mark.parametrize(("days", "stops"), [(0, False), (29, False), (30, True), (300, True)])
def test_mail_that_was_on_before_goes_on_for_thirty_days_and_then_stops_and_says_so(school, days, stops):
    row = without(school, days)
    a_family(school)

    assert timedelta(days=30) == MAIL_GRACE
    assert Sender.of(school, row).reply_to == ""
    assert why_not_now(school, row, timezone.now()) == ("no_reply_to" if stops else "")
    assert codes(school) == {"mail_stopped" if stops else "reply_to"}
    lead = signed_in(LeadRightFactory(school=school).user)
    overview = words(lead.get(reverse("parents:overview", args=[school.code])))
    assert ("The weekly mail has stopped: for 30 days" in overview) == stops
    assert saved(school, hour=9).hour == 9  # everything else may be saved meanwhile
    assert not OutgoingMail.objects.exists()
    MailSettings.objects.update(hour=16, unanswered_since=FRIDAY - timedelta(days=days))
    runs_were(school, as_of=FRIDAY)
    assert bool(dispatch.make_mails(school.pk, FRIDAY)) != stops
    assert ("has stopped" in MailSettings.objects.get().note) == stops


def test_an_address_counts_once_it_has_taken_our_mail_and_the_weekly_mail_goes_on(school):
    without(school, 31)

    row = saved(school, reply_to=OTHER)
    assert (row.answers_to, codes(school)) == ("", set())  # nobody is bothered while it is being written to
    saved(school, hour=9)
    assert OutgoingMail.objects.count() == 1
    send_due()

    row.refresh_from_db()
    assert [sent.to for sent in mail.outbox] == [[OTHER]]
    assert (row.answers_to, row.stops_at) == (OTHER, None)
    assert why_not_now(school, row, timezone.now()) == ""
    saved(school, hour=10)
    send_due()
    assert len(mail.outbox) == 1


def test_an_address_that_refuses_our_mail_is_none_and_saving_it_again_wins_no_time(school, monkeypatch):
    refuse(monkeypatch, OTHER)
    row = saved(school, reply_to=OTHER)
    send_due()
    MailSettings.objects.update(unanswered_since=ago(days=29))

    assert codes(school) == {"reply_to"}
    assert row.answers_to == ""
    row = saved(school, reply_to=OTHER)
    send_due()
    assert timezone.now() - row.unanswered_since > timedelta(days=28)
    assert saved(school, reply_to=OFFICE).unanswered_since == row.unanswered_since
    send_due()
    assert MailSettings.objects.get().answers_to == OFFICE


def test_a_mail_to_an_address_that_is_another_by_now_is_not_sent_and_says_nothing_about_the_new_one(school):
    saved(school, reply_to=OTHER)
    MailSettings.objects.update(reply_to="third@school.example")

    send_due()

    assert not mail.outbox
    assert MailSettings.objects.get().answers_to == ""


def test_the_lead_and_support_meet_the_same_rule(school):
    MailSettings.objects.update(enabled=False, reply_to="", unanswered_since=ago(days=90))
    row = MailSettings.objects.get()
    url = reverse("admin:parents_mailsettings_change", args=[row.pk])
    desk = support_client(looks_at=[school])
    asked = {"enabled": "on", "day": "5", "hour": "16", "language": "en"}

    assert "needs an address of the school" in words(desk.post(url, asked))
    assert desk.post(url, asked | {"reply_to": OFFICE}).status_code == 302
    send_due()
    assert MailSettings.objects.get().answers_to == OFFICE

    right = LeadRightFactory(school=school)
    lead, settings = signed_in(right.user), reverse("sync:settings", args=[school.code])
    page = {"told": [right.user_id], "day": "5", "hour": "16", "language": "en"}
    assert "needs an address of the school" in words(lead.post(settings, page))
    assert "This is our own address" in words(lead.post(settings, page | {"reply_to": "a@example.org"}))
    assert "Saved." in words(lead.post(settings, page | {"reply_to": OTHER}, follow=True))
    assert f"{OTHER} has not taken our mail so far" in words(lead.get(settings))
    send_due()
    assert "has not taken our mail" not in words(lead.get(settings))
    assert mail.outbox[-1].to == [OTHER]
