"""What applies to every response: browsers keep nothing about a school; and whom to tell about a security problem."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools.mail.outgoing import send_due
from schools.models import Session
from schools.sign_in.forms import STRANGERS
from schools.sign_in.sessions import SessionStore
from sync.tasks import do_recurring_work
from tests.factories import LeadRightFactory, SyncSettingsFactory, TeachingFactory, UserFactory
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["classes:detail", "classes:csv"])
def test_no_browser_keeps_a_class(name):
    teaching = TeachingFactory()

    page = signed_in(teaching.employee.user).get(reverse(name, args=[teaching.school_class_id]))

    assert page.status_code == 200
    assert {"no-store", "private"} <= set(page["Cache-Control"].split(", "))


@pytest.mark.parametrize("name", ["classes:all", "sync:staff", "sync:left", "sync:history", "sync:audit"])
def test_no_browser_keeps_a_list_of_a_school(name):
    school = SyncSettingsFactory().school

    page = signed_in(LeadRightFactory(school=school).user).get(reverse(name, args=[school.code]))

    assert "no-store" in page["Cache-Control"]


def test_security_txt_names_whom_to_tell_and_has_not_expired(client, settings):
    settings.SECURITY_CONTACT = "mailto:security@example.org"

    answer = client.get("/.well-known/security.txt")

    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert lines["Contact"] == "mailto:security@example.org"
    assert lines["Canonical"] == "http://localhost:8000/.well-known/security.txt"
    left = datetime.fromisoformat(lines["Expires"]) - timezone.now()
    assert timedelta(days=170) < left < timedelta(days=365)


def ask(address):
    client = Client(headers={"x-forwarded-for": address})
    return client.post(reverse("account_reset_password"), {"email": address})


def test_strangers_are_rarely_mailed_and_never_hold_up_people_with_a_sign_in():
    somebody = LeadRightFactory(user=UserFactory(email="lead@example.org")).user

    answers = {ask(f"stranger{number}@example.org").status_code for number in range(STRANGERS + 5)}
    ask(somebody.email)

    send_due()

    assert answers == {302}
    assert len(mail.outbox) == STRANGERS + 1
    assert mail.outbox[-1].to == [somebody.email]


def test_a_session_that_is_over_is_cleared_within_the_hour():
    store = SessionStore()
    store["known"] = True
    store.set_expiry(-1)
    store.create()
    kept = SessionStore()
    kept.create()

    do_recurring_work("clear sessions that are over")

    assert list(Session.objects.values_list("session_key", flat=True)) == [kept.session_key]
