"""Redis emptied between a commit and the worker, and workers killed while sending a mail: every mail arrives.

Real processes: Celery's prefork worker, an SMTP server, PostgreSQL and Redis.
"""

from collections import Counter
from contextlib import ExitStack

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classes import requests
from classes.models import ImportDraft
from classes.tasks import look_after_handmade
from parents.mail import holds, sending, tokens
from parents.models import MailHold, WeeklyMail
from parents.rules import choices
from parents.rules.marks import marks
from parents.tasks import queue_weekly_mail
from schools.mail import outgoing
from schools.mail.outgoing import LETTERS
from schools.models import OutgoingMail
from schools.staff import invitations, overview
from sync.models import Need
from sync.notices import tell
from tests.factories import (
    EnrolmentFactory,
    ImportRequestFactory,
    LeadRightFactory,
    SchoolFactory,
    SupportFactory,
    TeacherFactory,
    UserFactory,
    ago,
)
from tests.parents.mail import mailbox
from tests.parents.mail.mailbox import Stalling
from tests.parents.world import MOTHER, a_family, a_school, due
from tests.tools.broker import queued
from tests.tools.people import support_client
from tests.tools.waiting import wait_for
from tests.tools.workers import VICTIMS, a_worker, strike

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
State = OutgoingMail.State
SUPPORT = "help@example.org"
LEAD, TEACHER, NEW, FORGETS = "lead@example.org", "pell@example.org", "new@example.org", "quist@example.org"


def empty_redis():
    """Do what FLUSHALL does, but to both of our databases only; other tests keep theirs."""
    for url in (django_settings.REDIS_URL, django_settings.REDIS_CACHE_URL):
        with redis.Redis.from_url(url) as client:
            client.flushdb()


def worker(process_env, settings):
    env = {"REDIS_URL": django_settings.REDIS_URL, "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}"}
    return a_worker(process_env | env)


def answered(school):
    request = ImportRequestFactory(school=school, asked_by=TeacherFactory(school=school, user__email=TEACHER).user)
    requests.close(request, "declined", SupportFactory(), "It is a club.")


def moved(school):
    employee = TeacherFactory(school=school, email=NEW, user__email="old@example.org")
    (member,) = [one for one in overview.members(school) if one.employee == employee]
    overview.move_sign_in(member, SupportFactory())


def asked_again(school):
    a_family(school, MOTHER)
    choices.stop_address(school.pk, MOTHER, "parent")
    token = tokens.sign(tokens.MailLink(school.pk, marks().address(school.pk, MOTHER), marks().newest, 0))
    Client().post(f"{reverse('parents:stop')}?t={token}", {"again": "1"})


def copied(school):
    (link,) = a_family(school, MOTHER)
    support = support_client(SupportFactory(email="sam@support.example"), looks_at=[school])
    support.post(reverse("admin:parents_contact_mail", args=[link.contact_id]))


def warned(school):
    EnrolmentFactory(school_class__school=school, school_class__wonde_id=None, student__wonde_id=None)
    ImportDraft.objects.create(school=school, first_import_at=ago(days=77))
    look_after_handmade()


def held(school):
    holds._hold(school.pk, MailHold.Cause.OURS, "smtp_554_5.7.1")


def told_by_the_day(school):
    need = Need.objects.create(school=school, code="kept", since=ago(days=2))
    for lead in outgoing.leads_told(school):
        outgoing.put("needs", school=school, to=lead, codes=[need.code])


def reset(email):
    return Client().post(reverse("account_reset_password"), {"email": email})


def forgotten(school):
    reset(TeacherFactory(school=school, user__email=FORGETS).user.email)


# Letter -> (what queues it, who gets it).
HAPPENS = {
    "notice": (lambda school: tell.wrong_tries(school, 200, "09:02", "09:10"), [LEAD, SUPPORT]),
    "needs": (told_by_the_day, [LEAD]),
    "not-mine": (lambda school: outgoing.tell("not-mine", school), [LEAD, SUPPORT]),
    "invitation": (lambda school: invitations.invite(school, NEW, by=None, as_lead=True), [NEW]),
    "moved": (moved, ["old@example.org", NEW]),
    "new-password": (forgotten, [FORGETS]),
    "account": (lambda school: reset("stranger@example.org"), ["stranger@example.org"]),
    "answer": (answered, [TEACHER]),
    "handmade": (warned, [LEAD]),
    "again": (asked_again, [MOTHER]),
    "mail-held": (held, [SUPPORT]),
    "weekly-copy": (copied, ["sam@support.example"]),
}


