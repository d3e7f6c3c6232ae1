"""The story of a sync on a real database with the sandbox over HTTP: what it writes, what it leaves, how it ends."""

import json
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from unittest.mock import ANY
from urllib.parse import urlsplit

import msgspec
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classes.models import Enrolment, SchoolClass, Teaching
from schools.locks import alone, lock_school
from schools.models import Employee, School, User
from students.models import Student
from sync import tasks
from sync.engine.runs import preview, run_sync
from sync.facts.kinds import KINDS
from sync.models import Change, Hold, SyncRun, SyncSettings
from sync.people.renames import asked_about
from sync.sandbox.choices import DEMO_TOKEN
from sync.sandbox.testing import FIRST_DAY, RunningSandbox, running_sandbox
from sync.sandbox.world import profiles
from tests.factories import StudentFactory
from tests.sync.conftest import school_at
from tests.sync.tables import RUNS, versions
from tests.tools.waiting import wait_for_line

APPLIED, REFUSED, FAILED, RUNNING = SyncRun.Status.APPLIED, SyncRun.Status.REFUSED, SyncRun.Status.FAILED, "running"


def synced(school, trigger=SyncRun.Trigger.NIGHT, **how):
    """One sync, with the school as the database has it now."""
    return run_sync(School.objects.get(pk=school.pk), trigger, **how)


def happen(sandbox, school, events):
    """Let events happen at the school today. Returns what happened."""
    return sandbox.day(school.wonde_id, events, new_day=False)["events"]


def changes(run, kind, verb):
    return Change.objects.filter(run=run, kind=kind, verb=verb)


def in_class(school_class):
    """Wonde ids of the students who are in it now."""
    stays = Enrolment.objects.current().filter(school_class=school_class)
    return set(stays.values_list("student__wonde_id", flat=True))


def world_of(sandbox):
    """The sandbox's school itself, to give it values that no event makes. Touch it before it is first read, or let
    `sandbox.day(…, [])` pass afterwards."""
    return sandbox.sandbox.registry.world(sandbox.school_ids[0])


def a_class_of(school, more_than=2):
    """An imported class with some students, its Wonde id and theirs."""
    for row in SchoolClass.objects.current().filter(school=school).order_by("pk"):
        if len(in_class(row)) > more_than:
            return row
    raise AssertionError("no class is large enough")


def a_student_of(school_class):
    return (
        Student.objects.filter(enrolments__school_class=school_class, enrolments__left_at=None).order_by("pk").first()
    )


# --- the first sync


def test_the_first_sync_brings_classes_students_staff_and_accounts(sandbox, school):
    run = synced(school)

    assert run.status == APPLIED
    imported = Student.objects.current().filter(school=school)
    assert imported.count() == 60
    assert Enrolment.objects.current().filter(school=school).count() == 60
    assert SchoolClass.objects.current().filter(school=school).exists()
    assert Teaching.objects.current().filter(school=school).exists()
    assert not Employee.objects.filter(school=school, classes=None).exists()


def test_members_in_the_database_are_those_of_the_mis(sandbox, school):
    synced(school)
    theirs = {
        row["id"]: {member["id"] for member in row["students"]["data"]}
        for row in sandbox.every(f"schools/{school.wonde_id}/classes", include="students,subject", per_page=200)
    }

    for row in SchoolClass.objects.current().filter(school=school):
        assert in_class(row) <= theirs[row.wonde_id]
        second = theirs[row.wonde_id] - in_class(row)
        assert all(Enrolment.objects.current().filter(student__wonde_id=each).exists() for each in second)


def test_accounts_have_a_username_and_no_usable_password(sandbox, school):
    synced(school)

    users = [student.user for student in Student.objects.filter(school=school).select_related("user")]
    assert all(user.username and not user.has_usable_password() for user in users)
    assert len({user.username.lower() for user in users}) == 60
    assert not any(user.is_staff or user.is_superuser for user in users)


def test_a_run_tells_its_ledger_its_counts_and_how_fresh_wonde_is(sandbox, school):
    run = synced(school)
    run.refresh_from_db()

    assert run.counts["students"]["create"] == 60
    for ledger in run.ledger.values():
        assert ledger["read"] == ledger["imported"] + sum(ledger["withheld"].values()) + ledger["unreadable"]
    assert run.wonde_newest is not None
    assert set(run.timings) == {"read", "ours", "decide", "apply"}
    assert changes(run, "students", "create").count() == 60


