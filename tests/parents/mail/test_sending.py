"""Sending over real SMTP: never twice, never to somebody who has said no meanwhile."""

from datetime import timedelta

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parents.mail import outcomes, sending
from parents.mail.emails import Sender
from parents.models import AddressChoice, Block, Guardianship, MailSettings, WeeklyMail
from parents.rules import blocks, choices
from students.models import Student, WeeklyProgress
from tests.factories import ago
from tests.parents.mail import mailbox
from tests.parents.world import MOTHER, a_family, a_school, due, said_no, state

pytestmark = pytest.mark.django_db
State = WeeklyMail.State


@pytest.fixture
def box(settings):
    with mailbox.running(settings) as box:
        yield box


@pytest.fixture
def school():
    return a_school()


def test_a_due_mail_leaves_once(school, box):
    mail = due(a_family(school, MOTHER, children=2))

    assert sending.send_due(school.pk) == 1
    assert sending.send_due(school.pk) == 0

    assert state(mail) == (State.SENT, "")
    (sent,) = box.to(MOTHER)
    assert str(mail.uuid) in sent["Message-ID"]


def court_order(link):
    Guardianship.objects.update(left_at=timezone.now())


def set_block(link):
    blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER)


def unsubscribe(link):
    said_no(link.school, MOTHER)


def leave(link):
    Student.objects.update(left_at=timezone.now())


def change_address(link):
    link.contact.email = "new@home.example"
    link.contact.save()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (court_order, "no_longer_listed"),
        (set_block, "blocked"),
        (unsubscribe, "parent"),
        (leave, "no_longer_listed"),
        (change_address, "no_longer_listed"),
        (lambda link: Guardianship.objects.update(responsibility=None), "responsibility_unknown"),
        (lambda link: WeeklyProgress.objects.all().delete(), "nothing_to_report"),
    ],
)
def test_what_changes_after_the_row_was_made_stops_the_mail(school, box, change, reason):
    (link,) = a_family(school, MOTHER)
    mail = due([link])
    change(link)

    assert sending.send_due(school.pk) == 0

    assert state(mail) == (State.SUPPRESSED, reason)
    assert box.mails == []


def test_the_mail_is_only_about_children_it_may_still_be_about(school, box):
    links = a_family(school, MOTHER, children=2)
    due(links)
    said_no(school, MOTHER, student=links[0].student)

    sending.send_due(school.pk)

    (sent,) = box.to(MOTHER)
    text = sent.get_body(["plain"]).get_content()
    assert links[0].student.forename not in text
    assert links[1].student.forename in text


def test_unsubscribing_stops_mail_that_is_due_at_once(school, box):
    (link,) = a_family(school, MOTHER)
    mail = due([link])

    choices.stop_address(school.pk, MOTHER.upper(), AddressChoice.Cause.PARENT)

    assert state(mail) == (State.SUPPRESSED, "parent")
    assert sending.send_due(school.pk) == 0


def test_a_mail_that_was_being_handed_over_when_a_worker_died_is_unknown_and_stays_so(school, box):
    mail = due(a_family(school, MOTHER), state=State.SENDING)

    assert sending.send_due(school.pk) == 0
    assert sending.send_due(school.pk) == 0

    assert state(mail) == (State.UNKNOWN, "worker_lost")
    assert box.mails == []


@pytest.mark.django_db(transaction=True)
def test_it_is_marked_as_sending_in_the_database_before_it_reaches_the_server(school, box):
    mail = due(a_family(school, MOTHER))
    due(a_family(school, "dad@home.example"))
    seen = []
    accepted = box.handle_DATA

    async def look(server, session, envelope):
        at = connection.settings_dict
        with psycopg.connect(
            host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"]
        ) as other:
            seen.append(other.execute("SELECT state FROM parents_weeklymail").fetchall())
        return await accepted(server, session, envelope)

    box.handle_DATA = look
    sending.send_due(school.pk)

    assert seen == [[("sending",), ("sending",)]] * 2
    assert state(mail) == (State.SENT, "")


class Post:
    """A connection to a mail server that calls `happens(number)` before each mail."""

    def __init__(self, happens):
        self.happens, self.sent = happens, []

    def open(self):
        self.happens(len(self.sent))

    def send_messages(self, mails):
        self.sent += [mail.to[0] for mail in mails]


def sent(school, mails, post):
    """Decided and handed over to `post`: what was, and whether to go on."""
    return sending.hand_over(sending.decide(school.pk, mails), post)


