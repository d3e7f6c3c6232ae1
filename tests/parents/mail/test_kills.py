"""Workers killed while sending a mail: nobody gets it twice, and the other families get theirs.

Real processes: Celery's prefork worker, an SMTP server, PostgreSQL and Redis.
"""

from contextlib import ExitStack

import pytest
from django.conf import settings as django_settings

from parents import tasks
from parents.mail import sending
from parents.models import WeeklyMail
from tests.parents.mail import mailbox
from tests.parents.mail.mailbox import Stalling
from tests.parents.world import MOTHER, a_family, a_school, due, state
from tests.tools.waiting import wait_for
from tests.tools.workers import VICTIMS, a_worker, strike

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
State = WeeklyMail.State
OTHERS = [f"p{number}@home.example" for number in range(sending.MARKED_TOGETHER)]  # the last is not marked with hers


@pytest.mark.parametrize(("stands", "received"), [("before the text", 0), ("after the text", 1)])
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_worker_killed_while_sending_a_mail_sends_nobody_a_second_one(
    process_env, settings, victim, stands, received
):
    with mailbox.running(settings, Stalling(stands, MOTHER)) as box, ExitStack() as running:
        env = process_env | {
            "REDIS_URL": django_settings.REDIS_URL,
            "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
        }
        school = a_school()
        hers, *others = [due(a_family(school, address)) for address in (MOTHER, *OTHERS)]
        worker = running.enter_context(a_worker(env))
        tasks.send_weekly_mail.delay(school.pk)
        assert box.is_there.wait(60)
        assert state(hers) == (State.SENDING, "")

        strike(worker, victim)
        if victim == "whole worker":
            running.enter_context(a_worker(env))
        box.go_on.set()
        tasks.queue_weekly_mail()  # what beat does every minute

        wait_for(lambda: state(others[-1])[0] == State.SENT, told="another family's mail stands still")
        wait_for(lambda: state(hers)[0] != State.SENDING, told="hers stands still")
        tasks.send_weekly_mail.delay(school.pk)
        tasks.send_weekly_mail.delay(school.pk)
        last = due(a_family(school, "k.moss@home.example"))
        tasks.send_weekly_mail.delay(school.pk)
        wait_for(lambda: state(last)[0] == State.SENT, told="nothing leaves any more")

        assert state(hers) == (State.UNKNOWN, "worker_lost")
        assert len(box.to(MOTHER)) == received
        in_doubt = WeeklyMail.objects.filter(state=State.UNKNOWN, reason="worker_lost")
        assert in_doubt.count() <= sending.MARKED_TOGETHER
        assert not WeeklyMail.objects.exclude(state__in=[State.SENT, State.UNKNOWN]).exists()
        sent = [address for address, mail in zip(OTHERS, others, strict=True) if state(mail)[0] == State.SENT]
        assert all(len(box.to(address)) == 1 for address in sent)
        assert all(len(box.to(address)) <= 1 for address in OTHERS)