def test_what_wonde_says_of_the_school_itself_is_kept(sandbox, school):
    synced(school)

    school.refresh_from_db()
    assert school.name == sandbox.get(f"schools/{school.wonde_id}")["data"]["name"]


# --- the same again


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
    with running_sandbox(students=students, seed=students) as running:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
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
    assert small[1] == 36  # an unchanged night


# --- the next day


def test_a_student_who_joins_is_created_with_a_place_and_an_account(sandbox, school):
    synced(school)
    row = a_class_of(school)
    happened = happen(sandbox, school, [{"event": "join", "class": row.wonde_id}])
    wonde_id = happened[0]["student"]

    run = synced(school)

    student = Student.objects.get(school=school, wonde_id=wonde_id)
    assert wonde_id in in_class(row)
    assert student.user.username
    assert changes(run, "students", "create").get().row_id == student.pk


def test_a_student_who_leaves_keeps_the_row_and_the_account_and_the_stay_ends(sandbox, school):
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    happen(sandbox, school, [{"event": "leave", "student": student.wonde_id}])

    run = synced(school)

    student.refresh_from_db()
    assert student.left_at is not None
    assert student.user is not None
    stay = Enrolment.objects.get(student=student)
    assert (stay.school_class, stay.left_at) == (row, student.left_at)
    change = changes(run, "students", "remove").get()
    assert (change.row_id, change.cause, change.values) == (student.pk, "absence", None)


def test_a_student_who_moves_has_one_stay_after_the_other(sandbox, school):
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    (happened,) = happen(sandbox, school, [{"event": "move_class", "student": student.wonde_id, "from": row.wonde_id}])

    run = synced(school)

    first, second = Enrolment.objects.filter(student=student).order_by("pk")
    assert (first.school_class, second.school_class.wonde_id) == (row, happened["to"])
    assert first.left_at == second.joined_at
    assert second.left_at is None
    change = changes(run, "enrolments", "move").get()
    assert change.values == {"school_class": [row.pk, second.school_class_id]}
    assert not changes(run, "students", "remove").exists()


def test_a_student_who_is_renamed_keeps_the_username_and_the_change_keeps_both_names(sandbox, school):
    synced(school)
    student = a_student_of(a_class_of(school))
    username, before = student.user.username, student.forename
    happen(sandbox, school, [{"event": "rename", "student": student.wonde_id, "forename": "Zsófia"}])

    run = synced(school)

    student = Student.objects.select_related("user").get(pk=student.pk)
    assert (student.forename, student.user.username) == ("Zsófia", username)
    assert student.sort_name.endswith("zsofia")
    assert changes(run, "students", "update").get().values == {"forename": [before, "Zsófia"]}


def test_another_teacher_takes_a_class_over(sandbox, school):
    synced(school)
    row = a_class_of(school)
    before = set(Teaching.objects.current().filter(school_class=row).values_list("pk", flat=True))
    (happened,) = happen(sandbox, school, [{"event": "change_teacher", "class": row.wonde_id}])

    synced(school)

    teaching = Teaching.objects.current().get(school_class=row)
    assert teaching.employee.wonde_id == happened["employee"]
    assert teaching.pk not in before
    assert Teaching.objects.filter(pk__in=before, left_at=None).count() == 0


def leave_and_return(sandbox, school, event):
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    happen(sandbox, school, [{"event": "leave", "student": student.wonde_id}])
    synced(school)
    (happened,) = happen(sandbox, school, [{"event": event, "student": student.wonde_id}])
    sandbox.day(
        school.wonde_id,
        [{"event": "move_class", "student": happened["student"], "to": row.wonde_id}]
        if happened["student"] not in world_of(sandbox).classes[row.wonde_id].students
        else [],
    )
    return student, happened["student"], synced(school)


@pytest.mark.parametrize("event", ["return_same_id", "return_new_id"])
def test_a_student_who_comes_back_is_the_same_row_with_the_same_sign_in(sandbox, school, event):
    student, wonde_id, run = leave_and_return(sandbox, school, event)

    back = Student.objects.get(pk=student.pk)
    assert (back.left_at, back.wonde_id, back.user_id) == (None, wonde_id, student.user_id)
    assert Student.objects.filter(school=school, upi=student.upi).count() == 1
    assert changes(run, "students", "return").get().row_id == student.pk
    assert Enrolment.objects.filter(student=student).count() == 2