def three_due(school):
    return [due(a_family(school, f"p{number}@home.example")) for number in range(3)]


def test_a_decision_that_gets_old_between_two_mails_is_made_again(school, box, monkeypatch):
    first, second, third = three_due(school)

    def after_the_first(number):
        if number == 1:
            patch.setattr(sending, "DECISION_LASTS_S", 0)

    with monkeypatch.context() as patch:
        _, goes_on = sent(school, [first, second, third], Post(after_the_first))
    assert goes_on

    assert state(first)[0] == State.SENT
    assert {state(mail) for mail in (second, third)} == {(State.DUE, "")}
    assert [mail.tries for mail in (first, second, third)] == [1, 0, 0]
    choices.stop_address(school.pk, "p1@home.example", AddressChoice.Cause.PARENT)
    sending.send_due(school.pk)
    assert state(second) == (State.SUPPRESSED, "parent")
    assert state(third) == (State.SENT, "")
    assert [address for address, _ in box.mails] == ["p2@home.example"]


def test_a_mail_server_that_goes_away_between_two_mails_leaves_the_rest_due(school):
    mails = three_due(school)

    def after_the_first(number):
        if number == 1:
            raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        sent(school, mails, Post(after_the_first))

    assert [state(mail)[0] for mail in mails] == [State.SENT, State.DUE, State.DUE]


def test_only_the_mail_a_worker_fails_at_is_in_doubt(school, box):
    mails = three_due(school)

    class Failing(Post):
        def send_messages(self, mails):
            if self.sent:
                raise MemoryError
            super().send_messages(mails)

    with pytest.raises(MemoryError):
        sent(school, mails, Failing(lambda number: None))

    assert [state(mail)[0] for mail in mails] == [State.SENT, State.SENDING, State.DUE]
    sending.send_due(school.pk)
    assert [state(mail)[0] for mail in mails] == [State.SENT, State.UNKNOWN, State.SENT]


def test_a_report_that_arrives_before_the_answer_is_saved_stands(school):
    mails = three_due(school)

    def bounced(number):
        if number == 1:
            WeeklyMail.objects.filter(pk=mails[0].pk).update(state=State.BOUNCED)

    sent(school, mails, Post(bounced))

    assert [state(mail)[0] for mail in mails] == [State.BOUNCED, State.SENT, State.SENT]


def test_a_row_that_was_stopped_after_it_was_decided_is_not_marked(school):
    mails = three_due(school)
    post = Post(lambda number: None)
    decided = sending.decide(school.pk, mails)

    choices.stop_address(school.pk, "p1@home.example", AddressChoice.Cause.PARENT)
    sending.hand_over(decided, post)

    assert post.sent == ["p0@home.example", "p2@home.example"]
    assert state(mails[1]) == (State.SUPPRESSED, "parent")


def test_ten_mails_more_take_two_statements_more(school):
    for number in range(2 * sending.MARKED_TOGETHER):
        due(a_family(school, f"p{number}@home.example"))
    rows = list(WeeklyMail.objects.order_by("pk"))
    counted = []

    for taken in (rows[: sending.MARKED_TOGETHER], rows):
        WeeklyMail.objects.update(state=State.DUE)
        with CaptureQueriesContext(connection) as statements:
            sent(school, taken, Post(lambda number: None))
        counted.append(len(statements))

    assert counted[1] - counted[0] == 2
    assert counted[0] <= 20


@pytest.mark.django_db(transaction=True)
def test_a_worker_leaves_alone_a_school_that_another_is_serving(school, box):
    mail = due(a_family(school, MOTHER), state=State.SENDING)
    at = connection.settings_dict
    with psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"]
    ) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [sending.SENDING_LOCK, school.pk])
        assert sending.send_due(school.pk) == 0
        assert state(mail)[0] == State.SENDING
        other.execute("SELECT pg_advisory_unlock(%s, %s)", [sending.SENDING_LOCK, school.pk])

    assert sending.send_due(school.pk) == 0
    assert state(mail)[0] == State.UNKNOWN


def test_a_soft_refusal_waits_longer_each_time_and_then_gives_up(school, box):
    mail = due(a_family(school, MOTHER))
    box.answers[MOTHER] = "450 try later"
    waits = []

    for _ in range(outcomes.TRIES):
        sending.send_due(school.pk)
        mail.refresh_from_db()
        waits.append(round((mail.next_try_at - timezone.now()).total_seconds() / 60))
        WeeklyMail.objects.update(next_try_at=ago(seconds=1))

    assert waits[:5] == [5, 10, 20, 40, 80]
    assert state(mail) == (State.FAILED, "smtp_450")
    assert not AddressChoice.objects.exists()


