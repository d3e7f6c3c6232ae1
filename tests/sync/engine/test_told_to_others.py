"""What a run tells the other apps: how old what we hold is, and whether mail may leave."""

import pytest
from django.utils import timezone

from schools.models import LastRead, School
from sync.engine import told_to_others
from sync.engine.undo import undo
from tests.factories import SupportFactory, SyncRunFactory, ago
from tests.sync.world import synced

READ = {"contacts": {"aside": "", "kept": []}}


def told(school):
    return LastRead.objects.get(school=school)


def test_a_sync_tells_its_age_and_an_undo_only_that_it_was(sandbox, school):
    run = synced(school)
    assert (told(school).read_at, told(school).as_of, told(school).undone) == (run.ended_at, run.as_of, False)
    assert School.objects.with_age().get(pk=school.pk).wonde_newest == run.wonde_newest

    undo(run, SupportFactory(), "a test", everything=True)
    assert (told(school).read_at, told(school).as_of, told(school).undone) == (run.ended_at, run.as_of, True)

    again = synced(school)
    assert (told(school).read_at, told(school).undone) == (again.ended_at, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"ledger": {"contacts": {"aside": "denied", "kept": []}}},
        {"ledger": {}},
        {"ledger": READ, "alarms": [["students", "unreadable"]]},
    ],
)
def test_what_did_not_read_parents_leaves_their_age_as_it_was(fields):
    before = SyncRunFactory(ledger=READ, started_at=ago(hours=30))

    run = SyncRunFactory(school=before.school, started_at=ago(hours=6), **fields)

    assert told(run.school).parents_as_of == before.as_of
    assert told(run.school).as_of == run.as_of


@pytest.mark.django_db
def test_an_age_that_wonde_takes_back_does_not_make_parents_older():
    """Nothing new for twelve school days: what was read yesterday was read yesterday."""
    before = SyncRunFactory(ledger=READ, started_at=ago(hours=30))

    SyncRunFactory(school=before.school, ledger=READ, started_at=ago(hours=6), as_of=ago(days=20))

    assert told(before.school).parents_as_of == before.as_of


@pytest.mark.django_db
def test_vanished_addresses_are_told_until_a_sync_has_them_again():
    gone = SyncRunFactory(ledger={"contacts": {"aside": "", "kept": ["email"]}}, started_at=ago(hours=30))
    assert told(gone.school).addresses_gone

    told_to_others.write(SyncRunFactory.build(school=gone.school, ledger=READ, as_of=timezone.now()))

    assert not told(gone.school).addresses_gone