@pytest.mark.parametrize("renamed", [True, False])
def test_a_student_who_comes_back_under_another_first_name_is_asked_about(sandbox, school, renamed):
    """The card they have shows a username made of the name they had."""
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    student.user.username = "as.on.the.card"
    student.user.save()
    happen(sandbox, school, [{"event": "leave", "student": student.wonde_id}])
    synced(school)
    if renamed:
        world_of(sandbox).leavers[student.wonde_id].forename = "Zsófia"
    happen(
        sandbox,
        school,
        [
            {"event": "return_same_id", "student": student.wonde_id},
            {"event": "move_class", "student": student.wonde_id, "to": row.wonde_id},
        ],
    )

    run = synced(school)

    student.refresh_from_db()
    back = changes(run, "students", "return").get()
    assert asked_about(school, [student]) == ({student.pk: back.at} if renamed else {})
    assert back.values == ({"forename": [ANY, "Zsófia"]} if renamed else None)


def test_a_student_who_comes_back_under_a_new_id_and_upi_is_known_by_the_upn(sandbox, school):
    synced(school)
    row = a_class_of(school)
    student = a_student_of(row)
    world = world_of(sandbox)
    remote = world.students.pop(student.wonde_id)
    remote.id, remote.upi = "A999000111", "0" * 32
    world.students[remote.id] = remote
    for group in [*world.classes.values(), *world.groups.values()]:
        group.students = [remote.id if member == student.wonde_id else member for member in group.students]
    happen(sandbox, school, [])

    run = synced(school)

    student.refresh_from_db()
    assert student.wonde_id == "A999000111"
    assert student.left_at is None
    assert not Change.objects.filter(run=run, verb="remove").exists()


def test_usernames_are_never_given_twice_however_alike_the_names(sandbox, school):
    """Nor one that somebody gave up: a printed card may still show it."""
    for remote in world_of(sandbox).students.values():
        remote.forename, remote.surname = "Mohammed", "Ali"
    StudentFactory(school=school).former_usernames.create(school=school, username="MohammedA7")

    synced(school)

    usernames = list(User.objects.filter(school=school).values_list("username", flat=True))
    assert len({name.lower() for name in usernames}) == len(usernames) == 60
    assert {"mohammeda6", "mohammeda8"} < set(usernames)
    assert "mohammeda7" not in usernames


def test_evidence_ends_a_student_tonight_although_classes_still_list_them(sandbox, school):
    synced(school)
    student = a_student_of(a_class_of(school))
    happen(sandbox, school, [{"event": "leaving_date", "student": student.wonde_id}])
    world_of(sandbox)

    with_evidence = synced(school)

    student.refresh_from_db()
    change = changes(with_evidence, "students", "remove").filter(row_id=student.pk).first()
    assert (student.left_at is not None) == (change is not None)


# --- strange values


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("forename", "Asha\x00"),
        ("surname", "x" * 5000),
        ("forename", "ﷺ" * 200),
        ("upn", "not known at the moment, ask the office"),
        ("upi", "u" * 500),
        ("forename", "\u202eRight to left"),
        ("surname", "'; DROP TABLE students_student; --"),
        ("forename", None),
    ],
    ids=["nul", "long", "expanding", "upn", "upi", "bidi", "quote", "null"],
)
def test_one_strange_value_does_not_cost_the_school_its_night(sandbox, school, field, value):
    remote = next(iter(world_of(sandbox).students.values()))
    setattr(remote, field, value)

    run = synced(school)

    assert run.status == APPLIED
    assert Student.objects.current().filter(school=school).count() == 60
    assert synced(school).status == APPLIED


@pytest.mark.parametrize(
    ("table", "field"), [("classes", "name"), ("subjects", "name"), ("employees", "surname"), ("employees", "title")]
)
@pytest.mark.parametrize("value", ["1a" * 400, "Ma\x00ths"], ids=["long", "nul"])
def test_one_strange_name_of_a_class_or_of_staff_does_not_cost_the_school_its_night(
    sandbox, school, table, field, value
):
    for remote in getattr(world_of(sandbox), table).values():
        setattr(remote, field, value)

    assert synced(school).status == APPLIED


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "x" * 200, "", None])
def test_a_time_zone_nobody_knows_leaves_the_school_its_own(sandbox, school, timezone, monkeypatch):
    english = profiles.COUNTRIES["england"]
    monkeypatch.setitem(profiles.COUNTRIES, "england", english._replace(timezone=timezone))

    assert synced(school).status == APPLIED
    school.refresh_from_db()
    assert school.timezone == "Europe/London"
    assert synced(school).status == APPLIED


