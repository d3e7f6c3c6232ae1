"""Mail as rows: queued with what it is about, sent whatever dies or refuses, and then no trace is left of what it
said."""

import ast
import threading
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
import time_machine
from django.conf import settings
from django.core import mail as django_mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools.mail import outgoing
from schools.mail.outgoing import LETTERS, put, send_due, send_one
from schools.models import LeadRight, OutgoingMail
from schools.models.outgoing import LEASE
from sync.notices import tell as notices
from tests.factories import LeadRightFactory, SchoolFactory, TeacherFactory, ago
from tests.tools import guards
from tests.tools.broker import queued

pytestmark = pytest.mark.django_db
State = OutgoingMail.State
PROJECT = Path(__file__).parents[3]


def no_mailbox(address):
    return SMTPRecipientsRefused({address: (550, b"5.1.1 no such user")})


def not_now(address):
    return SMTPRecipientsRefused({address: (451, b"4.3.0 try again later")})


def not_from_us(address):
    return SMTPRecipientsRefused({address: (554, b"5.7.1 on a block list")})


def away(address):
    return SMTPServerDisconnected("away")


@pytest.fixture
def relay(monkeypatch):
    """Address -> how the mail server answers it, as one of the functions above; other addresses' mail is accepted.
    None: its answer to everybody."""
    says, send = {}, EmailBackend.send_messages

    def taken(self, messages):
        (address,) = messages[0].to
        if error := says.get(address) or says.get(None):
            raise error(address)
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", taken)
    return says


def tell(school=None, **fields):
    """A notice for support alone."""
    notices.red(school or SchoolFactory(), "A title", ["A paragraph."])
    mail = OutgoingMail.objects.latest("pk")
    OutgoingMail.objects.filter(pk=mail.pk).update(**fields)
    return mail


def states():
    return list(OutgoingMail.objects.order_by("pk").values_list("state", flat=True))


def received():
    return [message.to[0] for message in django_mail.outbox]


# --- Queued ------------------------------------------------------------------------------------------------------


def test_a_mail_is_queued_together_with_what_it_is_about_or_not_at_all():
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)

    send_due()

    assert received() == []


def test_the_queue_is_given_the_id_of_a_row_and_nothing_else(django_capture_on_commit_callbacks):
    school = LeadRightFactory().school
    with django_capture_on_commit_callbacks(execute=True):
        notices.red(school, "A title", ["A paragraph."])
        put("new-password", to=TeacherFactory().user)
        put("moved", school=school, to="old@example.org", address="new@example.org")

    rows = list(OutgoingMail.objects.order_by("pk").values_list("pk", flat=True))
    assert [(task.args, task.kwargs) for task in queued()] == [([pk], {}) for pk in rows]


def test_a_waiting_mail_about_the_same_thing_is_not_doubled():
    user = TeacherFactory().user

    for _ in range(2):
        put("new-password", to=user, about=user.pk)
    put("new-password", to=TeacherFactory().user, about=user.pk)
    assert OutgoingMail.objects.count() == 2

    OutgoingMail.objects.take(timezone.now())  # what it says may be older
    put("new-password", to=user, about=user.pk)
    assert OutgoingMail.objects.count() == 3


def test_two_notices_with_the_same_words_are_two():
    school = SchoolFactory()

    for _ in range(2):
        tell(school)

    assert OutgoingMail.objects.count() == 2


# --- Sent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "state"), [(None, State.SENT), (no_mailbox, State.REFUSED), (not_now, State.GIVEN_UP)]
)
def test_a_mail_that_has_ended_keeps_no_content(relay, says, state):
    relay["old@example.org"] = says
    put("moved", school=SchoolFactory(), to="old@example.org", address="new@example.org")
    OutgoingMail.objects.update(until=timezone.now() + timedelta(seconds=30))

    send_due()

    row = OutgoingMail.objects.get()
    assert (row.state, row.address, row.content) == (state, "", {})
    assert row.ended_at is not None


def test_a_mail_is_sent_once_however_often_it_is_asked_for():
    mail = tell()

    send_one(mail.pk)
    send_one(mail.pk)
    send_due()

    assert received() == [settings.SUPPORT_EMAIL]


