"""Refusals over real SMTP: whose fault they are, what is held, who is stopped, and how mail resumes."""

from datetime import timedelta

import pytest
from aiosmtpd.smtp import AuthResult
from django.core import mail as sent_to_support
from django.db.models import F
from django.utils import timezone

from parents.mail import holds, outcomes, sending
from parents.models import AddressChoice, MailHold, WeeklyMail
from parents.rules import choices
from schools.mail import outgoing
from tests.factories import UserFactory, ago
from tests.parents.mail import mailbox
from tests.parents.world import MOTHER, a_family, a_school, due, state

pytestmark = pytest.mark.django_db
State, Cause = WeeklyMail.State, MailHold.Cause
RELAY_DENIED = "554 5.7.1 Relay access denied"
UNKNOWN_USER = "550 5.1.1 User unknown"


@pytest.fixture
def box(settings):
    with mailbox.running(settings) as box:
        yield box


@pytest.fixture
def school():
    return a_school()


def families(school, number):
    return [due(a_family(school, f"p{each}@home.example")) for each in range(number)]


def time_passes():
    """Everything waiting for a time is now due, and every hold may be tried."""
    WeeklyMail.objects.update(next_try_at=F("next_try_at") - timedelta(days=1))
    MailHold.objects.update(until=ago(seconds=1))


def states():
    return sorted(WeeklyMail.objects.values_list("state", flat=True))


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("RCPT", RELAY_DENIED),
        ("RCPT", "554 relay denied"),
        ("RCPT", "550 5.7.1 Client host blocked using zen.spamhaus.org"),
        ("RCPT", "421 4.7.0 Unusual rate of unsolicited mail"),
        ("MAIL", "550 5.7.1 Sender not allowed"),
        ("MAIL", "550 no"),
        ("DATA", "550 5.7.26 SPF did not pass"),
        ("DATA", "550 no"),
    ],
)
def test_a_refusal_of_us_stops_the_send_but_no_address_and_the_send_resumes_by_itself(
    school, box, step, answer, django_capture_on_commit_callbacks
):
    mails = families(school, 12)
    box.refuses[step] = answer

    with django_capture_on_commit_callbacks() as told:
        assert sending.send_due(school.pk) == 0
        assert sending.send_due(school.pk) == 0

    assert len(told) == 1
    assert len(box.asked) == (step != "MAIL")
    assert states() == [State.DUE] * 12
    assert {mail.tries for mail in WeeklyMail.objects.all()} == {0}
    assert not AddressChoice.objects.exists()
    hold = MailHold.objects.get()
    assert (hold.school, hold.cause, hold.ended_at) == (school, Cause.OURS, None)
    assert hold.detail.startswith(f"smtp_{answer[:3]}")
    assert sending.schools_to_serve(timezone.now()) == []

    box.refuses.clear()
    time_passes()
    assert sending.schools_to_serve(timezone.now()) == [school.pk]
    assert sending.send_due(school.pk) == 12

    assert {state(mail) for mail in mails} == {(State.SENT, "")}
    hold.refresh_from_db()
    assert hold.ended_at
    assert hold.ended_by is None


def test_a_send_still_refused_is_tried_with_one_mail_and_waits_longer_each_time(
    school, box, django_capture_on_commit_callbacks
):
    families(school, 3)
    box.refuses["RCPT"] = RELAY_DENIED
    waits = []

    with django_capture_on_commit_callbacks() as told:
        for _ in range(7):
            sending.send_due(school.pk)
            waits.append(round((MailHold.objects.get().until - timezone.now()).total_seconds() / 60))
            time_passes()

    assert waits == [10, 20, 40, 80, 160, 240, 240]
    assert box.asked[:3] == ["p0@home.example", "p1@home.example", "p2@home.example"]
    assert len(box.asked) == 7
    assert len(told) == 1


