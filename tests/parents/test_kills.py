"""Workers killed while they hand a mail over: nobody gets it twice, and the other families get theirs.

Real processes: Celery's prefork worker, an SMTP server, PostgreSQL and Redis.
"""

import asyncio
import os
import signal
import threading
from contextlib import ExitStack

import pytest
from django.conf import settings as django_settings

from parents import tasks
from parents.models import WeeklyMail
from tests.parents import mailbox
from tests.parents.test_sending import MOTHER, due, state
from tests.parents.world import a_family, a_school
from tests.waiting import wait_for, wait_until_ended
from tests.workers import a_worker, kill_all, pool_child

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
State = WeeklyMail.State
OTHER = "j.lind@home.example"


class Stalling(mailbox.Mailbox):
    """Stands still at one mail to the mother, before or after its text was taken, until `go_on` is set."""

    def __init__(self, stands):
        super().__init__()
        self.stands, self.is_there, self.go_on = stands, threading.Event(), threading.Event()

    async def _stand(self, moment, addresses):
        if moment == self.stands and MOTHER in addresses and not self.is_there.is_set():
            self.is_there.set()
            await asyncio.to_thread(self.go_on.wait, 120)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 (aiosmtpd's name)
        await self._stand("before the text", [address])
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        await self._stand("after the text", envelope.rcpt_tos)
        return answer


@pytest.mark.parametrize(("stands", "received"), [("before the text", 0), ("after the text", 1)])
@pytest.mark.parametrize("victim", ["pool child", "whole worker"])
def test_a_worker_killed_while_it_hands_a_mail_over_sends_no_second_one(
    process_env, settings, victim, stands, received
):
    with mailbox.running(settings, Stalling(stands)) as box, ExitStack() as running:
        env = process_env | {
            "REDIS_URL": django_settings.REDIS_URL,
            "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
        }
        school = a_school()
        hers, others = due(a_family(school, MOTHER)), due(a_family(school, OTHER))
        worker = running.enter_context(a_worker(env))
        tasks.send_weekly_mail.delay(school.pk)
        assert box.is_there.wait(60)
        assert state(hers) == (State.SENDING, "")

        if victim == "pool child":
            child = pool_child(worker)
            os.kill(child, signal.SIGKILL)
            wait_until_ended(child)
        else:
            kill_all(worker)
            running.enter_context(a_worker(env))
        box.go_on.set()
        tasks.queue_weekly_mail()  # what beat does every minute

        wait_for(lambda: state(others)[0] == State.SENT, told="the other family's mail stands still")
        wait_for(lambda: state(hers)[0] != State.SENDING, told="hers stands still")
        tasks.send_weekly_mail.delay(school.pk)
        tasks.send_weekly_mail.delay(school.pk)
        last = due(a_family(school, "k.moss@home.example"))
        tasks.send_weekly_mail.delay(school.pk)
        wait_for(lambda: state(last)[0] == State.SENT, told="nothing leaves any more")

        assert state(hers) == (State.UNKNOWN, "worker_lost")
        assert len(box.to(MOTHER)) == received
        assert len(box.to(OTHER)) == 1