def test_every_letter_is_tried_here():
    assert HAPPENS.keys() == LETTERS.keys()


def test_the_clock_asks_at_least_every_minute():
    (entry,) = [one for one in django_settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == outgoing.send_due.name]

    assert entry["schedule"] <= 60


def test_redis_emptied_between_a_commit_and_the_worker_loses_no_mail_and_doubles_none(process_env, settings):
    expected = Counter()
    with mailbox.running(settings) as box:
        for happens, readers in HAPPENS.values():
            school = a_school()
            LeadRightFactory(school=school, user=UserFactory(email=f"{school.code}.{LEAD}"))
            happens(school)
            expected.update(f"{school.code}.{LEAD}" if who == LEAD else who for who in readers)
        assert len(queued()) == sum(expected.values())
        empty_redis()

        with worker(process_env, settings):
            outgoing.send_due.delay()  # what beat does
            wait_for(lambda: not OutgoingMail.objects.waiting().exists(), told="some mail stands still")

    assert Counter(address for address, _ in box.mails) == expected
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {State.SENT}


def test_redis_emptied_halfway_through_a_weeks_mail_loses_none_and_doubles_none(process_env, settings):
    """The cache entry that keeps a school from being queued twice is lost with the queue."""
    school = a_school()
    families = [f"p{number}@home.example" for number in range(2 * sending.MARKED_TOGETHER)]
    mails = [due(a_family(school, address)) for address in families]
    with (
        mailbox.running(settings, Stalling("after the text", families[3])) as box,
        worker(process_env, settings),
    ):
        queue_weekly_mail()
        assert box.is_there.wait(60)
        empty_redis()
        queue_weekly_mail()
        box.go_on.set()
        unsent = WeeklyMail.objects.exclude(state=WeeklyMail.State.SENT)
        wait_for(lambda: queue_weekly_mail() or not unsent.exists(), told="a week's mail stands still")

    assert sorted(address for address, _ in box.mails) == sorted(families)
    assert WeeklyMail.objects.filter(pk__in=[mail.pk for mail in mails], tries=1).count() == len(mails)


@pytest.mark.parametrize(("stands", "received"), [("before the text", 1), ("after the text", 2)])
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_worker_killed_while_sending_a_notice_loses_none(process_env, settings, victim, stands, received):
    """It may come twice if it was accepted and the worker did not live to note that down: better than not at all."""
    with mailbox.running(settings, Stalling(stands, SUPPORT)) as box, ExitStack() as running:
        hanging = running.enter_context(worker(process_env, settings))
        tell.red(SchoolFactory(), "A title", ["A paragraph."])
        assert box.is_there.wait(60)
        assert OutgoingMail.objects.filter(due_at__gt=timezone.now(), tries=1).exists()

        strike(hanging, victim)
        if victim == "whole worker":
            running.enter_context(worker(process_env, settings))
        box.go_on.set()
        outgoing.send_due.delay()  # nobody else takes it while its worker may be alive
        invitations.invite(SchoolFactory(), NEW, by=None, as_lead=True)
        wait_for(lambda: box.to(NEW), told="another's mail stands still")
        assert len(box.to(SUPPORT)) == received - 1

        OutgoingMail.objects.waiting().update(due_at=timezone.now())  # as LEASE later
        outgoing.send_due.delay()
        wait_for(lambda: not OutgoingMail.objects.waiting().exists(), told="it stands still")

    assert len(box.to(SUPPORT)) == received


def test_a_page_does_not_wait_for_a_mail_server_that_hangs(process_env, settings):
    user = TeacherFactory().user
    with (
        mailbox.running(settings, Stalling("before the text", user.email)) as box,
        worker(process_env, settings),
    ):
        began = timezone.now()
        for _ in range(2):
            assert reset(user.email).status_code == 302
        assert box.is_there.wait(60)
        assert (timezone.now() - began).total_seconds() < 30
        box.go_on.set()
        wait_for(lambda: box.to(user.email))
