"""A sync told by person: each child one line, whoever came along folded in, and who decided."""

import pytest

from classes.models import Choice
from schools.models import AuditEntry
from students.models import Student
from sync.models import Approval, Change, SyncRun
from sync.wording.syncs import by_person, whom
from tests.factories import (
    ChangeFactory,
    ClassOutFactory,
    ContactFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeachingFactory,
    ago,
)
from tests.sync.imported import imported_school, many_leave, sync
from tests.sync.world import a_class_of as class_of
from tests.sync.world import a_sandbox, a_student_of, happen

pytestmark = pytest.mark.django_db
CREATE, RETURN, UPDATE, MOVE, REMOVE = (Change.Verb(verb) for verb in ("create", "return", "update", "move", "remove"))


@pytest.fixture
def school():
    return SyncSettingsFactory().school


@pytest.fixture
def run(school):
    return SyncRunFactory(school=school)


@pytest.fixture
def karim(school):
    """Karim Campbell's membership of 7y/Ma1; two parents."""
    stay = EnrolmentFactory(
        school_class=SchoolClassFactory(school=school, name="7y/Ma1"),
        student__forename="Karim",
        student__surname="Campbell",
    )
    for _ in range(2):
        GuardianshipFactory(student=stay.student, contact__school=school)
    return stay


def change(run, kind, row, verb=CREATE, **more):
    return ChangeFactory(run=run, kind=kind, row_id=row.pk, verb=verb, **more)


def with_everybody(run, stay, verb, **more):
    """The student of a membership, with that and the parents."""
    change(run, "students", stay.student, verb, **more)
    change(run, "enrolments", stay, verb, cause="follows" if verb == REMOVE else "")
    for link in stay.student.guardianships.all():
        change(run, "contacts", link.contact, verb)
        change(run, "guardianships", link, verb)


def told(run):
    return by_person.tell(run.changes, whom.lines(run.changes))


def sentences(run):
    return [str(line) for line in told(run)]


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        (CREATE, "Karim Campbell joined 7y/Ma1 (2 parents)"),
        (RETURN, "Karim Campbell came back to 7y/Ma1 (2 parents)"),
        (REMOVE, "Karim Campbell left 7y/Ma1 (2 parents)"),
    ],
)
def test_a_child_with_membership_and_parents_is_one_line(run, karim, verb, sentence):
    with_everybody(run, karim, verb)

    assert sentences(run) == [sentence]


def test_who_moves_is_one_line_with_both_classes_and_who_chose(run, school, karim):
    before, by = SchoolClassFactory(school=school, name="7x/Ma2"), LeadRightFactory(school=school).user
    values = {"school_class": [before.pk, karim.school_class_id]}
    change(run, "enrolments", karim, MOVE, values=values)
    choice = {"student": karim.student, "school_class": karim.school_class, "verdict": "chosen", "reason": "asked to"}
    Choice.objects.create(school=school, by=by, **choice)
    Choice.objects.update(at=ago(days=1))

    (line,) = told(run)

    assert str(line) == "Karim Campbell moved from 7x/Ma2 to 7y/Ma1"
    assert line.because == [f"chosen by {by}: asked to"]
    assert [part.class_id for part in line.steps[0] if part.class_id] == [before.pk, karim.school_class_id]


def test_who_loses_the_class_and_stays_is_said_to_be_in_none(run, karim):
    change(run, "enrolments", karim, REMOVE)

    assert sentences(run) == ["Karim Campbell left 7y/Ma1, in no class now"]


def test_what_changes_of_parents_is_told_with_their_child_without_names_or_addresses(run, karim):
    link = karim.student.guardianships.first()
    new = GuardianshipFactory(student=karim.student, contact__school=karim.school)
    values = {"surname": ["Moor", "Hill"], "email": ["old@example.org", "new@example.org"]}
    change(run, "contacts", link.contact, UPDATE, values=values)
    change(run, "contacts", new.contact)
    change(run, "guardianships", new)

    (line,) = told(run)

    assert line.kind == "students"
    assert str(line) == "Karim Campbell: 1 parent added, a parent’s surname and email address changed"


def test_parents_the_school_no_longer_shares_are_not_told_of(run, school, karim):
    school.frozen = {"contacts": {"since": "2026-11-01", "erase_on": "2026-11-15"}}
    school.save()
    with_everybody(run, karim, CREATE)

    assert sentences(run) == ["Karim Campbell joined 7y/Ma1"]


def test_students_the_school_no_longer_shares_have_no_name(run, school, karim):
    school.frozen = {"students": {"since": "2026-11-01", "erase_on": "2026-11-15"}}
    school.save()
    with_everybody(run, karim, CREATE)

    (line,) = told(run)

    assert line.listed == "A student who is no longer held or shared"
    assert not line.is_here


