"""Redis emptied between a commit and the worker, and workers killed while sending a mail: every mail arrives.

Real processes: Celery's prefork worker, an SMTP server, PostgreSQL and Redis.
"""

from collections import Counter
from contextlib import ExitStack

import pytest
import redis
from django.conf import settings as django_settings
from django.utils import timezone

from parents.mail import sending
from parents.models import WeeklyMail
from parents.tasks import queue_weekly_mail
from schools.mail import outgoing
from schools.mail.outgoing import LETTERS
from schools.models import OutgoingMail
from schools.staff import invitations
from sync.notices import tell
from tests.factories import (
    LeadRightFactory,
    SchoolFactory,
    TeacherFactory,
    UserFactory,
)
from tests.parents.mail import mailbox
from tests.parents.mail.mailbox import Stalling
from tests.parents.world import a_family, a_school, due
from tests.schools.mail.happening import HAPPENS, LEAD, NEW, SUPPORT, reset
from tests.tools.broker import queued
from tests.tools.waiting import wait_for
from tests.tools.workers import VICTIMS, a_worker, strike

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
State = OutgoingMail.State


def empty_redis():
    """Do what FLUSHALL does, but to both of our databases only; other tests keep theirs."""
    for url in (django_settings.REDIS_URL, django_settings.REDIS_CACHE_URL):
        with redis.Redis.from_url(url) as client:
            client.flushdb()


def worker(process_env, settings):
    env = {"REDIS_URL": django_settings.REDIS_URL, "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}"}
    return a_worker(process_env | env)


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
