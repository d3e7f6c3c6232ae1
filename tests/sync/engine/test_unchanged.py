"""A sync of a school where nothing has changed, and a preview: nothing is written but the run, and nobody is told."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from classes.models import SchoolClass
from schools.models import Employee
from students.models import Student
from sync.engine.runs import preview
from sync.models import Change, SyncRun
from tests.sync.tables import RUNS, versions
from tests.sync.world import a_class_of, a_sandbox, a_student_of, happen, in_class, school_at, synced

APPLIED = SyncRun.Status.APPLIED


def test_an_unchanged_sync_writes_nothing_but_its_run(sandbox, school):
    synced(school)
    synced(school)  # what the first one learned of the school has settled
    before = versions(*RUNS)

    run = synced(school)

    assert run.status == APPLIED
    assert versions(*RUNS) == before


def test_names_that_fold_differently_now_are_written_and_told_to_nobody(sandbox, school):
    synced(school)
    models = (Student, Employee, SchoolClass)
    folded = [dict(model.objects.values_list("pk", "sort_name")) for model in models]
    for model in models:
        model.objects.update(sort_name="as it was folded before")
    Change.objects.filter(run=None).delete()

    run = synced(school)

    assert [dict(model.objects.values_list("pk", "sort_name")) for model in models] == folded
    assert not Change.objects.filter(run=run).exists()
    assert not any(number for verbs in run.counts.values() for number in verbs.values())


def test_an_unchanged_sync_in_which_something_is_held_writes_nothing_but_its_run(sandbox, school):
    synced(school)
    leavers = sorted(in_class(a_class_of(school, 7)))[:8]
    happen(sandbox, school, [{"event": "leave", "students": leavers}])
    assert synced(school).waiting
    before = versions(*RUNS)

    run = synced(school)

    assert run.waiting
    assert versions(*RUNS) == before


def test_a_bulk_updated_at_changes_nothing(sandbox, school):
    synced(school)
    synced(school)
    happen(sandbox, school, [{"event": "bulk_updated_at"}])
    before = versions(*RUNS)

    synced(school)

    assert versions(*RUNS) == before


def statements(students, settings, days=()):
    """How many SQL statements the sync of a school of that size takes: at first, unchanged, and after each day."""
    with a_sandbox(settings, students=students, seed=students) as running:
        school = school_at(running)
        counted = []
        for events in (None, None, None, *days):
            if events is not None:
                happen(running, school, events(school))
            with CaptureQueriesContext(connection) as queries:
                assert synced(school).status == APPLIED
            counted.append(len(queries))
    return counted[:1] + counted[2:]


def test_the_number_of_sql_statements_is_the_same_for_60_and_for_300_students(settings, in_term, db):
    def moves(share):
        def events(school):
            row = a_class_of(school)
            return [
                {"event": "rename", "count": max(1, Student.objects.current().filter(school=school).count() // share)},
                {"event": "leave", "student": a_student_of(row).wonde_id},
                {"event": "join", "count": 1},
                {"event": "move_class", "count": 1},
            ]

        return events

    small = statements(60, settings, [moves(20)])
    large = statements(300, settings, [moves(20)])

    assert small == large
    # An unchanged night. What may be asked for, and whether sharing was stopped here, is looked up before the read and
    # once more under the lock. Of details, which are off: what we have, and what is held beyond what is asked for.
    assert small[1] == 46


def test_a_preview_changes_nothing_and_takes_no_run_row(sandbox, school):
    before = versions()

    shown = preview(school)

    assert len(shown.decision.judgement.plans["students"].creates) == 60
    assert versions() == before
