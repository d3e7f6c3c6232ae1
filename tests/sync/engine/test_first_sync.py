"""The first sync of a school: what it brings, what it says of itself, and that schools stay apart."""

from django.apps import apps
from django.db.models import F

from classes.models import Enrolment, SchoolClass, Teaching
from schools.models import Employee, School
from students.models import Student
from sync.facts.kinds import KINDS
from sync.models import SyncRun, SyncSettings
from tests.sync.world import a_sandbox, changes, in_class, synced

APPLIED = SyncRun.Status.APPLIED


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


def test_every_table_carries_school_id_and_no_row_refers_across_schools(settings, in_term, db):
    with a_sandbox(settings, schools=2) as running:
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