def test_a_former_lead_is_told_nothing():
    right = LeadRightFactory()
    notices.wrong_tries(right.school, 200, "09:02", "09:10")
    LeadRight.objects.all().delete()

    send_due()

    assert received() == [settings.SUPPORT_EMAIL]
    assert sorted(states()) == [State.DROPPED, State.SENT]


def test_a_delayed_notice_says_when_it_is_from():
    with time_machine.travel("2026-11-20T09:14:00Z", tick=False):
        tell()
        tell()
        send_one(OutgoingMail.objects.earliest("pk").pk)
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        send_due()

    at_once, late = django_mail.outbox
    assert "how things stood" not in at_once.body
    assert "how things stood on 20 November at 09:14" in late.body
    assert "how things stood on 20 November at 09:14" in late.alternatives[0].content


def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(monkeypatch):
    tell(content={"title": "no", "paragraphs": ["…"]}, letter="moved")  # it has no address
    tell()

    send_due()

    assert received() == [settings.SUPPORT_EMAIL]
    assert states() == [State.WAITING, State.SENT]


# --- Not accepted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", [0, 1])
@pytest.mark.parametrize("says", [no_mailbox, not_now])
def test_one_refused_address_does_not_keep_the_notice_from_others(relay, refused, says):
    school = SchoolFactory()
    leads = sorted(LeadRightFactory(school=school).user.email for _ in range(2))
    relay[leads[refused]] = says
    notices.to_confirm(school, "rollover")

    send_due()

    assert set(received()) == {*leads, settings.SUPPORT_EMAIL} - {leads[refused]}


@pytest.mark.parametrize("says", [away, not_from_us])
def test_a_mail_server_that_fails_is_tried_with_one_mail_and_gets_all_once_it_is_back(relay, says):
    relay[None] = says
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            tell()
        send_due()
        assert list(OutgoingMail.objects.order_by("pk").values_list("tries", flat=True)) == [1, 0, 0, 0, 0]

        clock.shift(timedelta(hours=2))
        send_due()
        relay.clear()
        clock.shift(timedelta(minutes=11))
        send_due()

    assert len(received()) == 5
    assert states() == [State.SENT] * 5


def test_pauses_grow_to_ten_minutes_for_as_long_as_the_mail_makes_sense(relay):
    relay[None] = not_now
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tell()
        for _ in range(8):
            send_due()
            pause = OutgoingMail.objects.get().due_at - timezone.now()
            pauses.append(pause / timedelta(minutes=1))
            clock.shift(pause)

    assert pauses == [1, 2, 4, 8, 10, 10, 10, 10]


def test_mail_not_accepted_for_three_days_is_given_up_and_the_log_says_so(relay, caplog):
    relay[None] = not_now
    tell(until=timezone.now() + timedelta(seconds=59), tries=400)

    send_due()

    assert states() == [State.GIVEN_UP]
    assert "will not be sent: given up (smtp_451_4.3.0)" in caplog.text
    assert settings.SUPPORT_EMAIL not in caplog.text


def test_a_link_for_a_new_password_is_not_sent_once_nobody_is_waiting_for_it():
    user = TeacherFactory().user
    with time_machine.travel(timezone.now(), tick=False) as clock:
        put("new-password", to=user)
        clock.shift(LETTERS["new-password"].good_for + timedelta(seconds=1))
        send_due()

    assert received() == []
    assert OutgoingMail.objects.get().answer == "too_late"


def test_a_clock_that_ran_ahead_does_not_delay_mail():
    tell(due_at=timezone.now() + timedelta(days=2))

    send_due()

    assert received() == [settings.SUPPORT_EMAIL]