def test_a_teachers_classes_are_told_on_one_line(run, school):
    taught = [TeachingFactory(employee__school=school, school_class__school=school, school_class__name="7a")]
    for name in ("7b", "7c"):
        teacher = taught[0].employee
        taught.append(TeachingFactory(employee=teacher, school_class=SchoolClassFactory(school=school, name=name)))
    change(run, "teachings", taught[0])
    change(run, "teachings", taught[1])
    change(run, "teachings", taught[2], REMOVE)
    change(run, "employees", taught[0].employee, UPDATE, values={"surname": ["Moor", "Hill"]})

    (sentence,) = sentences(run)

    assert sentence.endswith("now teaches 7a and 7b, no longer teaches 7c, surname is now “Hill” (was “Moor”)")


def test_a_class_that_a_person_left_out_says_who_and_why(run, school):
    by = LeadRightFactory(school=school).user
    out = ClassOutFactory(
        school=school, name="9i", reason="excluded_class", decision="out", decided_by=by, decided_at=ago(days=1),
        decided_why="Not ours.",
    )  # fmt: skip
    values = {"status": ["in", "out"], "reason": ["", "excluded_class"], "name": ["9h", "9i"]}
    change(run, "classes", out, UPDATE, values=values)

    (line,) = told(run)

    assert str(line) == "9i: went out, name is now “9i” (was “9h”)"
    assert f"left out by {by}: Not ours." in line.because


def test_people_come_by_what_became_of_them_and_then_by_name(run, school):
    for surname, verb in (("Zed", CREATE), ("Mole", REMOVE), ("Abbot", CREATE), ("Bee", UPDATE)):
        change(run, "students", StudentFactory(school=school, surname=surname), verb)
    change(run, "classes", SchoolClassFactory(school=school))
    change(run, "teachings", TeachingFactory(employee__school=school, school_class__school=school))

    found = told(run)

    assert [line.listed.partition(",")[0] for line in found[:4]] == ["Abbot", "Zed", "Mole", "Bee"]
    assert [line.group for line in found] == ["joined", "joined", "left", "details", "classes", "staff"]


def test_few_are_told_by_the_name_of_the_first_and_many_are_counted(school, run, karim):
    with_everybody(run, karim, CREATE)
    one = by_person.in_short([run])[run.pk]
    for number in range(3):
        change(run, "students", StudentFactory(school=school), REMOVE if number else UPDATE)
    few = by_person.in_short([run])[run.pk]
    change(run, "students", StudentFactory(school=school), UPDATE)
    many = by_person.in_short([run])[run.pk]

    assert one == ["Karim Campbell joined 7y/Ma1 (2 parents)"]
    assert few == ["Karim Campbell joined 7y/Ma1 (2 parents), and 3 more"]
    assert many == ["1 student joined", "2 students left", "2 students with other details"]


def test_a_thousand_rows_take_as_many_queries_as_ten(school, run, django_assert_num_queries):
    def grow(number):
        for _ in range(number):
            change(run, "enrolments", EnrolmentFactory(school_class__school=school))
            change(run, "contacts", ContactFactory(school=school))
            change(run, "teachings", TeachingFactory(employee__school=school, school_class__school=school))

    grow(3)
    with django_assert_num_queries(12):
        told(run)
    Change.objects.bulk_create(
        Change(run=run, school=school, kind="students", row_id=-pk, verb="create") for pk in range(1000)
    )

    with django_assert_num_queries(12):
        assert len(told(run)) > 1000


# --- Real syncs


def test_a_real_sync_tells_of_each_child_once_and_of_who_said_yes(settings):
    with a_sandbox(settings, students=120) as sandbox:
        school = imported_school(sandbox)
        first = SyncRun.objects.get(school=school)
        joined = [line for line in told(first) if line.group == "joined"]
        assert len(joined) == Student.objects.current().filter(school=school).count()
        assert all(" joined " in str(line) for line in joined)

        mover = a_student_of(class_of(school))
        happen(sandbox, school, [{"event": "join"}, {"event": "move_class", "students": [mover.wonde_id]}])
        run = sync(school)
        assert [line.pk for line in told(run) if line.group == "moved"] == [mover.pk]
        assert len([line for line in told(run) if line.group == "joined"]) == 1

        held, leavers = many_leave(sandbox, school)
        by = LeadRightFactory(school=school).user
        Approval.objects.create(school=school, asked=held.asked, by=by, reason="A year has left.")
        run = sync(school)
        left = [line for line in told(run) if line.group == "left"]
        assert len(left) == len(leavers)
        assert left[0].because == [f"yes by {by}: A year has left."]
        assert by_person.decided(run) == [f"{by} said yes to what waited: A year has left."]


def test_an_undo_says_who_undid_it_and_why(school):
    by, undone = LeadRightFactory(school=school).user, SyncRunFactory(school=school, started_at=ago(days=1))
    undo = SyncRunFactory(school=school, trigger="undo", undone=undone, asked_by=by)
    AuditEntry.objects.note(by, "undid", undone, school, "A slip in the MIS.")

    assert by_person.decided(undo) == [f"{by} undid it: A slip in the MIS."]
