"""What runs by the clock, with thousands of schools: no table that grows with them is read as a whole."""

import re
from contextlib import suppress

import pytest
from django.conf import settings
from django.db import connection

from config.celery import app
from parents.tasks import queue_weekly_mail, send_weekly_mail
from sync.models import SyncSettings
from sync.tasks import preview_school, queue_due_schools
from tests.factories import MailSettingsFactory, SyncRunFactory, SyncSettingsFactory, ago
from tests.parents.world import a_family, due

SMALL = {"schools_school"}


class Watch:
    """The tables that statements made in the meantime could only read from end to end."""

    def __init__(self):
        self.read = set()

    def __call__(self, execute, sql, params, many, context):
        if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)", sql) and not many:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plan = "\n".join(line for (line,) in cursor)
            self.read |= set(re.findall(r"Seq Scan on (\w+)", plan))
        return execute(sql, params, many, context)


@pytest.fixture
def school():
    """A school with something to do for everything that runs by the clock."""
    school = SyncSettingsFactory().school
    MailSettingsFactory(school=school, enabled=True)
    for _ in range(2):
        SyncRunFactory(school=school, started_at=ago(days=500), ended_at=ago(days=500), step="announcing")
    return school


@pytest.mark.django_db
@pytest.mark.parametrize("name", [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()])
def test_what_runs_by_the_clock_reads_no_growing_table_from_end_to_end(school, name):
    app.loader.import_default_modules()
    watch = Watch()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # what is still scanned has no index that helps
    with connection.execute_wrapper(watch):
        app.tasks[name]()

    assert watch.read <= SMALL


def test_every_task_is_due_again_by_a_row_or_has_a_reason_not_to_be():
    """In a table, because a task that nothing finds again would be lost with the queue."""
    app.loader.import_default_modules()
    ours = {name.rpartition(".")[2] for name in app.tasks if not name.startswith("celery.")}
    clocked = {entry["task"].rpartition(".")[2] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    page = (settings.BASE_DIR / "docs/decisions/0108-whatever-must-happen-comes-again.md").read_text()
    told = {task for line in re.findall(r"^\| (.*?) \|", page, re.MULTILINE) for task in re.findall(r"`(\w+)`", line)}

    assert ours - clocked == told & ours


def taken():
    """The names of the waiting tasks, in the order workers take them; this empties the queue."""
    names = []
    with app.connection_for_read() as line, line.SimpleQueue("celery", no_ack=True) as queue, suppress(queue.Empty):
        while True:
            names.append(queue.get(block=False).headers["task"].rpartition(".")[2])
    return names


@pytest.mark.django_db
def test_somebody_waiting_at_a_page_comes_before_the_night_and_the_mail(school, django_capture_on_commit_callbacks):
    """On a Friday afternoon every school has its mail in the queue."""
    SyncSettings.objects.update(due_at=ago(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        queue_due_schools()
        send_weekly_mail.delay(school.pk)
        preview_school.delay(school.pk)

    assert taken() == ["preview_school", "send_weekly_mail", "sync_school"]


@pytest.mark.django_db
def test_a_schools_mail_is_queued_only_once_until_a_worker_takes_it(school):
    due(a_family(school, "m.okoro@home.example"))
    queue_weekly_mail()
    queue_weekly_mail()
    assert taken().count("send_weekly_mail") == 1

    send_weekly_mail(school.pk)
    queue_weekly_mail()

    assert taken().count("send_weekly_mail") == 1