def test_a_refused_address_has_bounced_and_the_father_does_not_get_the_mail_instead(school, box):
    (link,) = a_family(school, MOTHER)
    father = a_family(school, "dad@home.example")[0].contact
    Guardianship.objects.filter(contact=father).update(student=link.student, priority=2)
    mail = due([link])
    box.answers[MOTHER] = "550 no such mailbox"

    sending.send_due(school.pk)

    assert state(mail) == (State.BOUNCED, "smtp_550")
    assert AddressChoice.objects.get().cause == "bounce"
    assert box.mails == []


def test_a_mail_that_cannot_be_written_out_fails_and_the_next_goes_on(school):
    mails = three_due(school)

    class Strict(Post):
        def send_messages(self, mails):
            if mails[0].to == ["p0@home.example"]:
                raise ValueError("Invalid address")
            super().send_messages(mails)

    sent(school, mails, Strict(lambda number: None))

    assert state(mails[0]) == (State.FAILED, "malformed")
    assert [state(mail)[0] for mail in mails[1:]] == [State.SENT, State.SENT]


def test_a_connection_lost_after_the_text_leaves_that_mail_unknown_and_the_next_is_sent(school, box):
    first = due(a_family(school, MOTHER))
    second = due(a_family(school, "dad@home.example"), next_try_at=ago(minutes=1))
    box.breaks = True
    accepted = box.handle_DATA

    async def once(server, session, envelope):
        answer = await accepted(server, session, envelope)
        box.breaks = False
        return answer

    box.handle_DATA = once
    sending.send_due(school.pk)

    assert state(first)[0] == State.UNKNOWN
    assert state(second)[0] == State.SENT


def test_a_mail_server_that_is_down_leaves_everything_due(school, settings):
    mail = due(a_family(school, MOTHER))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    with pytest.raises(OSError, match="refused"):
        sending.send_due(school.pk)

    assert state(mail) == (State.DUE, "")


@pytest.mark.parametrize("change", [{"paused_at": timezone.now()}, {"enabled": False}])
def test_a_paused_school_keeps_its_mail_due_until_it_is_too_late(school, box, change):
    mail = due(a_family(school, MOTHER))
    MailSettings.objects.update(**change)

    assert sending.send_due(school.pk) == 0
    assert state(mail)[0] == State.DUE
    WeeklyMail.objects.update(until=ago(seconds=1))
    sending.send_due(school.pk)

    assert state(mail) == (State.SUPPRESSED, "too_late")


@pytest.mark.parametrize("limit", [2, sending.MARKED_TOGETHER + 1])
def test_no_more_mails_leave_in_a_minute_than_the_setting_says(school, box, settings, limit):
    settings.WEEKLY_MAILS_PER_MINUTE = limit
    cache.clear()
    for number in range(limit + 1):
        due(a_family(school, f"p{number}@home.example"))

    assert sending.send_due(school.pk) == limit
    assert sending.send_due(school.pk) == 0
    assert WeeklyMail.objects.filter(state=State.DUE).count() == 1


def test_no_decisions_are_made_once_the_minute_is_full(school, settings, django_assert_max_num_queries):
    settings.WEEKLY_MAILS_PER_MINUTE = 5
    due(a_family(school, MOTHER))
    cache.set(sending._minute(), 5)

    with django_assert_max_num_queries(3):  # alone with the school, nothing left by a dead worker, and no more
        assert sending.send_due(school.pk) == 0


def test_a_schools_due_mail_is_found_in_order_without_reading_that_of_others(school):
    """On a Friday afternoon millions may be due."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = WeeklyMail.objects.filter(school=school).due(timezone.now())[:200].explain()

    assert "Index Cond: ((school_id = " in plan
    assert "Sort" not in plan


def test_only_schools_with_something_to_do_are_served(school):
    other = a_school()
    due(a_family(school, MOTHER))
    due(a_family(other, MOTHER), next_try_at=timezone.now() + timedelta(hours=1))

    assert sending.schools_to_serve(timezone.now()) == [school.pk]


def test_a_mail_says_who_it_is_from(school):
    MailSettings.objects.update(from_name=" The  Head ", reply_to="office@school.example")

    sender = Sender.of(school, MailSettings.objects.get(school=school))

    assert (sender.name, sender.reply_to) == ("The Head", "office@school.example")