def test_a_server_that_refuses_our_credentials_holds_the_mail(school, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "us", "wrong"
    families(school, 2)

    def nobody(*args):
        return AuthResult(success=False, handled=False)

    with mailbox.running(settings, authenticator=nobody, auth_require_tls=False):
        assert sending.send_due(school.pk) == 0

    assert states() == [State.DUE] * 2
    assert MailHold.objects.get().cause == Cause.OURS


def test_one_parent_whose_server_does_not_like_us_costs_the_others_ten_minutes(school, box):
    mails = families(school, 4)
    box.answers["p0@home.example"] = "550 5.7.1 policy"
    sending.send_due(school.pk)
    MailHold.objects.update(until=ago(seconds=1))

    assert sending.send_due(school.pk) == 3

    assert [state(mail)[0] for mail in mails] == [State.DUE, State.SENT, State.SENT, State.SENT]
    assert not MailHold.objects.standing().exists()


def test_held_mail_stays_due_for_three_days(school, box):
    (mail,) = families(school, 1)
    box.refuses["RCPT"] = RELAY_DENIED

    sending.send_due(school.pk)

    mail.refresh_from_db()
    assert mail.until - mail.made_at == holds.STAYS_DUE


def refused_at(schools, box):
    box.refuses["RCPT"] = RELAY_DENIED
    for school in schools:
        families(school, 2)
        sending.send_due(school.pk)


def test_three_schools_refused_in_a_row_hold_every_schools_mail(box, django_capture_on_commit_callbacks):
    schools = [a_school() for _ in range(4)]

    with django_capture_on_commit_callbacks() as told:
        refused_at(schools, box)

    assert len(box.asked) == 3
    assert len(told) == 2  # of the first school, and of all schools
    assert MailHold.objects.filter(school=None).count() == 1
    assert sending.schools_to_serve(timezone.now()) == []
    box.refuses.clear()
    time_passes()
    assert sending.send_due(schools[3].pk) == 2
    assert not MailHold.objects.standing().filter(school=None).exists()


def test_refused_schools_with_accepted_mails_in_between_hold_only_their_own_mail(box):
    schools = [a_school() for _ in range(4)]
    refused_at(schools[:2], box)
    box.refuses.clear()
    due(a_family(schools[3], MOTHER))
    sending.send_due(schools[3].pk)

    refused_at(schools[2:3], box)

    assert set(MailHold.objects.standing().values_list("school", flat=True)) == {each.pk for each in schools[:3]}


@pytest.mark.parametrize(
    ("refused", "mails", "is_held"), [(10, 12, False), (11, 12, True), (11, 55, False), (11, 54, True)]
)
def test_refusals_of_over_a_fifth_and_over_ten_of_a_send_are_no_recipients_fault(school, box, refused, mails, is_held):
    families(school, mails)
    for number in range(mails - refused, mails):
        box.answers[f"p{number}@home.example"] = UNKNOWN_USER

    sending.send_due(school.pk)

    assert MailHold.objects.filter(cause=Cause.SHARE).exists() is is_held
    assert AddressChoice.objects.standing().count() == (0 if is_held else refused)
    assert WeeklyMail.objects.filter(state=State.BOUNCED).count() == (0 if is_held else refused)
    assert WeeklyMail.objects.filter(state=State.DUE).count() == (refused if is_held else 0)


def test_doubted_mail_is_tried_again_and_leaves_once_the_server_recovers(school, box):
    families(school, 20)
    box.refuses["RCPT"] = UNKNOWN_USER
    sending.send_due(school.pk)
    assert (states(), len(box.asked)) == ([State.DUE] * 20, 20)
    box.refuses.clear()
    time_passes()

    assert sending.send_due(school.pk) == 20

    assert not MailHold.objects.standing().exists()
    assert not AddressChoice.objects.standing().exists()


def test_refusals_that_a_person_confirms_stop_the_addresses(school, box):
    families(school, 12)
    box.refuses["RCPT"] = UNKNOWN_USER
    sending.send_due(school.pk)
    by = UserFactory()

    holds.end(MailHold.objects.get(), by, "a very old list", believe=True)
    sending.send_due(school.pk)

    assert AddressChoice.objects.standing().count() == 12
    assert states() == [State.BOUNCED] * 12
    assert not MailHold.objects.standing().exists()
    assert MailHold.objects.get().ended_by == by


def test_mail_that_a_person_lets_go_on_is_tried_at_once(school, box):
    families(school, 3)
    box.refuses["RCPT"] = RELAY_DENIED
    sending.send_due(school.pk)
    box.refuses.clear()

    holds.end(MailHold.objects.get(), UserFactory(), "SPF is right again")

    assert sending.send_due(school.pk) == 3


def test_letting_all_mail_go_on_lets_every_school_go_on(box):
    schools = [a_school() for _ in range(3)]
    refused_at(schools, box)
    box.refuses.clear()

    holds.end(MailHold.objects.get(school=None), UserFactory(), "SPF is right again")

    assert not MailHold.objects.standing().exists()
    assert [sending.send_due(school.pk) for school in schools] == [2, 2, 2]


def a_week(school, link, week, answer, box):
    """One week's mail to `link`'s contact, tried until nothing more is tried."""
    mail = due([link], iso_week=week)
    box.answers[MOTHER] = answer
    for _ in range(outcomes.TRIES):
        sending.send_due(school.pk)
        WeeklyMail.objects.update(next_try_at=ago(seconds=1))
    return state(mail)[0]


@pytest.fixture
def writes_always(school):
    school.mail_settings.says_nothing_to_report = True
    school.mail_settings.save()


@pytest.mark.usefixtures("writes_always")
@pytest.mark.parametrize("answer", ["552 5.2.2 over quota", "450 try later", "550 no thanks"])
def test_a_mailbox_that_is_only_ever_full_or_away_is_stopped_after_four_weeks(school, box, answer):
    (link,) = a_family(school, MOTHER)
    for week in (38, 39, 40):
        assert a_week(school, link, week, answer, box) == State.FAILED
        assert not AddressChoice.objects.exists()

    a_week(school, link, 41, answer, box)

    assert AddressChoice.objects.get().cause == "bounce"


@pytest.mark.usefixtures("writes_always")
def test_an_accepted_mail_or_a_person_who_lets_it_go_on_restarts_the_weeks(school, box):
    (link,) = a_family(school, MOTHER)
    for week in (36, 37, 38):
        a_week(school, link, week, "450 later", box)
    assert a_week(school, link, 39, "", box) == State.SENT
    for week in (40, 41, 42):
        a_week(school, link, week, "450 later", box)
    assert not AddressChoice.objects.exists()
    a_week(school, link, 43, "450 later", box)
    (stopped,) = AddressChoice.objects.all()
    WeeklyMail.objects.update(made_at=ago(hours=1))

    assert choices.write_again(school.pk, [stopped.address_mark]) == 1
    a_week(school, link, 44, "450 later", box)

    assert not AddressChoice.objects.standing().exists()


def test_a_refused_address_that_is_let_go_on_gets_the_mail_of_the_week(school, box):
    (mail,) = families(school, 1)
    box.refuses["RCPT"] = UNKNOWN_USER
    sending.send_due(school.pk)
    assert state(mail)[0] == State.BOUNCED
    box.refuses.clear()

    assert choices.write_again(school.pk, [mail.address_mark]) == 1
    assert sending.send_due(school.pk) == 1

    assert state(mail) == (State.SENT, "")


@pytest.mark.parametrize("cause", ["parent", "complaint", "not_mine", "staff"])
def test_clearing_a_bounce_never_ends_what_a_person_said(school, cause):
    (mail,) = families(school, 1)
    for each in (cause, "bounce"):
        choices.stop(school.pk, mail.address_mark, mail.key_number, each)

    assert choices.write_again(school.pk, [mail.address_mark]) == 1
    assert choices.write_again(school.pk, [mail.address_mark]) == 0

    assert [choice.cause for choice in AddressChoice.objects.standing()] == [cause]


def test_support_is_told_what_is_held_and_where_to_look(school):
    hold = MailHold.objects.create(
        school=school, cause=Cause.OURS, detail="smtp_554_5.7.1", since=ago(minutes=1), refused_at=ago(minutes=1),
        until=timezone.now(),
    )  # fmt: skip

    outgoing.put("mail-held", school=school, about=hold.pk)
    outgoing.send_due()

    (told,) = sent_to_support.outbox
    assert told.to == ["help@example.org"]
    assert school.name in told.subject
    assert "smtp_554_5.7.1" in told.body
    assert f"/admin/parents/mailhold/{hold.pk}/change/" in told.body
