"""The command `sync_school`: what it prints and how it ends."""

import json
import threading

import pytest
from django.core.management import call_command

from schools.locks import alone
from students.models import Student
from tests.sync.world import synced
from tests.tools.threads import in_another_worker


def command(*arguments, capsys):
    """Exit status, what was printed, what was complained of."""
    with pytest.raises(SystemExit) as ended:
        call_command("sync_school", *arguments)
    out, complaint = capsys.readouterr()
    return ended.value.code or 0, out, complaint


def one_sentence(text):
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text


def test_the_command_previews_and_with_apply_it_applies(sandbox, school, capsys):
    status, out, _ = command(school.wonde_id, capsys=capsys)
    assert status == 0
    assert "60 read, 60 imported" in out
    assert not Student.objects.filter(school=school).exists()

    status, out, _ = command(school.wonde_id, "--apply", capsys=capsys)
    assert status == 0
    assert "students: 60 new" in out

    status, out, _ = command(school.wonde_id, "--apply", capsys=capsys)
    assert status == 0
    assert "nothing changed" in out


@pytest.mark.parametrize("apply", [[], ["--apply"]], ids=["preview", "apply"])
def test_the_command_ends_with_3_when_changed_addresses_wait(sandbox, school, capsys, apply):
    synced(school)
    sandbox.day(school.wonde_id, [{"event": "shift_emails"}])

    status, out, _ = command(school.wonde_id, *apply, capsys=capsys)

    assert status == 3
    assert "have another email address all at once" in out


def test_the_command_speaks_json(sandbox, school, capsys):
    _, out, _ = command(school.wonde_id, "--json", capsys=capsys)
    assert json.loads(out)["kinds"]["students"]["counts"]["create"] == 60

    _, out, _ = command(school.wonde_id, "--json", "--apply", capsys=capsys)
    assert json.loads(out)["counts"]["students"]["create"] == 60


@pytest.mark.parametrize("apply", [[], ["--apply"]], ids=["preview", "apply"])
def test_the_command_ends_with_3_when_something_waits_for_a_person(sandbox, school, capsys, apply):
    synced(school)
    sandbox.fault("empty_list", "schools/*/students")

    status, out, _ = command(school.wonde_id, *apply, capsys=capsys)

    assert status == 3
    assert "lists none now" in out


@pytest.mark.parametrize("apply", [[], ["--apply"]], ids=["preview", "apply"])
@pytest.mark.parametrize("fault", ["unauthorised", "server_error", "not_json"])
def test_the_command_ends_with_4_and_one_sentence_when_it_is_refused(sandbox, school, capsys, apply, fault):
    sandbox.fault(fault)

    status, out, complaint = command(school.wonde_id, *apply, capsys=capsys)

    assert (status, out) == (4, "")
    assert one_sentence(complaint)
    assert "Nothing was changed" in complaint


def test_the_command_ends_with_4_for_a_school_we_do_not_have(db, capsys):
    status, _, complaint = command("A000", capsys=capsys)

    assert status == 4
    assert "manage.py add_school A000" in complaint
    assert one_sentence(complaint)


@pytest.mark.django_db(transaction=True)
def test_the_command_ends_with_4_while_the_school_is_being_synced(committed_school, capsys):
    held, release = threading.Event(), threading.Event()

    def hold():
        with alone(committed_school.pk):
            held.set()
            release.wait(20)

    worker = in_another_worker(hold)
    held.wait(20)
    status, _, complaint = command(committed_school.wonde_id, "--apply", capsys=capsys)
    release.set()
    worker()

    assert status == 4
    assert "being synced right now" in complaint
