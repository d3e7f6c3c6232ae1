"""What runs by the clock, with thousands of schools behind it: no table that grows with them is read as a whole."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from tests.factories import ConnectionFactory, MailSettingsFactory, SyncRunFactory, ago

SMALL = {"schools_school"}


class Watch:
    """The tables that the statements made meanwhile could only read from end to end."""

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
    """With something to do for everybody who comes by the clock."""
    school = ConnectionFactory().school
    MailSettingsFactory(school=school, enabled=True)
    for _ in range(2):
        SyncRunFactory(school=school, started_at=ago(days=500), ended_at=ago(days=500), step="announcing")
    return school


@pytest.mark.django_db
@pytest.mark.parametrize("name", [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()])
def test_what_runs_by_the_clock_reads_no_growing_table_from_end_to_end(school, name):
    watch = Watch()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # what is scanned nevertheless has no index that helps
    with connection.execute_wrapper(watch):
        import_string(name)()

    assert watch.read <= SMALL