# --- Two workers, and dead ones ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_one_mail():
    for _ in range(20):
        tell(SchoolFactory())
    ready, taken = threading.Barrier(4), []

    def work():
        ready.wait()
        while mail := OutgoingMail.objects.take(timezone.now()):
            taken.append(mail.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    everyone = sorted(OutgoingMail.objects.values_list("pk", flat=True))
    assert sorted(taken) == everyone


def test_a_mail_whose_worker_died_is_sent_again_but_not_while_a_worker_may_have_it():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tell()
        OutgoingMail.objects.take(timezone.now())
        clock.shift(LEASE - timedelta(seconds=1))
        send_due()
        assert received() == []

        clock.shift(timedelta(seconds=1))
        send_due()

    assert received() == [settings.SUPPORT_EMAIL]


def test_a_worker_is_killed_before_its_mail_can_be_taken_by_another():
    for task in (send_one, send_due):
        assert timedelta(seconds=task.time_limit) < LEASE


def test_a_worker_that_comes_too_late_does_not_touch_what_another_ended():
    mail = tell()
    late = OutgoingMail.objects.take(timezone.now())
    OutgoingMail.objects.update(due_at=ago(seconds=1))
    send_one(mail.pk)

    late.put_off(timezone.now(), "away")

    assert states() == [State.SENT]
    assert OutgoingMail.objects.get().answer == ""


def test_a_mail_erased_meanwhile_is_no_error():
    mail = tell()
    taken = OutgoingMail.objects.take(timezone.now())
    OutgoingMail.objects.all().delete()

    outgoing._end(taken, State.SENT)
    taken.put_off(timezone.now(), "away")

    assert not OutgoingMail.objects.filter(pk=mail.pk).exists()


def test_rows_of_mails_that_ended_are_kept_two_weeks():
    old, new = tell(), tell()
    send_due()
    OutgoingMail.objects.filter(pk=old.pk).update(ended_at=ago(days=15))
    waiting = tell()

    outgoing.forget()

    assert set(OutgoingMail.objects.values_list("pk", flat=True)) == {new.pk, waiting.pk}


# --- Signing in --------------------------------------------------------------------------------------------------


def test_no_row_holds_the_link_of_a_new_password():
    user = TeacherFactory().user

    Client().post(reverse("account_reset_password"), {"email": user.email.upper()})
    row = OutgoingMail.objects.get()
    assert (row.address, row.content) == ("", {})
    send_due()

    (sent,) = django_mail.outbox
    assert sent.to == [user.email]
    assert f"{settings.SITE_URL}/accounts/password/reset/key/" in sent.body


def test_somebody_who_lost_their_login_meanwhile_gets_no_link():
    user = TeacherFactory().user
    put("new-password", to=user)
    user.is_active = False
    user.save()

    send_due()

    assert states() == [State.DROPPED]


def test_a_stranger_is_written_to_once_and_forgotten():
    Client().post(reverse("account_reset_password"), {"email": "stranger@example.org"})
    send_due()

    (sent,) = django_mail.outbox
    assert sent.to == ["stranger@example.org"]
    assert settings.PRODUCT_NAME in sent.body
    assert OutgoingMail.objects.get().address == ""


# --- Nothing else sends ------------------------------------------------------------------------------------------


def test_a_page_that_talks_to_a_mail_server_fails_its_tests():
    with guards.in_request(), pytest.raises(guards.WaitingInARequestError):
        EmailMessage("A title", "A text", to=["a@example.org"]).send()

    EmailMessage("A title", "A text", to=["a@example.org"]).send()


def test_only_the_two_senders_talk_to_a_mail_server():
    apps = ("config", "schools", "students", "classes", "parents", "sync")
    speak = {
        str(path.relative_to(PROJECT))
        for app in apps
        for path in (PROJECT / app).rglob("*.py")
        if path.relative_to(PROJECT).parts[:2] != ("sync", "sandbox")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _speaks(node.func)
    }

    assert speak == {"schools/mail/outgoing.py", "parents/mail/sending.py"}


def _speaks(function):
    name = getattr(function, "attr", None) or getattr(function, "id", "")
    words = {"send_mail", "send_mass_mail", "mail_admins", "mail_managers", "get_connection", "send_messages"}
    owner = getattr(getattr(function, "value", None), "id", "")
    return (name in words and owner != "outgoing") or (name == "send" and owner in {"message", "mail"})
