"""Mails as they leave: plain text stays plain."""

from datetime import date
from pathlib import Path

import pytest
from django.template.loader import get_template

from schools.mail import mails
from tests.factories import SchoolFactory

pytestmark = pytest.mark.django_db


def test_a_mail_from_a_school_with_an_apostrophe_is_not_escaped():
    school = SchoolFactory(name="St John's & St Mary's")

    made = mails.message("notice", "a@example.org", {"school": school, "title": f"{school.name} is paused"})

    assert made.subject == "St John's & St Mary's is paused"
    assert "&#x27;" not in made.body


MAILS = ["again", "answer", "handmade", "invitation", "mail-held", "moved", "needs", "not-mine", "notice"]


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

    made = mails.message(name, "a@example.org", context)

    assert odd in made.subject + made.body
    assert "&amp;" not in made.subject + made.body
    assert "&#x27;" not in made.subject + made.body


def test_every_mail_is_tried_above():
    folder = Path(get_template("emails/base.html").origin.name).parent

    assert sorted(path.name.removesuffix("-subject.txt") for path in folder.glob("*-subject.txt")) == MAILS
