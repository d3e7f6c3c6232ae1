"""A backup restored as docs/operations.md says: every row is there, whoever was erased since is erased again, old
cursors of the feed are refused, pages open, and the next sync changes nothing."""

import logging
import os
import subprocess
import time
from contextlib import contextmanager

import pytest
import requests
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from config import embedded
from parents.models import AddressChoice
from schools.models import User
from students.models import Student
from sync.engine.runs import run_sync
from sync.leaving.erasure import erase_person
from sync.models import Change, SyncRun
from sync.models.feed import CursorTooOld, horizon
from tests.drill.servers import connected_to
from tests.factories import LeadRightFactory
from tests.sync.world import happen, school_at
from tests.tools.people import signed_in
from tests.tools.web import a_web, browser_of

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def binaries():
    return embedded._binaries(["DATABASE_URL"])["DATABASE_URL"] / "pginstall18" / "bin"


def rows():
    """How many rows each table has."""
    return {model._meta.db_table: model._base_manager.count() for model in apps.get_models(include_auto_created=True)}


@contextmanager
def without(database, server):
    """The database is lost: another takes its name, empty."""
    connection.close()
    maintenance = server.url.rpartition("/")[0] + "/postgres"
    with embedded.psycopg.connect(maintenance, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{database}"')
    yield


def test_a_restored_backup_has_every_row_and_nobody_erased_since_and_goes_on_where_it_was(
    transactional_db, own_postgresql, binaries, town, process_env, tmp_path, caplog
):
    dump = tmp_path / "rollbook.dump"
    with connected_to(own_postgresql):
        school = school_at(town)
        assert run_sync(school, SyncRun.Trigger.NIGHT).status == SyncRun.Status.APPLIED
        lead = LeadRightFactory(school=school).user
        client = signed_in(lead)
        left, stays = Student.objects.filter(left_at=None, user__isnull=False).order_by("pk")[:2]
        happen(town, school, [{"event": "leave", "students": [left.wonde_id]}])
        assert run_sync(school, SyncRun.Trigger.NIGHT).status == SyncRun.Status.APPLIED
        choice = AddressChoice.objects.create(school=school, address_mark="0" * 32, key_number=1, cause="parent")
        before, after = rows(), horizon().cursor

        began = time.monotonic()
        subprocess.run([binaries / "pg_dump", "--format=custom", f"--file={dump}", own_postgresql.url], check=True)
        with caplog.at_level(logging.INFO):
            erase_person(school, "students", left.pk, lead, "the parents asked")
        with without("rollbook", own_postgresql):
            restore = [binaries / "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction"]
            subprocess.run([*restore, f"--dbname={own_postgresql.url}", dump], check=True)
        took = time.monotonic() - began

        assert rows() == before
        assert Student.objects.get(pk=left.pk).wonde_id  # the backup has brought them back
        (tmp_path / "worker.log").write_text(caplog.text)
        call_command("erase_again", str(tmp_path / "worker.log"))
        assert (Student.objects.get(pk=left.pk).wonde_id, Student.objects.get(pk=left.pk).surname) == (None, "")
        assert Student.objects.get(pk=stays.pk).surname == stays.surname
        assert AddressChoice.objects.standing().get() == choice
        with pytest.raises(CursorTooOld):
            Change.objects.read_from(after, 1)
        again = run_sync(school, SyncRun.Trigger.NIGHT)
        assert again.status == SyncRun.Status.APPLIED
        assert not any(number for verbs in again.counts.values() for number in verbs.values())
        assert User.objects.filter(pk=lead.pk).exists()
        connection.close()
        with a_web(process_env | {"DATABASE_URL": own_postgresql.url}) as web:
            page = browser_of(client).get(f"{web.url}/schools/{school.code}/", timeout=30)
            assert page.status_code == 200
            assert requests.get(f"{web.url}/health/ready", timeout=30).ok
    print(f"{sum(before.values()):,} rows, {os.path.getsize(dump) / 1e6:.1f} MB: saved and restored in {took:.1f} s")
