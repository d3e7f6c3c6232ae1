"""One person left out here: gone the same minute, and nothing brings them back but a person or the day they chose."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from classes.identity import who
from classes.models import Enrolment, SchoolClass, Teaching
from parents.models import Guardianship
from parents.rules.recipients import verdicts
from schools import left_out
from schools.models import AuditEntry, Employee, Invitation, LeadRight, PersonBlock, User
from schools.staff import invitations
from schools.staff.overview import StaffRefusedError
from students.models import Student
from sync.copies.held import everything_about
from sync.copies.told import WHOLE, resolved
from sync.engine.runs import preview, run_sync
from sync.engine.undo import can_undo_all, undo
from sync.models import Change, Hold, SyncRun, SyncSettings
from sync.people import held, leaving_out
from sync.people.leaving_out import NotLeftOutError
from tests.api.asking import Product
from tests.factories import (
    ApiTokenFactory,
    EnrolmentFactory,
    LeadRightFactory,
    MailSettingsFactory,
    StudentFactory,
    SupportFactory,
    TeachingFactory,
    UserFactory,
    ago,
)
from tests.sync.living import living_school
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "not in this product"


@pytest.fixture
def living(settings):
    with living_school(settings) as living:
        yield living


@pytest.fixture
def lead(living):
    return LeadRightFactory(school=living.school).user


@pytest.fixture
def student(living):
    return living.student()


def leave_out(person, by, until=None):
    kind = "students" if isinstance(person, Student) else "employees"
    return leaving_out.leave_out(person.school, kind, person.pk, by, PersonBlock.Cause.OTHER, WORDS, until)


def is_anywhere(student):
    """Whether a list, the mail or the API has a student of this name."""
    alike = Student.objects.filter(school=student.school, forename=student.forename, surname=student.surname)
    product = Product(ApiTokenFactory(every_school=True))
    return {
        "list": alike.current().exists(),
        "class": Enrolment.objects.current().filter(student__in=alike).exists(),
        "mail": bool({child for child, _ in verdicts(student.school).why} & {row.pk for row in alike}),
        "API": bool({row.pk for row in alike} & set(product.ids("students/", left=True))),
    } != {"list": False, "class": False, "mail": False, "API": False}


def test_whoever_is_left_out_is_gone_the_same_minute(living, lead, student):
    MailSettingsFactory(school=living.school)
    living.read()
    stay = student.enrolments.current().get()
    link = Guardianship.objects.current().filter(student=student).first()
    pupil, product = signed_in(student.user), Product(ApiTokenFactory(every_school=True))
    after = product.get("changes/", after="latest").json()["cursor"]
    assert who(student.user)
    assert is_anywhere(student)

    leave_out(student, lead)

    assert not is_anywhere(student)
    assert pupil.get("/me/").status_code in {302, 404}
    assert not student.user.sessions.exists()
    assert who(student.user) is None
    assert product.get(f"students/{student.pk}/").status_code == 404
    assert stay.pk not in product.ids("enrolments/", left=True)
    fed = product.get("changes/", after=after).json()["results"]
    assert [(row["kind"], row["row_id"], row["verb"]) for row in fed] == [
        ("students", student.pk, "remove"),
        ("enrolments", stay.pk, "remove"),
    ]
    link.refresh_from_db()
    link.contact.refresh_from_db()
    assert link.left_at
    assert link.contact.left_at or Guardianship.objects.current().filter(contact=link.contact).exists()
    assert User.objects.filter(pk=student.user_id).exists()
    entry = AuditEntry.objects.get(verb="left out")
    assert (entry.actor, entry.object_id, entry.reason) == (lead, student.pk, f"Another reason: {WORDS}")


def test_no_sync_preview_new_id_or_erasure_brings_them_back_and_an_unchanged_night_writes_nothing(
    living, lead, student
):
    seen = preview(living.school)
    leave_out(student, lead)

    run = run_sync(living.school, SyncRun.Trigger.PERSON, expected=seen.decision.fingerprint)
    assert (run.status, run.changes.count()) == (SyncRun.Status.APPLIED, 0)
    assert run.ledger["students"]["withheld"]["left_out_here"] == 1
    marks = PersonBlock.objects.get().marks

    assert living.read().changes.count() == 0
    assert PersonBlock.objects.get().marks == marks

    living.day({"event": "leave", "student": student.wonde_id})
    new_id, _ = living.back("return_new_id", student)
    assert new_id != student.wonde_id
    assert not is_anywhere(student)
    assert set(marks) < set(PersonBlock.objects.get().marks)  # known by the new id too

    Student.objects.filter(pk=student.pk).update(left_at=ago(days=400))
    call_command("erase_due")
    living.day({"event": "leave", "student": new_id})
    (back,), _ = living.day({"event": "return_new_id", "student": new_id})  # known by the UPI alone
    newer_id = back["student"]
    assert not Student.objects.filter(wonde_id__in=[new_id, newer_id]).exists()
    assert not is_anywhere(student)
    assert not Student.objects.filter(pk=student.pk).exclude(forename="", surname="").exists()

    leaving_out.lift(PersonBlock.objects.get(), lead)
    living.read()
    assert Student.objects.current().get(wonde_id=newer_id).pk != student.pk  # erased: somebody new


def test_whoever_is_let_back_in_is_the_same_row_with_the_same_sign_in_class_and_parents(living, lead, student):
    stay, parents = student.enrolments.current().get(), Guardianship.objects.current().filter(student=student).count()
    block = leave_out(student, lead)
    living.read()

    leaving_out.lift(block, lead)
    assert SyncSettings.objects.get(school=living.school).wanted_at
    living.read()

    again = Student.objects.current().get(wonde_id=student.wonde_id)
    assert (again.pk, again.user_id) == (student.pk, student.user_id)
    assert again.enrolments.current().get().school_class == stay.school_class
    assert Guardianship.objects.current().filter(student=again).count() == parents
    assert is_anywhere(student)


def test_the_first_sync_after_the_last_day_brings_them_back(living, lead, student):
    today = timezone.localdate(timezone=living.school.zone)
    block = leave_out(student, lead, until=today)
    living.read()
    assert not is_anywhere(student)

    PersonBlock.objects.filter(pk=block.pk).update(until=today - timedelta(days=1))
    living.read()

    assert is_anywhere(student)
    leave_out(student, lead)  # and again, although the first word was never lifted
    assert not is_anywhere(student)


def test_no_undo_brings_back_whom_a_person_left_out_since(living, lead, student):
    _, run = living.day({"event": "leave", "student": student.wonde_id})
    assert Student.objects.get(pk=student.pk).left_at
    leave_out(student, lead)
    assert not SyncRun.objects.filter(trigger=SyncRun.Trigger.LEFT_OUT).exists()  # there was nothing to remove

    undo(run, lead, "a mistake")

    assert not is_anywhere(student)
    held.resume(living.school, lead)
    another = living.student()
    last = living.read()
    leave_out(another, lead)
    assert can_undo_all(last)  # one person left out is no other sync
    undo(last, lead, "all of it", everything=True)
    assert not is_anywhere(another)


def test_what_waits_for_others_goes_on_waiting_and_is_asked_again_without_them(living, lead):
    SyncSettings.objects.filter(school=living.school).update(kind_free=1, kind_share=1)
    _, run = living.day({"event": "leave", "count": 20})
    waiting = list(Hold.objects.filter(kind="students").values_list("row_id", flat=True))
    held.approve(living.school, lead, "they left", run.asked, [("students", pk) for pk in waiting[:2]])

    leave_out(Student.objects.get(pk=waiting[0]), lead)  # who was to be kept
    assert set(Hold.objects.filter(kind="students").values_list("row_id", flat=True)) == {*waiting[1:]}
    living.read()

    assert not is_anywhere(Student.objects.get(pk=waiting[0]))
    assert Hold.objects.filter(kind="students", row_id__in=waiting[1:]).count() == len(waiting) - 1


def test_whoever_is_kept_against_the_mis_or_chosen_for_a_class_goes_too(living, lead):
    SyncSettings.objects.filter(school=living.school).update(kind_free=1, kind_share=1)
    _, run = living.day({"event": "leave", "count": 20})
    held.keep(living.school, lead, "a trip", run.asked)
    kept = Student.objects.get(pk=Hold.objects.filter(kind="students").first().row_id)

    leave_out(kept, lead)
    living.read()

    assert not is_anywhere(kept)
    assert not Hold.objects.filter(kind="students", row_id=kept.pk).exists()


def test_a_upn_that_two_children_have_hides_nobody_else(living, lead, student):
    other = Student.objects.current().exclude(pk=student.pk).filter(school=living.school).first()
    world = living.sandbox.sandbox.registry.world(living.school.wonde_id)
    leave_out(student, lead)

    world.students[other.wonde_id].upn = student.upn  # mistyped, of a child who was here beside them
    living.day({"event": "bulk_updated_at"})

    assert Student.objects.current().filter(pk=other.pk).exists()
    assert not is_anywhere(student)


def test_a_child_of_the_schools_own_list_is_left_out_and_not_uploaded_again(living, lead):
    hand = EnrolmentFactory(
        student=StudentFactory(school=living.school, wonde_id=None, upn="H801200001001"),
        school_class=SchoolClass.objects.filter(school=living.school).first(),
    ).student

    leave_out(hand, lead)

    assert not Student.objects.current().filter(pk=hand.pk).exists()
    Student.objects.filter(pk=hand.pk).update(wonde_id="A1777777777")  # matched by an import made ready before
    found = left_out.of(living.school).find("students", hand.pk, Student(wonde_id="A1777777777"))
    assert found.row_id == hand.pk
    assert left_out.of(living.school).find("students", None, Student(upn=hand.upn)) == found


def test_a_lead_who_is_left_out_leads_nothing_and_the_last_one_cannot_be(living, lead):
    teacher = Employee.objects.current().filter(school=living.school, teachings__left_at=None).first()
    email = "r.pell@fenbrook.example"
    Employee.objects.filter(pk=teacher.pk).update(email=email, user=UserFactory(email=email))
    teacher.refresh_from_db()
    LeadRight.objects.all().delete()
    LeadRightFactory(school=living.school, user=teacher.user)
    support, product = SupportFactory(), Product(ApiTokenFactory(every_school=True))
    with pytest.raises(StaffRefusedError):
        leave_out(teacher, support)
    assert not PersonBlock.objects.exists()
    with pytest.raises(NotLeftOutError):
        leave_out(teacher, teacher.user)

    LeadRightFactory(school=living.school)
    waits = Invitation.objects.create(school=living.school, email=teacher.email, employee=teacher, as_lead=True)
    leave_out(teacher, support)
    living.read()

    assert not LeadRight.objects.filter(user=teacher.user).exists()
    assert not User.objects.with_access().filter(pk=teacher.user_id).exists()
    assert not Invitation.objects.filter(pk=waits.pk).exists()
    assert not Teaching.objects.current().filter(employee=teacher).exists()
    assert teacher.pk not in product.ids("employees/", left=True)
    with pytest.raises(invitations.InvitationRefusedError, match="left out"):
        invitations.invite(living.school, teacher.email, by=support, as_lead=True)


def test_a_change_of_mis_finds_whoever_is_left_out_under_the_new_ids(living, lead):
    teacher = Employee.objects.current().filter(school=living.school, teachings__left_at=None).first()
    leave_out(teacher, lead)
    living.sandbox.day(living.school.wonde_id, [{"event": "change_mis", "mis": "arbor"}])
    living.read()
    proposal = preview(living.school).decision.proposal
    assert teacher.pk in proposal.pairs["employees"].values()

    held.confirm_change_of_mis(living.school, lead, "as shown", proposal.pairs, [])
    living.read()
    living.read()  # the new ids are learnt: nobody says a second time who is who

    alike = Employee.objects.filter(school=living.school, surname=teacher.surname, forename=teacher.forename)
    assert not alike.current().exists()


def test_the_export_of_a_person_says_that_they_are_left_out_and_an_erased_row_cannot_be(living, lead, student):
    leave_out(student, lead)

    parts = resolved(everything_about(living.school, "students", student.pk).parts, WHOLE)
    (row,) = next(part.rows for part in parts if part.title == "Whether they are left out of the product")
    assert {fact.label: fact.value for fact in row.facts}["why"] == f"Another reason: {WORDS}"
    with pytest.raises(NotLeftOutError, match="already"):
        leave_out(student, lead)

    Student.objects.filter(pk=student.pk).update(left_at=ago(days=400))
    call_command("erase_due")
    PersonBlock.objects.update(ended_at=timezone.now())
    with pytest.raises(NotLeftOutError):
        leave_out(student, lead)


def test_a_row_of_another_school_is_out_of_reach(living, lead):
    elsewhere = TeachingFactory().employee

    with pytest.raises(NotLeftOutError):
        leaving_out.leave_out(living.school, "employees", elsewhere.pk, lead, "other", WORDS)
    assert not Change.objects.filter(row_id=elsewhere.pk, kind="employees", verb="remove").exists()
