"""`manage.py backup_check` says whether a backup is one to rely on."""

import io
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from config import embedded
from config.running import backup
from parents.models import AddressChoice
from schools.sealing import seal
from sync.models import Wcbs
from tests.factories import SyncSettingsFactory, ago

LIST = """\
;
; Archive created at {made:%Y-%m-%d %H:%M:%S} UTC
;     dbname: rollbook
;     Format: CUSTOM
;
215; 1259 16388 TABLE public students_student rollbook
{rows}
"""


def a_list(made, tables):
    rows = (
        f"{number}; 0 16388 TABLE DATA public {table} rollbook" for number, table in enumerate(sorted(tables), 3000)
    )
    return LIST.format(made=made, rows="\n".join(rows))


def said_of(file):
    """What the command says of a backup; "refused: " and why where it fails."""
    said = io.StringIO()
    try:
        call_command("backup_check", file, stdout=said)
    except CommandError as error:
        return f"refused: {error}"
    return said.getvalue()


@pytest.mark.django_db
def test_a_backup_is_relied_on_if_it_is_of_last_night_with_every_table_and_each_key_in_use_is_here(
    monkeypatch, settings
):
    now, all_of_them = timezone.now(), backup.tables()

    def said(made=now - timedelta(hours=3), without=frozenset()):
        monkeypatch.setattr(sys, "stdin", io.StringIO(a_list(made, all_of_them - without)))
        return said_of("-")

    assert all_of_them == set(connection.introspection.table_names())
    assert f"has all {len(all_of_them)} tables, and every key in use is here." in said()
    assert "has all" in said(now - backup.OLDEST + timedelta(minutes=1))
    assert "refused: The backup is 26 hours old" in said(now - backup.OLDEST - timedelta(minutes=1))
    assert "lacks the rows of 1 of our" in said(without={"students_student"})  # that its table is there is not enough
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert "Make one now." in said_of("-")

    school = SyncSettingsFactory().school
    Wcbs.objects.create(school=school, base="https://x.example", secret_sealed=seal(b"secret"), typed_at=ago(days=1))
    settings.SEALING_KEYS += ",2:another-key-0123456789abcdef0123456789"
    assert "has all" in said()
    settings.SEALING_KEYS = "2:another-key-0123456789abcdef0123456789"
    AddressChoice.objects.create(school=school, address_mark="0" * 32, key_number=7, cause="parent")
    refused = said(now - timedelta(days=3))
    assert "72 hours old" in refused
    assert "ADDRESS_KEYS lacks key 7" in refused
    assert "SEALING_KEYS lacks the key of 1 " in refused


def test_a_real_backup_is_looked_into_and_what_is_none_or_cannot_be_looked_into_is_refused_with_the_next_step(
    process_env, tmp_path, monkeypatch
):
    programs = embedded._binaries(["DATABASE_URL"])["DATABASE_URL"] / "pginstall18" / "bin"
    dump, broken = tmp_path / "rollbook.dump", tmp_path / "broken.dump"
    made = [programs / "pg_dump", "--format=custom", f"--file={dump}", process_env["DATABASE_URL"]]
    subprocess.run(made, check=True)
    broken.write_bytes(dump.read_bytes()[:500])

    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    assert "has all" in said_of(str(dump))
    assert "is no backup that can be restored. Make one now." in said_of(str(broken))
    monkeypatch.setenv("PATH", "")
    assert "pg_restore --list FILE | manage.py backup_check -" in said_of(str(dump))
