"""What a school may share of a student beside the class lists: it comes with its purpose, stays and goes with its
student, and is read nowhere else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.models import Erasure
from schools.sharing.purposes import BIRTHDAY, EAL, GENDER, PUPIL_PREMIUM, SEN
from students.models import Details, Student
from sync.engine.undo import undo
from sync.models import Change, Hold
from sync.people import leaving_out
from sync.people.purposes import switch
from tests.factories import UserFactory
from tests.sync.living import living_school
from tests.sync.tables import RUNS, everything, versions
from tests.sync.world import world_of

pytestmark = pytest.mark.django_db(transaction=True)
ALL = (GENDER, BIRTHDAY, EAL, PUPIL_PREMIUM, SEN)


def switched(living, on, *keys):
    for key in keys:
        switch(living.school, key, on, living.lead, "for our reports")
    return living.read()


def filled(column):
    return Details.objects.exclude(**{column: ""}).filter(left_at=None).count()


@pytest.fixture
def living(settings):
    with living_school(settings, students=30) as school:
        school.lead = UserFactory()
        yield school


def test_details_come_with_their_purpose_follow_their_student_and_go_with_either_key(living):
    world, before = world_of(living.sandbox), versions(*RUNS)
    living.sandbox.clear_requests()
    with CaptureQueriesContext(connection) as done:
        living.read()
    assert sum("students_details" in query["sql"] for query in done) == 3  # ours, what left this week, and what is off
    assert versions(*RUNS) == before
    assert "extended_details" not in asked_of(living)

    run = switched(living, True, GENDER, BIRTHDAY)
    assert "extended_details" not in asked_of(living)
    assert (filled("gender") > 20, filled("eal"), filled("sen")) == (True, 0, 0)
    assert run.counts["details"]["create"] == run.filled["details"][""] == Student.objects.current().count()
    run = switched(living, True, EAL, PUPIL_PREMIUM, SEN)
    assert "extended_details" in asked_of(living)
    assert (run.waiting, run.holds.count()) == ([], 0)
    for row in Details.objects.select_related("student"):
        theirs = world.students[row.student.wonde_id]
        born = theirs.date_of_birth
        assert row.gender == (theirs.gender or "").replace("N/A", "")
        assert row.birthday == (f"{born:%m-%d}" if born and born.year > 1990 else "")
    written = everything()
    born = {each.date_of_birth for each in world.students.values()} - {None}
    assert not any(str(each) in written for each in born)
    assert {row.sen for row in Details.objects.all()} >= {"none", "support"}
    written = versions(*RUNS)
    living.read()
    assert versions(*RUNS) == written

    student = living.student()
    theirs = world.students[student.wonde_id]
    was, theirs.gender = theirs.gender, "Demigirl"
    world.touch(theirs)
    _, run = living.day()
    assert Change.objects.get(run=run).values == {"gender": [was, "Demigirl"]}
    _, run = living.day({"event": "leave", "students": [student.wonde_id]})
    assert run.changes.filter(kind="details").get().cause == "follows"
    assert Details.objects.get(student=student).left_at
    undo(run, living.lead, "a slip")
    assert Details.objects.get(student=student).left_at is None
    living.sync_settings.paused_at = None
    living.sync_settings.save()
    living.read()
    back = Details.objects.get(student=student)
    assert (back.left_at is None, back.gender) == (False, "Demigirl")
    living.day({"event": "return_same_id", "student": student.wonde_id})
    back.refresh_from_db()
    assert (back.left_at, back.gender) == (None, "Demigirl")
    assert [row.verb for row in Change.objects.filter(kind="details", row_id=back.pk).order_by("pk")] == [
        "create",
        "update",
        "update",
        "remove",
        "return",
        "remove",
        "return",
    ]
    leaving_out.leave_out(living.school, "students", student.pk, living.lead, "other", "not in this product")
    assert Details.objects.get(student=student).left_at

    living.day({"event": "withdraw_permission", "scope": "students.extended_details.read"})
    assert set(Erasure.objects.get().ids) == {"details.eal", "details.pupil_premium", "details.sen"}
    assert (filled("gender") > 20, filled("eal"), filled("pupil_premium"), filled("sen")) == (True, 0, 0, 0)
    living.day({"event": "grant_permission", "scope": "students.extended_details.read"})
    assert filled("sen") > 20

    hidden = Details.objects.filter(left_at=None).values_list("student__wonde_id", flat=True)[:12]
    _, run = living.day(*[{"event": "hide_people", "id": each} for each in hidden])
    assert run.holds.filter(kind="students").count() == len(hidden)  # too many to go, so nothing but the feed says it
    assert set(run.holds.values_list("kind", flat=True)) == {"students", "enrolments", "guardianships", "contacts"}
    living.day({"event": "show_people"})
    for verb in ("remove", "return"):
        assert Change.objects.filter(kind="details", run=None, verb=verb).count() == len(hidden)

    _, left = living.day({"event": "leave"})
    switch(living.school, GENDER, False, living.lead, "no games any more")
    assert filled("gender") == 0 < filled("birthday")
    assert "Demigirl" not in everything()
    for key in ALL[1:]:
        switch(living.school, key, False, living.lead, "not for us")
    assert not Details.objects.filter(left_at=None).exists()
    assert not Details.objects.exclude(gender="", birthday="", eal="", pupil_premium="", sen="").exists()
    living.sandbox.clear_requests()
    living.read()
    assert "extended_details" not in asked_of(living)
    assert not Hold.objects.exists()

    undo(left, living.lead, "a slip")
    assert Student.objects.current().filter(pk__in=left.changes.filter(kind="students").values("row_id")).exists()
    assert not Details.objects.filter(left_at=None).exists()


def asked_of(living):
    return "\n".join(f"{each['path']}?{each['query']}" for each in living.sandbox.requests())