def test_an_endless_school_name_is_cut(sandbox, school):
    entry = sandbox.sandbox.registry.entries[school.wonde_id]
    entry.profile = msgspec.structs.replace(entry.profile, name="St Aldhelm " * 100)

    assert synced(school).status == APPLIED


# --- refusals


@pytest.mark.parametrize(
    ("fault", "options", "says"),
    [
        ("unauthorised", {}, "WONDE_TOKEN"),
        ("server_error", {"path": "schools/*/students", "query": "page=1"}, "answered 500"),
        ("cut", {"path": "schools/*/students"}, "could not be reached"),
        ("not_json", {"path": "schools/*/classes"}, "could not be read in full"),
    ],
    ids=["token", "500", "cut", "not json"],
)
def test_a_refused_run_leaves_everything_as_it_was_and_says_so(sandbox, school, fault, options, says):
    synced(school)
    synced(school)
    if options.get("query") == "page=1":
        options = {"path": options["path"]}
    before = versions(*RUNS)
    sandbox.fault(fault, **options)

    run = synced(school)

    assert run.status == REFUSED
    assert says in run.message
    assert "Nothing was changed" in run.message
    assert versions(*RUNS) == before


@pytest.mark.parametrize("fault", ["server_error", "foreign_next", "cut", "repeat_page", "reset"])
def test_trouble_on_a_later_page_changes_nothing(settings, in_term, db, fault):
    with running_sandbox(students=450) as running:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
        school = school_at(running)
        synced(school)
        synced(school)
        before = versions(*RUNS)
        running.fault(fault, "schools/*/students", query="" if fault == "foreign_next" else "page=3")

        run = synced(school)

        assert run.status == REFUSED
        assert versions(*RUNS) == before


