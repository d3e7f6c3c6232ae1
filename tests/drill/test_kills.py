"""Whoever writes killed in the middle of it: nothing is written, and done again it is done once.

For syncs tests/sync/engine/test_kills.py, for weekly mail tests/parents/mail/test_kills.py, for lists of a school's own
tests/classes/test_upload_kills.py; here what a web process writes for a lead and for the learning product, and erasing.
Real processes: gunicorn, Celery's worker, PostgreSQL, Redis, the sandbox over HTTP.
"""

import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
import requests
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from schools.models import Erasure
from students.models import Student, WeeklyProgress
from sync import tasks
from sync.models import SyncRun
from tests.factories import ApiTokenFactory, LeadRightFactory
from tests.sync.living import living_school
from tests.sync.tables import RUNS, versions
from tests.tools.people import signed_in
from tests.tools.waiting import wait_for
from tests.tools.web import a_web, browser_of
from tests.tools.workers import VICTIMS, a_worker, strike

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
TRACES = {"schools_session", "schools_apitoken", "sync_recurringwork", *RUNS}  # of having asked, not of what was done


@pytest.fixture
def living(settings, transactional_db):
    with living_school(settings) as living:
        yield living


@contextmanager
def standing_at(table, begin):
    """Within the block what `begin` began waits to write into `table`, and it never comes to do so."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        begin()
        wait_for(lambda: waiting_for(table), 60, f"nothing was written into {table}")
        yield
    wait_for(lambda: not waiting_for(table), 30, "the killed process still waits")


def waiting_for(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table])
        return cursor.fetchone()


def in_vain(ask):
    """Ask in a thread of its own: the web process dies before it answers."""

    def run():
        with suppress(requests.ConnectionError):
            ask()

    threading.Thread(target=run, daemon=True).start()


def killed(web, table, ask):
    """Kill the web process while `ask` waits to write into `table`. Returns whether anything was written."""
    before = versions(*TRACES)
    with standing_at(table, lambda: in_vain(ask)):
        web.kill()
    written = versions(*TRACES) != before
    web.start()
    return written


def test_an_undo_whose_web_process_is_killed_undoes_nothing_and_again_it_undoes_once(living, process_env):
    leavers = list(Student.objects.filter(school=living.school).values_list("wonde_id", flat=True)[:3])
    _, run = living.day({"event": "leave", "students": leavers})
    gone = Student.objects.filter(school=living.school, wonde_id__in=leavers, left_at__isnull=False)
    browser = browser_of(signed_in(LeadRightFactory(school=living.school).user))

    with a_web(process_env) as web:
        page = f"{web.url}{reverse('sync:undo', args=[living.school.code, run.pk])}?what=all"
        assert browser.get(page, timeout=30).status_code == 200
        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "reason": "too early"}

        def press():
            return browser.post(page, form, headers={"Referer": page}, timeout=60)

        assert not killed(web, "sync_change", press)
        answer = press()

    assert answer.status_code == 200
    assert not gone.exists()
    assert SyncRun.objects.filter(school=living.school, trigger=SyncRun.Trigger.UNDO).count() == 1


def test_progress_whose_web_process_is_killed_is_written_whole_or_not_and_again_it_is_there_once(living, process_env):
    token = ApiTokenFactory(schools=[living.school])
    week = {"week": "2026-W41", "tasks_set": 6, "tasks_done": 5, "minutes": 42}
    students = Student.objects.filter(school=living.school).values_list("pk", flat=True)
    body = {"school_id": living.school.pk, "rows": [{"student_id": pk} | week for pk in students]}

    with a_web(process_env) as web:

        def put():
            headers = {"Authorization": f"Bearer {token.secret}"}
            return requests.put(f"{web.url}/api/v1/progress/", json=body, headers=headers, timeout=60)

        killed(web, "students_weeklyprogress", put)  # one statement: PostgreSQL may end it for a client that is gone
        assert WeeklyProgress.objects.count() in {0, 60}
        answer = put().json()

    assert answer["written"] + answer["unchanged"] == 60 == WeeklyProgress.objects.count()


@pytest.mark.parametrize("victim", VICTIMS)
def test_erasing_whose_worker_is_killed_erases_nothing_and_again_it_erases_once(living, process_env, victim):
    student = living.student()
    living.day({"event": "leave", "student": student.wonde_id})
    Student.objects.filter(pk=student.pk).update(left_at=timezone.now() - timedelta(days=400))
    env = process_env | {"REDIS_URL": django_settings.REDIS_URL}
    name = "erase whose day has come"
    before = versions(*TRACES)

    with a_worker(env) as worker:
        with standing_at("schools_erasure", lambda: tasks.do_recurring_work.delay(name)):
            strike(worker, victim)
        assert versions(*TRACES) == before or Erasure.objects.exists()  # a killed child's task comes back at once
    with a_worker(env):
        tasks.do_recurring_work.delay(name)  # as the clock does when its lease is over
        wait_for(lambda: Erasure.objects.exists(), 60, "nothing was erased")

    assert Erasure.objects.count() == 1
    assert Student.objects.get(pk=student.pk).surname == ""
