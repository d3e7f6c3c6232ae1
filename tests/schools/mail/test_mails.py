"""Mails as they leave: plain text stays plain, and every mail of the product is one that all mail programs can read."""

import re
from datetime import date
from email.header import decode_header, make_header
from email.parser import HeaderParser
from email.utils import parseaddr
from pathlib import Path

import html5lib
import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.template.loader import get_template
from django.test import Client
from django.urls import resolve

from parents.mail import sending
from schools.mail import mails, outgoing
from schools.mail.wire import Mail, named
from schools.models import OutgoingMail
from tests.factories import LeadRightFactory, SchoolFactory, UserFactory
from tests.parents.mail import mailbox
from tests.parents.world import MOTHER, a_family, a_school, due
from tests.schools.mail.happening import HAPPENS, LEAD

pytestmark = pytest.mark.django_db


def test_a_mail_from_a_school_with_an_apostrophe_is_not_escaped():
    school = SchoolFactory(name="St John's & St Mary's")

    made = mails.message("notice", "a@example.org", {"school": school, "title": f"{school.name} is paused"})

    assert made.subject == "St John's & St Mary's is paused"
    assert "&#x27;" not in made.body


MAILS = [
    "again", "answer", "answers", "handmade", "invitation", "mail-held", "moved", "needs", "new-password", "not-mine",
    "notice", "receipt",
]  # fmt: skip


@pytest.mark.parametrize("name", MAILS)
def test_no_subject_and_no_text_is_escaped(name):
    odd = "A & B's <school>"
    school = SchoolFactory.build(name=odd, code="odd", mis=odd)
    context = {
        "school": school, "title": odd, "link": "https://example.org/?a=1&b=2", "paragraphs": [odd],
        "words": {"again_subject": odd, "again_mail": odd, "again_mail_link": odd}, "address": "a@example.org",
        "hold": {"school": school, "cause": "share", "detail": odd}, "invitation": {"school": school},
        "receipt": {"name": odd, "agreement": {"title": odd}},
        "classes": 1 if name == "handmade" else [], "schools": [odd],
        "students": 1, "days": 3, "day": date(2026, 11, 28),
    }  # fmt: skip

    made = mails.message(name, "a@example.org", context)

    assert odd in made.subject + made.body
    assert "&amp;" not in made.subject + made.body
    assert "&#x27;" not in made.subject + made.body


def test_every_mail_is_tried_above():
    folder = Path(get_template("emails/base.html").origin.name).parent

    assert sorted(path.name.removesuffix("-subject.txt") for path in folder.glob("*-subject.txt")) == MAILS


LONG = "Ysgol Gymraeg Bro Dŵr Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch, Ŵy a Phŵer"
LASTS = {"invitation": "for 14 days", "new-password": "for 3 days", "again": "for three days"}


@pytest.mark.parametrize("name", [*HAPPENS, "weekly"])
def test_every_mail_as_it_arrives_can_be_read_by_every_mail_program(name, settings):
    school = a_school(school__name=LONG, school__mis="SIMS")
    lead = LeadRightFactory(school=school, user=UserFactory(email=f"{school.code}.{LEAD}")).user
    with mailbox.running(settings) as box:
        if name == "weekly":
            due(a_family(school, MOTHER, children=2))
            sending.send_due(school.pk)
        else:
            HAPPENS[name][0](school)
            outgoing.send_due()

    assert box.mails
    assert not OutgoingMail.objects.exclude(state=OutgoingMail.State.SENT).exists()
    client = Client()
    client.force_login(lead)
    for content, (_, arrived) in zip(box.wire, box.mails, strict=True):
        head, _, body = content.decode("ascii").partition("\r\n\r\n")  # seven bits
        assert max(map(len, body.split("\r\n"))) <= 76
        assert max(map(len, head.split("\r\n"))) <= 998
        assert [word for word in re.findall(r"=\?\S*\?=", head) if len(word) > 75] == []
        assert arrived["Auto-Submitted"] == "auto-generated"
        assert re.search(r"@(news\.)?example\.org>$", arrived["Message-ID"])
        text = arrived.get_body(["plain"]).get_content()
        assert "-- " in text.splitlines()
        assert django_settings.SUPPORT_EMAIL in text
        assert LONG in text or name == "account"
        assert arrived["Subject"].startswith((LONG, django_settings.PRODUCT_NAME))
        assert LASTS.get(name, "") in text
        links = re.findall(rf"{django_settings.SITE_URL}(\S+)", text)
        for path, _, anchor in (link.partition("#") for link in links):
            resolve(path.partition("?")[0])
            if name in {"notice", "needs", "not-mine"}:
                assert not anchor or f'id="{anchor}"' in client.get(path).content.decode()
        if html := arrived.get_body(["html"]):
            _is_well_made(html.get_content(), links)


def _is_well_made(html, links):
    read = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    tables = read.findall(".//table")
    assert tables
    assert {table.get("role") for table in tables} == {"presentation"}
    assert all(table.get("cellpadding") == table.get("cellspacing") == "0" for table in tables)
    assert '<!--[if mso]><table role="presentation" width="560"' in html
    assert "prefers-color-scheme: dark" in html
    assert not [tag for tag in ("img", "link", "script", "iframe", "form", "div") if _shown(read, tag)]
    asked = [a.get("href").removeprefix(django_settings.SITE_URL) for a in read.findall(".//a")]
    assert set(links) <= set(asked)


def _shown(read, tag):
    """Elements that are there to be seen; a preheader is for the list of mails alone."""
    return [each for each in read.findall(f".//{tag}") if "display: none" not in each.get("style", "")]


@pytest.mark.parametrize("name", [LONG, 'The "Head", Harbour School', "St John's"])
def test_a_senders_name_and_a_subject_arrive_as_they_were_given(name):
    Mail(f"{name}: a week", "Ŵ", named(name, "weekly@example.org"), ["a@example.org"]).send()

    head = HeaderParser().parsestr(mail.outbox[0].message().as_bytes().decode("ascii"))

    sender, address = parseaddr(head["From"])
    assert str(make_header(decode_header(sender))) == name
    assert address == "weekly@example.org"
    assert str(make_header(decode_header(head["Subject"]))) == f"{name}: a week"
