"""Erasing: nothing of a person is left in any table; somebody who returns in time is the same row; ids and counts
stay."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from classes.models import Choice, Enrolment, UploadedList
from classes.own_list import uploads
from parents.models import Contact, Guardianship
from schools.erasing import blank, model_of
from schools.models import AuditEntry, Employee, Erasure, Invitation, User
from students.models import Student, WeeklyProgress
from sync.engine import previews
from sync.engine.runs import preview
from sync.engine.undo import undo
from sync.erasing.forgetting import forget_ids
from sync.facts.kinds import KINDS
from sync.leaving.erasure import NotErasedError, erase_due, erase_person
from sync.models import Change, ChangeOfMis, SyncRun
from sync.why.explain import explain
from sync.why.finding import Asked
from sync.wording.report import as_data
from tests.factories import (
    EmployeeFactory,
    EnrolmentFactory,
    LeadRightFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    SyncSettingsFactory,
    TeacherFactory,
    ago,
)
from tests.sync.living import living_school
from tests.sync.tables import found_anywhere


@pytest.fixture
def living(settings, transactional_db):
    with living_school(settings) as school:
        yield school


def left_days_ago(student, days):
    Student.objects.filter(pk=student.pk).update(left_at=ago(days=days))


def test_after_an_erasure_no_table_holds_a_name_upn_upi_username_or_id_of_the_student(living):
    student = living.student()
    living.day(
        {"event": "change_surname", "student": student.wonde_id, "surname": "Quendrell"},
        {"event": "rename", "student": student.wonde_id, "forename": "Xylophia"},
    )
    student.refresh_from_db()
    needles = ["Quendrell", "Xylophia", student.upn, student.upi, student.wonde_id]
    User.objects.filter(pk=student.user_id).update(username="xylophiaq", last_login=timezone.now())
    student.former_usernames.create(school=living.school, username="wilhelminaq")
    needles += ["xylophiaq", "wilhelminaq"]
    out = living.school.classes.filter(status="out").first()
    living.school.classes.filter(pk=out.pk).update(member_ids=[student.wonde_id, "A1"])
    Choice.objects.create(school=living.school, school_class=out, wonde_id=student.wonde_id, verdict="left_out")
    ChangeOfMis.objects.create(school=living.school, pairs={"students": {student.wonde_id: student.pk, "A1": 1}})
    WeeklyProgress.objects.create(
        school=living.school, student=student, iso_year=2026, iso_week=40, note="Well done, Xylophia", updated_at=ago()
    )
    run = SyncRun.objects.filter(school=living.school).first()
    run.second_classes = [[student.wonde_id, 1], [5, 6]]
    run.message = f"row {student.wonde_id} came twice."
    run.save()
    previews.keep(living.school.pk, as_data(preview(living.school)))
    lead = LeadRightFactory(school=living.school).user
    UploadedList.objects.keep(
        living.school, lead, uploads.receive(b"class,year group,first name,surname\n9x,9,Xylophia,Poe\n")
    )
    explain(living.school, Asked("name", "Quendrell"), SupportFactory(), "ticket 7")
    assert set(found_anywhere("Quendrell")) >= {"students_student", "sync_change"}
    living.day({"event": "leave", "student": student.wonde_id})

    erase_person(living.school, "students", student.pk, SupportFactory(), "asked by the school")

    assert {needle: found_anywhere(needle) for needle in needles if found_anywhere(needle)} == {}
    assert previews.last(living.school.pk) is None
    assert UploadedList.objects.find(living.school, lead) is None
    run.refresh_from_db()
    assert run.second_classes == [[5, 6]]
    assert run.message == "row (erased) came twice."


def test_parents_without_another_child_here_are_erased_with_the_child_and_others_stay(living):
    student, sibling = Student.objects.filter(school=living.school).order_by("wonde_id")[:2]
    alone = Contact.objects.create(
        school=living.school, wonde_id="A900000001", forename="Wilma", surname="Quendrell", email="wq@home.example"
    )
    both = Contact.objects.create(school=living.school, wonde_id="A900000002", forename="Hugo", surname="Zandvoort")
    for contact, child in [(alone, student), (both, student), (both, sibling)]:
        Guardianship.objects.create(
            school=living.school, contact=contact, student=child, relationship="Stepmother", joined_at=ago(days=9)
        )
    Student.objects.filter(pk=student.pk).update(left_at=ago(days=1))

    note = erase_person(living.school, "students", student.pk, None, "asked")

    assert alone.pk in note.ids["contacts"]
    assert both.pk not in note.ids["contacts"]
    for needle in ("Wilma", "wq@home", "A900000001"):
        assert found_anywhere(needle) == []
    assert Contact.objects.get(pk=both.pk).surname == "Zandvoort"
    assert Guardianship.objects.get(contact=both, student=sibling).relationship == "Stepmother"
    assert Guardianship.objects.get(contact=both, student=student).relationship == ""


def test_after_an_erasure_no_table_holds_a_name_or_address_of_the_teacher(living):
    teacher = TeacherFactory(
        school=living.school, wonde_id="A777000111", upi="upi-of-quendrell", forename="Xylophia", surname="Quendrell",
        email="xq@harbour.example", user__email="xq@harbour.example", left_at=ago(days=2),
    )  # fmt: skip
    Invitation.objects.create(school=living.school, employee=teacher, email="xq@harbour.example")
    Invitation.objects.create(school=living.school, email="xq@harbour.example", accepted_at=timezone.now())

    erase_person(living.school, "employees", teacher.pk, SupportFactory(), "asked by the school")

    needles = ["Quendrell", "Xylophia", "xq@harbour", "A777000111", "upi-of-quendrell"]
    assert {needle: found_anywhere(needle) for needle in needles if found_anywhere(needle)} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.link or name == "classes"])
def test_every_mirrored_column_of_a_kind_can_be_blanked(kind):
    model = model_of(KINDS[kind].table)

    assert {name: blank(model._meta.get_field(name)) for name in KINDS[kind].columns}["wonde_id"] is None


def test_a_note_of_counts_and_ids_and_an_audit_entry_stay(living):
    student, support = living.student(), SupportFactory()
    living.day({"event": "leave", "student": student.wonde_id})

    note = erase_person(living.school, "students", student.pk, support, "asked by the school")

    assert student.pk in note.ids["students"]
    assert (note.cause, note.actor, note.counts["students"]) == (Erasure.Cause.ASKED, support, 1)
    entry = AuditEntry.objects.get(verb="erased")
    assert (entry.actor, entry.school, entry.object_id) == (support, living.school, note.pk)
    assert entry.reason.startswith("1 student")
    changes = Change.objects.filter(kind="students", row_id=student.pk)
    assert changes.exists()
    assert not changes.filter(values__isnull=False).exists()


def test_what_happened_to_others_keeps_its_values(living):
    one, other = Student.objects.filter(school=living.school).order_by("wonde_id")[:2]
    for student in (one, other):
        living.day({"event": "rename", "student": student.wonde_id, "forename": "Xylo"})
    living.day({"event": "leave", "student": one.wonde_id})

    erase_person(living.school, "students", one.pk, None, "asked")

    assert Change.objects.get(kind="students", row_id=other.pk, verb="update").values["forename"][1] == "Xylo"
    assert Student.objects.get(pk=other.pk).forename == "Xylo"


def test_somebody_the_mis_still_lists_is_not_erased_and_the_sentence_says_what_to_do(living):
    student = living.student()

    with pytest.raises(NotErasedError, match="Hide the person in Wonde"):
        erase_person(living.school, "students", student.pk, None, "asked")

    assert Student.objects.get(pk=student.pk).surname == student.surname


def test_a_student_who_returns_before_the_day_is_the_same_row_with_the_same_sign_in(living):
    student = living.student()
    living.day({"event": "leave", "student": student.wonde_id})
    left_days_ago(student, 89)
    assert erase_due() == []

    living.back("return_same_id", student)

    again = Student.objects.get(school=living.school, wonde_id=student.wonde_id)
    assert (again.pk, again.user_id, again.left_at) == (student.pk, student.user_id, None)
    assert again.user.username == student.user.username
    assert Enrolment.objects.current().filter(student=student).count() == 1


def test_a_student_who_returns_under_a_new_id_before_the_day_is_the_same_row(living):
    student = living.student()
    living.day({"event": "leave", "student": student.wonde_id})

    new_id, _ = living.back("return_new_id", student)

    again = Student.objects.get(pk=student.pk)
    assert new_id != student.wonde_id
    assert (again.wonde_id, again.left_at, again.user_id) == (new_id, None, student.user_id)


def test_a_student_who_returns_after_the_day_is_somebody_new(living):
    student = living.student()
    living.day({"event": "leave", "student": student.wonde_id})
    left_days_ago(student, 91)
    erase_due()

    living.back("return_same_id", student)

    again = Student.objects.get(school=living.school, wonde_id=student.wonde_id)
    assert again.pk != student.pk
    assert Student.objects.get(pk=student.pk).surname == ""


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "gone"), [(29, False), (31, True)])
def test_a_leaver_is_kept_as_long_as_the_school_keeps_leavers(days, gone):
    sync_settings = SyncSettingsFactory(retention_days=30)
    student = StudentFactory(school=sync_settings.school, left_at=ago(days=days))

    erase_due()

    student.refresh_from_db()
    assert (student.surname == "") is gone
    assert Erasure.objects.filter(cause="retention", school=sync_settings.school).exists() is gone


@pytest.mark.django_db
def test_erasing_twice_finds_nobody_left():
    sync_settings = SyncSettingsFactory()
    StudentFactory(school=sync_settings.school, left_at=ago(days=100))

    assert len(erase_due()) == 1
    assert erase_due() == []


@pytest.mark.django_db
def test_a_username_of_a_leaver_is_taken_until_the_day_of_erasure():
    sync_settings = SyncSettingsFactory()
    student = StudentFactory(
        school=sync_settings.school,
        left_at=ago(days=89),
        user=StudentUserFactory(school=sync_settings.school, username="tobio"),
    )
    erase_due()
    assert User.objects.filter(school=sync_settings.school, username="tobio").exists()

    left_days_ago(student, 91)
    erase_due()

    assert not User.objects.filter(username="tobio").exists()


@pytest.mark.django_db
def test_a_teacher_who_leads_or_works_elsewhere_keeps_the_login():
    sync_settings = SyncSettingsFactory()
    leads = TeacherFactory(school=sync_settings.school, left_at=ago(days=100))
    LeadRightFactory(school=sync_settings.school, user=leads.user)
    elsewhere = TeacherFactory(school=sync_settings.school, left_at=ago(days=100))
    EmployeeFactory(user=elsewhere.user)
    gone = TeacherFactory(school=sync_settings.school, left_at=ago(days=100))

    erase_due()

    assert set(User.objects.values_list("pk", flat=True)) >= {leads.user_id, elsewhere.user_id}
    assert not User.objects.filter(pk=gone.user_id).exists()
    assert not Employee.objects.filter(pk__in=[leads.pk, elsewhere.pk, gone.pk]).exclude(user=None).exists()


@pytest.mark.django_db
def test_another_schools_leavers_are_left_alone():
    SyncSettingsFactory(retention_days=7)
    other = SyncSettingsFactory(retention_days=365)
    student = StudentFactory(school=other.school, left_at=ago(days=100))

    erase_due()

    student.refresh_from_db()
    assert student.surname


@pytest.mark.django_db
def test_twenty_leavers_take_as_many_queries_as_one(django_assert_max_num_queries):
    few, many = SyncSettingsFactory(), SyncSettingsFactory()

    def leavers(sync_settings, number):
        for _ in range(number):
            stay = EnrolmentFactory(school_class__school=sync_settings.school, joined_at=ago(days=200))
            Student.objects.filter(pk=stay.student_id).update(
                left_at=ago(days=100), user=StudentUserFactory(school=sync_settings.school)
            )

    leavers(few, 1)
    with django_assert_max_num_queries(116) as one:
        erase_due()
    leavers(many, 20)
    with django_assert_max_num_queries(len(one)):
        erase_due()


def test_the_command_says_how_many_and_where(living, capsys):
    student = living.student()
    living.day({"event": "leave", "student": student.wonde_id})
    left_days_ago(student, 91)

    call_command("erase_due")

    assert f"{living.school.wonde_id}: 1 student" in (said := capsys.readouterr().out)
    assert student.surname not in said
    assert timezone.now() - timedelta(minutes=1) < Erasure.objects.get().at


def test_an_undo_does_not_bring_back_erased_people(living):
    student = living.student()
    _, run = living.day({"event": "leave", "student": student.wonde_id})
    erase_person(living.school, "students", student.pk, None, "asked")

    undo(run, SupportFactory(), "it was a mistake")

    student.refresh_from_db()
    assert (student.surname, student.wonde_id) == ("", None)
    assert student.left_at
    assert not Enrolment.objects.current().filter(student=student).exists()


@pytest.mark.django_db
def test_a_school_with_nobody_due_to_be_erased_is_not_even_locked(django_assert_max_num_queries):
    for _ in range(20):
        StudentFactory(school=SyncSettingsFactory().school, left_at=ago(days=3))

    with django_assert_max_num_queries(6):
        assert erase_due() == []


@pytest.mark.django_db
@pytest.mark.parametrize("wonde_id", [".*", "A(1", "A|B", "{7-f}", "A\\1", "[a", "a b", "é+", "***=A1", "A\n1", "A1$"])
def test_a_wonde_id_of_any_characters_is_taken_out_of_messages_and_nothing_else_is(wonde_id):
    school = SyncSettingsFactory().school
    run = SyncRun.objects.create(
        school=school, started_at=timezone.now(), message=f"row {wonde_id} came twice, row A17 and x{wonde_id}x once."
    )

    forget_ids(school, [wonde_id])

    run.refresh_from_db()
    assert run.message == f"row (erased) came twice, row A17 and x{wonde_id}x once."