def test_a_sandbox_killed_in_the_middle_of_a_read_changes_nothing(settings, in_term, db):
    command = [sys.executable, "-m", "sync.sandbox", "--schools", "1", "--students", "450", "--port", "0"]
    command += ["--date", str(FIRST_DAY.date())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        address = re.search(r"http://127.0.0.1:\d+", wait_for_line(process.stdout, "http://127.0.0.1:"))[0]
        running = RunningElsewhere(address)
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = address, DEMO_TOKEN
        school = school_at(running)
        synced(school)
        synced(school)
        before = versions(*RUNS)
        running.fault("late", "schools/*/students", query="page=2", seconds=30.0)
        killer = threading.Thread(target=kill_when_struck, args=(running, process))
        killer.start()

        run = synced(school)
        killer.join()

    assert run.status == REFUSED
    assert "could not be reached" in run.message
    assert versions(*RUNS) == before


class RunningElsewhere(RunningSandbox):
    """A sandbox in a process of its own."""

    def __init__(self, url):
        self.url, self.port, self.token = url, urlsplit(url).port, DEMO_TOKEN

    @property
    def school_ids(self):
        return [row["id"] for row in self.control("GET", "schools") if row["access"] == "approved"]


def kill_when_struck(running, process):
    while not any(request["fault"] for request in running.requests()):
        threading.Event().wait(0.01)
    process.kill()


@pytest.fixture
def forbidden_change(committed_school):
    """A rule of the database that a sync breaks when somebody is new: it stands for any bug in the middle of apply."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sync_change ADD CONSTRAINT never CHECK (verb <> 'create') NOT VALID")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sync_change DROP CONSTRAINT never")


@pytest.mark.django_db(transaction=True)
def test_a_bug_of_ours_is_recorded_and_raised_and_changes_nothing(sandbox, committed_school, forbidden_change):
    before = versions(*RUNS)

    with pytest.raises(IntegrityError, match="never"):
        synced(committed_school)

    run = SyncRun.objects.get(school=committed_school)
    assert run.status == FAILED
    assert "Rollbook itself failed" in run.message
    assert versions(*RUNS) == before


# --- held


def test_what_is_held_is_written_down_once_and_dissolves_when_it_is_back(sandbox, school):
    synced(school)
    leavers = sorted(in_class(a_class_of(school, 7)))[:8]
    happen(sandbox, school, [{"event": "leave", "students": leavers}])

    run = synced(school)
    assert set(Hold.objects.filter(school=school, kind="students").values_list("row_id", flat=True)) == set(
        Student.objects.filter(school=school, wonde_id__in=leavers).values_list("pk", flat=True)
    )
    assert Student.objects.current().filter(wonde_id__in=leavers).count() == 8
    assert Enrolment.objects.current().filter(student__wonde_id__in=leavers).count() == 8
    assert any("would go" in entry["what"] or "left in no class" in entry["what"] for entry in run.waiting)

    again = synced(school)
    assert set(Hold.objects.filter(school=school).values_list("run", flat=True)) == {run.pk}
    assert again.pk != run.pk

    happen(sandbox, school, [{"event": "return_same_id", "student": each} for each in leavers])
    synced(school)
    remaining = Hold.objects.filter(school=school, kind="students")
    assert not remaining.exists()


def test_classes_that_were_out_and_vanish_do_not_use_up_the_limit_of_those_that_are_in(sandbox, school):
    synced(school)
    out = SchoolClass.objects.filter(school=school, status="out", left_at=None)
    for row in list(out):
        world_of(sandbox).classes.pop(row.wonde_id, None)
    happen(sandbox, school, [])
    synced(school)
    assert not out.all().exists()
    row = min(SchoolClass.objects.current().filter(school=school), key=lambda each: len(in_class(each)))
    goal = next(
        each for each in SchoolClass.objects.current().filter(school=school, year_group=row.year_group) if each != row
    )
    world = world_of(sandbox)
    movers = world.classes[row.wonde_id].students
    world.classes[goal.wonde_id].students += [m for m in movers if m not in world.classes[goal.wonde_id].students]
    del world.classes[row.wonde_id]
    happen(sandbox, school, [])

    run = synced(school)

    row.refresh_from_db()
    assert run.waiting == []
    assert row.left_at is not None


def test_absences_of_a_week_add_up_from_the_database(sandbox, school, in_term):
    synced(school)
    classes = SchoolClass.objects.current().filter(school=school).order_by("pk")
    one_each = [a_student_of(row).wonde_id for row in classes][:6]
    happen(sandbox, school, [{"event": "leave", "students": one_each}])
    in_term.shift(timedelta(days=1))
    assert synced(school).waiting == []

    extra = a_student_of(classes[0])
    happen(sandbox, school, [{"event": "leave", "student": extra.wonde_id}])
    in_term.shift(timedelta(days=1))
    assert synced(school).waiting

    in_term.shift(timedelta(days=6))
    run = synced(school)
    assert run.waiting == []
    extra.refresh_from_db()
    assert extra.left_at is not None


# --- one at a time


def in_another_worker(task):
    """Run `task` in a thread with a database connection of its own; returns a function that waits for its answer."""

    def work():
        try:
            return task()
        finally:
            connections.close_all()

    with_one_thread = ThreadPoolExecutor(1)
    answer = with_one_thread.submit(work)
    with_one_thread.shutdown(wait=False)
    return partial(answer.result, timeout=30)


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_the_same_moment_one_runs_and_the_other_leaves_quietly(sandbox, committed_school):
    sandbox.fault("late", "schools/*/students", count=1, seconds=0.5)

    first = in_another_worker(lambda: synced(committed_school))
    second = in_another_worker(lambda: synced(committed_school))
    runs = [first(), second()]

    (run,) = [each for each in runs if each is not None]
    assert run.status == APPLIED
    assert SyncRun.objects.filter(school=committed_school).count() == 1
    assert Student.objects.filter(school=committed_school).count() == 60


@pytest.mark.django_db(transaction=True)
def test_a_decision_of_a_person_and_a_run_wait_for_each_other(sandbox, committed_school):
    with transaction.atomic():
        lock_school(committed_school.pk)
        run = in_another_worker(lambda: synced(committed_school))
        wait_for_step(committed_school, "applying")
        assert not Student.objects.filter(school=committed_school).exists()

    assert run().status == APPLIED


def wait_for_step(school, step, limit_s=20):
    ends = time.monotonic() + limit_s
    while not SyncRun.objects.filter(school=school, status=RUNNING, step=step).exists():
        assert time.monotonic() < ends, f"no run came to {step} within {limit_s} s"
        threading.Event().wait(0.02)


def test_a_redelivered_task_takes_over_its_own_dead_run(sandbox, school):
    dead = SyncRun.objects.create(
        school=school, trigger="night", task_id="task-1", started_at=timezone.now(), step="staff"
    )

    run = synced(school, task_id="task-1")

    assert (run.pk, run.status) == (dead.pk, APPLIED)
    assert SyncRun.objects.filter(school=school).count() == 1


@pytest.mark.parametrize("task_id", ["task-2", ""])
def test_another_task_closes_the_dead_run_and_makes_its_own(sandbox, school, task_id):
    dead = SyncRun.objects.create(
        school=school, trigger="night", task_id=task_id and "task-1", started_at=timezone.now()
    )

    run = synced(school, task_id=task_id)

    dead.refresh_from_db()
    assert (dead.status, run.status) == (FAILED, APPLIED)
    assert "worker that ran this is gone" in dead.message


# --- the sweep and the next due time


def test_the_sweep_closes_a_run_whose_worker_is_gone_and_makes_the_school_due(sandbox, school):
    dead = SyncRun.objects.create(school=school, trigger="night", task_id="t", started_at=timezone.now())

    tasks.sweep()

    dead.refresh_from_db()
    connection_row = SyncSettings.objects.get(school=school)
    assert dead.status == FAILED
    assert connection_row.due_at <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_the_sweep_leaves_a_run_alone_whose_worker_lives(committed_school):
    run = SyncRun.objects.create(school=committed_school, trigger="night", task_id="t", started_at=timezone.now())

    with alone(committed_school.pk) as free:
        assert free
        in_another_worker(tasks.sweep)()

    run.refresh_from_db()
    assert run.status == RUNNING


def test_a_nightly_run_that_was_applied_makes_the_school_due_the_next_night(sandbox, school):
    tasks.schedule_next(synced(school))

    sync_settings = SyncSettings.objects.get(school=school)
    assert sync_settings.due_at > timezone.now() + timedelta(hours=12)
    assert sync_settings.night == timezone.localdate(timezone=school.zone)
    assert sync_settings.tries == 0


def test_a_refused_nightly_run_is_due_again_soon(sandbox, school):
    sandbox.fault("server_error")

    tasks.schedule_next(synced(school))

    sync_settings = SyncSettings.objects.get(school=school)
    assert sync_settings.due_at - timezone.now() < timedelta(minutes=11)
    assert (sync_settings.tries, sync_settings.night) == (1, None)


def test_a_run_a_person_asked_for_does_not_do_the_night(sandbox, school):
    tasks.schedule_next(synced(school, SyncRun.Trigger.PERSON))

    assert SyncSettings.objects.get(school=school).night is None


def test_due_schools_are_queued_once_and_come_again_if_their_task_is_lost(
    sandbox, school, django_capture_on_commit_callbacks
):
    SyncSettings.objects.filter(school=school).update(due_at=timezone.now())

    with django_capture_on_commit_callbacks() as queued:
        assert tasks.queue_due_schools() == 1
        assert tasks.queue_due_schools() == 0

    assert len(queued) == 1
    assert timezone.now() < SyncSettings.objects.get(school=school).due_at < timezone.now() + timedelta(hours=1)


def test_a_school_that_is_switched_off_is_not_queued(sandbox, school):
    SyncSettings.objects.filter(school=school).update(due_at=timezone.now(), enabled=False)

    assert tasks.queue_due_schools() == 0


# --- preview and command


def test_a_preview_changes_nothing_and_takes_no_run_row(sandbox, school):
    before = versions()

    shown = preview(school)

    assert len(shown.decision.judgement.plans["students"].creates) == 60
    assert versions() == before


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
    assert "60 students create" in out

    status, out, _ = command(school.wonde_id, "--apply", capsys=capsys)
    assert status == 0
    assert "no change" in out


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


# --- schools apart


def test_every_table_carries_school_id_and_no_row_refers_across_schools(settings, in_term, db):
    with running_sandbox(schools=2) as running:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
        for wonde_id in running.school_ids:
            SyncSettings.objects.create(
                school=School.objects.create(wonde_id=wonde_id, name=wonde_id, code=wonde_id.lower())
            )
        for school in School.objects.all():
            assert synced(school).status == APPLIED

    mirrored = {kind.table for kind in KINDS.values()}
    of_a_school = {}
    for model in apps.get_models(include_auto_created=True):
        fields = {field.name: field for field in model._meta.concrete_fields}
        if "school" in fields:
            of_a_school[model] = fields
    assert mirrored <= {model._meta.db_table for model in of_a_school}
    crossing = {
        f"{model.__name__}.{name}"
        for model, fields in of_a_school.items()
        for name, field in fields.items()
        if field.related_model in of_a_school
        and not field.many_to_many
        and model.objects.exclude(**{f"{name}__school": None})
        .exclude(**{f"{name}__school": F("school")})
        .exclude(**{name: None})
        .exists()
    }
    assert crossing == set()
