"""Mails as they leave: plain text stays plain, one that is refused stops no other, and tries end."""

from datetime import date
from pathlib import Path
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from celery.exceptions import Retry
from django.conf import settings
from django.core.mail.backends.locmem import EmailBackend
from django.template.loader import get_template

from schools import mail
from sync import notices
from tests.factories import LeadRightFactory, SchoolFactory

pytestmark = pytest.mark.django_db


class Task:
    """As much of a bound Celery task as sending asks for."""

    def __init__(self, retries=0):
        self.request = type("Request", (), {"retries": retries})

    def retry(self, **how):
        self.how = how
        return Retry()


def raises(error):
    def send():
        raise error

    return send


NO_MAILBOX = SMTPRecipientsRefused({"a@example.org": (550, b"5.1.1 no such user")})
NOT_NOW = SMTPRecipientsRefused({"a@example.org": (451, b"4.7.1 try again later")})


def test_a_mail_of_a_school_with_an_apostrophe_is_not_escaped():
    school = SchoolFactory(name="St John's & St Mary's")

    made = mail.message("notice", "a@example.org", {"school": school, "title": f"{school.name} is paused"})

    assert made.subject == "St John's & St Mary's is paused"
    assert "&#x27;" not in made.body


MAILS = ["again", "answer", "handmade", "invitation", "mail-held", "moved", "not-mine", "notice"]


@pytest.mark.parametrize("name", MAILS)
def test_no_subject_and_no_text_is_escaped(name):
    odd = "A & B's <school>"
    school = SchoolFactory.build(name=odd, code="odd", mis=odd)
    context = {
        "school": school, "title": odd, "link": "https://example.org/?a=1&b=2", "paragraphs": [odd],
        "words": {"again_subject": odd, "again_mail": odd, "again_mail_link": odd}, "address": "a@example.org",
        "hold": {"school": school, "cause": "share", "detail": odd}, "invitation": {"school": school},
        "classes": 1 if name == "handmade" else [],
        "students": 1, "day": date(2026, 11, 28),
    }  # fmt: skip

    made = mail.message(name, "a@example.org", context)

    assert odd in made.subject + made.body
    assert "&amp;" not in made.subject + made.body
    assert "&#x27;" not in made.subject + made.body


def test_every_mail_is_tried_above():
    folder = Path(get_template("emails/base.html").origin.name).parent

    assert sorted(path.name.removesuffix("-subject.txt") for path in folder.glob("*-subject.txt")) == MAILS


def test_a_mailbox_that_is_not_there_is_believed_and_one_that_is_busy_is_tried_again():
    assert mail.hand_over(Task(), raises(NO_MAILBOX), "a mail") is mail.Handed.REFUSED
    for error in (NOT_NOW, SMTPServerDisconnected("away"), TimeoutError()):
        with pytest.raises(Retry):
            mail.hand_over(Task(), raises(error), "a mail")


def test_after_the_last_try_a_mail_is_given_up():
    with pytest.raises(Retry):
        mail.hand_over(Task(mail.TRIES - 1), raises(NOT_NOW), "a mail")

    assert mail.hand_over(Task(mail.TRIES), raises(NOT_NOW), "a mail") is mail.Handed.GIVEN_UP


def test_no_retry_waits_until_the_queue_would_hand_it_to_a_second_worker():
    pauses = [mail.pause_s(tries) for tries in range(mail.TRIES)]

    assert max(pauses) < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert pauses == sorted(pauses)
    assert 90 * 60 < sum(pauses) < 3 * 60 * 60


@pytest.mark.parametrize("refused", [0, 1])
def test_one_refused_address_keeps_the_notice_from_nobody_else(
    refused, monkeypatch, mailoutbox, tasks_run_at_once, django_capture_on_commit_callbacks
):
    school = SchoolFactory()
    leads = sorted(LeadRightFactory(school=school).user.email for _ in range(2))
    send = EmailBackend.send_messages

    def refuses_one(self, messages):
        if messages[0].to == [leads[refused]]:
            raise NO_MAILBOX
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuses_one)
    with django_capture_on_commit_callbacks(execute=True):
        notices._tell(school, "A title", ["A paragraph."])

    others = {*leads, settings.SUPPORT_EMAIL} - {leads[refused]}
    assert {message.to[0] for message in mailoutbox} == others
