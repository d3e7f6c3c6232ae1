"""Withdrawn permissions and revoked access: off every page at once, erased on the day shown, back until then."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from classes.models import Enrolment, SchoolClass, Teaching
from parents.models import Contact, MailSettings
from parents.rules.recipients import why_not_now
from schools.erasing import model_of
from schools.models import Employee, Erasure, Invitation, LeadRight, School, User
from schools.staff.invitations import invite_teachers
from students.models import Student
from sync.facts.kinds import KINDS
from sync.leaving.erasure import NotErasedError, erase_due, erase_kind, erase_school
from sync.models import Change, SyncRun
from sync.sandbox import choices
from tests.factories import ApiTokenFactory, LeadRightFactory, SchoolFactory, StudentFactory, TeacherFactory
from tests.sync.living import living_school
from tests.tools.answering import asked
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def living(settings):
    with living_school(settings) as school:
        yield school


def withdraw(living, scope):
    return living.day({"event": "withdraw_permission", "scope": scope})


def grant(living, scope):
    return living.day({"event": "grant_permission", "scope": scope})


def revoke(living):
    living.sandbox.day(living.school.wonde_id, [{"event": "access_revoked"}])
    return living.read()


def in_days(school, days):
    return timezone.localdate(timezone=school.zone) + timedelta(days=days)


def test_withdrawn_students_are_frozen_with_the_day_of_erasure_and_nothing_of_them_is_removed(living):
    before = Student.objects.filter(school=living.school, left_at=None).count()

    _, run = withdraw(living, "students.read")

    assert living.school.frozen["students"]["erase_on"] == in_days(living.school, 14).isoformat()
    assert Student.objects.filter(school=living.school, left_at=None).count() == before > 0
    assert run.counts["students"]["remove"] == run.counts["enrolments"]["remove"] == 0


def test_the_day_first_shown_stays_although_the_permission_is_still_missing_the_night_after(living):
    withdraw(living, "students.read")
    first = living.school.frozen["students"]
    living.sync_settings.frozen_days = 90
    living.sync_settings.save()

    living.day()

    assert living.school.frozen["students"] == first


def test_nobody_sees_frozen_students(living):
    lead = signed_in(LeadRightFactory(school=living.school).user)
    student = living.student()
    school_class = Enrolment.objects.current().get(student=student).school_class
    run = SyncRun.objects.applied().first()
    pages = [
        reverse("classes:detail", args=[school_class.pk]),
        reverse("sync:school", args=[living.school.code]),
        reverse("sync:run", args=[living.school.code, run.pk]),
        reverse("sync:left", args=[living.school.code]),
    ]
    assert student.surname in lead.get(pages[0]).content.decode()
    assert Student.objects.current().filter(pk=student.pk).exists()

    withdraw(living, "students.read")

    surnames = set(Student.objects.values_list("surname", flat=True)) - {""}
    for address in pages:
        said = lead.get(address).content.decode()
        assert [surname for surname in surnames if f">{surname}, " in said or f"{student.surname}, " in said] == []
    assert not Student.objects.current().filter(school=living.school).exists()
    why = asked(lead, reverse("sync:why", args=[living.school.code]), {"who": student.surname}).content.decode()
    assert student.list_name not in why
    assert "Students are frozen" in why


def test_support_sees_no_frozen_students_in_the_admin(living):
    student = living.student()
    client = support_client(looks_at=[living.school])
    address = reverse("admin:students_student_change", args=[student.pk])
    assert client.get(address).status_code == 200

    withdraw(living, "students.read")

    assert student.surname not in client.get(address, follow=True).content.decode()


def test_the_leads_page_says_since_when_and_the_day_of_erasure(living):
    lead = signed_in(LeadRightFactory(school=living.school).user)

    withdraw(living, "students.read")

    said = lead.get(reverse("sync:school", args=[living.school.code])).content.decode()
    day = in_days(living.school, 14)
    assert f"{living.school.name} no longer shares students" in said
    assert f"erased for good on {day.day} {day:%B %Y}" in said


def test_when_the_permission_returns_so_does_the_data_with_the_same_rows(living):
    before = set(Student.objects.filter(left_at=None).values_list("pk", "user_id"))
    withdraw(living, "students.read")

    _, run = grant(living, "students.read")

    assert living.school.frozen == {}
    assert set(Student.objects.current().values_list("pk", "user_id")) == before
    assert run.counts["students"]["create"] == 0


def test_leads_and_support_are_mailed_once_when_a_permission_is_withdrawn(living, tasks_run_at_once, settings):
    lead = LeadRightFactory(school=living.school).user

    withdraw(living, "students.read")
    living.day()

    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([lead.email, settings.SUPPORT_EMAIL])
    assert "no longer shares students" in mail.outbox[0].subject


def test_withdrawn_staff_keep_their_access_until_the_day_and_lose_it_then(living):
    teacher = TeacherFactory(school=living.school)
    withdraw(living, "employees.read")

    assert User.objects.with_access().filter(pk=teacher.user_id).exists()
    assert not Employee.objects.shown().filter(school=living.school).exists()
    erase_due(timezone.now() + timedelta(days=13))
    assert User.objects.filter(pk=teacher.user_id).exists()

    erase_due(timezone.now() + timedelta(days=14))

    assert not User.objects.filter(pk=teacher.user_id).exists()
    assert not Employee.objects.filter(school=living.school).exclude(surname="").exists()
    assert not Teaching.objects.filter(school=living.school, left_at=None).exists()


def test_on_the_day_withdrawn_students_are_erased_and_no_longer_frozen(living):
    withdraw(living, "students.read")

    (note,) = erase_due(timezone.now() + timedelta(days=14))

    living.school.refresh_from_db()
    assert (note.cause, living.school.frozen) == (Erasure.Cause.PERMISSION, {})
    assert not Student.objects.exclude(surname="").exists()
    assert not Student.objects.exclude(user=None).exists()
    assert not Enrolment.objects.filter(left_at=None).exists()
    living.day()
    assert living.school.frozen == {}


def test_withdrawn_classes_are_on_no_page(living):
    teacher = TeacherFactory(school=living.school)
    withdraw(living, "classes.read")

    assert not SchoolClass.objects.visible_to(teacher.user).exists()
    assert SchoolClass.objects.filter(school=living.school, left_at=None, status="in").exists()


def test_a_school_that_never_shared_its_staff_has_nothing_frozen(settings):
    with living_school(settings, read=False) as living:
        living.sandbox.day(living.school.wonde_id, [{"event": "withdraw_permission", "scope": "employees.read"}])

        living.read()

        assert living.school.frozen == {}


def test_erasing_at_once_needs_a_frozen_kind(living):
    with pytest.raises(NotErasedError, match="not frozen"):
        erase_kind(living.school, "students")

    assert Student.objects.exclude(surname="").exists()


def test_a_lead_erases_withdrawn_students_at_once_with_a_reason_and_a_teacher_cannot(living):
    lead = LeadRightFactory(school=living.school).user
    withdraw(living, "students.read")
    address = reverse("sync:erase_kind", args=[living.school.code, "students"])

    assert signed_in(TeacherFactory(school=living.school).user).post(address, {"reason": "why not"}).status_code == 404
    assert signed_in(lead).post(address, {"reason": ""}).status_code == 200
    assert Student.objects.exclude(surname="").exists()
    signed_in(lead).post(address, {"reason": "our governors asked"})

    assert not Student.objects.exclude(surname="").exists()
    assert Erasure.objects.get().reason == "our governors asked"


def test_a_school_that_ended_our_access_has_no_pages_at_once_and_only_its_leads_sign_in(living):
    lead, teacher = LeadRightFactory(school=living.school).user, TeacherFactory(school=living.school).user

    run = revoke(living)

    assert run.status == SyncRun.Status.REFUSED
    assert "ended our access" in run.message
    assert living.school.erase_on == in_days(living.school, 14)
    assert set(User.objects.with_access()) == {lead}
    for user in (lead, teacher):
        assert not School.objects.visible_to(user).exists()
        assert not SchoolClass.objects.visible_to(user).exists()
    assert not Student.objects.current().exists()
    assert not Employee.objects.current().exists()


def test_the_lead_of_a_revoked_school_reads_the_notice_wherever_they_go(living):
    lead = signed_in(LeadRightFactory(school=living.school).user)
    revoke(living)
    day = in_days(living.school, 14)

    pages = [reverse(f"sync:{name}", args=[living.school.code]) for name in ("school", "held", "history")]
    for address in ["/", *pages]:
        page = lead.get(address, follow=True)
        assert page.redirect_chain[-1][0] == reverse("sync:revoked", args=[living.school.code])
        assert f"erased for good on {day.day} {day:%B %Y}" in page.content.decode()


def test_the_notice_is_a_404_for_teachers_and_for_leads_of_other_schools(living):
    revoke(living)
    address = reverse("sync:revoked", args=[living.school.code])

    assert signed_in(LeadRightFactory().user).get(address).status_code == 404
    assert support_client().get(address).status_code == 200


def test_a_revoked_school_that_approves_us_again_is_back_as_it_was(living):
    before = set(Student.objects.filter(left_at=None).values_list("pk", "user_id"))
    revoke(living)

    living.sandbox.day(living.school.wonde_id, [{"event": "access_approved"}])
    living.read()

    assert (living.school.revoked_at, living.school.erase_on) == (None, None)
    assert set(Student.objects.current().values_list("pk", "user_id")) == before


def test_the_day_of_erasure_is_counted_from_the_first_refusal(living):
    revoke(living)
    first = living.school.revoked_at, living.school.erase_on

    living.read()

    assert (living.school.revoked_at, living.school.erase_on) == first


def test_on_the_day_a_revoked_school_is_erased_with_the_logins_of_its_leads(living):
    lead = LeadRightFactory(school=living.school).user
    elsewhere = LeadRightFactory(school=living.school).user
    LeadRightFactory(user=elsewhere)
    Invitation.objects.create(school=living.school, email="somebody@harbour.example")
    revoke(living)

    (note,) = erase_due(timezone.now() + timedelta(days=14))

    living.school.refresh_from_db()
    assert note.cause == Erasure.Cause.REVOKED
    assert not User.objects.filter(pk=lead.pk).exists()
    assert User.objects.filter(pk=elsewhere.pk).exists()
    assert not LeadRight.objects.filter(school=living.school).exists()
    assert not Invitation.objects.exists()
    for model in (Student, Employee):
        assert not model.objects.exclude(surname="", wonde_id=None).exists()
    assert not User.objects.filter(school=living.school).exists()
    living.school.sync_settings.refresh_from_db()
    assert (living.school.erase_on, living.school.sync_settings.enabled) == (None, False)


def test_a_lead_erases_a_revoked_school_at_once(living):
    lead = LeadRightFactory(school=living.school).user
    revoke(living)

    page = signed_in(lead).post(reverse("sync:erase_school", args=[living.school.code]), {"reason": "we left"})

    assert "Everything of" in page.content.decode()
    assert not Student.objects.exclude(surname="").exists()


def test_a_school_that_has_not_ended_our_access_is_not_erased_as_a_whole():
    student = StudentFactory()

    with pytest.raises(NotErasedError, match="has not ended our access"):
        erase_school(student.school)

    student.refresh_from_db()
    assert student.surname


@pytest.mark.parametrize("paths", [["schools/{}"], ["schools/{}", "meta/schools/{}"]])
def test_refused_answers_alone_revoke_nothing(living, paths):
    for path in paths:
        living.sandbox.fault("forbidden", path=path.format(living.school.wonde_id))

    run = living.read()

    assert run.status == SyncRun.Status.REFUSED
    assert living.school.revoked_at is None


def test_an_empty_list_of_schools_revokes_nobody(living):
    for path in ("schools/{}", "meta/schools/{}"):
        living.sandbox.fault("forbidden", path=path.format(living.school.wonde_id))
    living.sandbox.fault("empty_list", path="schools")

    living.read()

    assert living.school.revoked_at is None


def test_what_one_school_withdraws_concerns_no_other(living):
    other = SchoolFactory()
    student = StudentFactory(school=other)

    withdraw(living, "students.read")

    assert Student.objects.current().filter(pk=student.pk).exists()


@pytest.mark.parametrize("scope", ["students.read", "contacts.read"])
def test_nobody_is_mailed_about_what_is_withdrawn(living, scope):
    settings = MailSettings.objects.create(school=living.school, enabled=True)
    assert why_not_now(living.school, settings, timezone.now()) == ""

    withdraw(living, scope)

    assert why_not_now(living.school, settings, timezone.now()) == "withdrawn"
    assert not Contact.objects.shown().filter(school=living.school).exists()
    assert Contact.objects.filter(school=living.school, left_at=None).exists()


# --- A refusal is no withdrawal


def settings_of(living):
    return MailSettings.objects.get_or_create(school=living.school, defaults={"enabled": True})[0]


def refuse(living, path, *, listed):
    """Wonde answers 403; listed: whether its list of permissions says that the school shares it."""
    living.sandbox.fault("forbidden", f"schools/*/{path}")
    if not listed:
        living.sandbox.fault("forbidden", "meta/schools/*/permissions")


def night(living, number, hour=4):
    """The sync of that night after the first, at that hour."""
    with time_machine.travel(FIRST_NIGHT.replace(hour=hour) + timedelta(days=number), tick=False):
        return living.read()


FIRST_NIGHT = datetime(2026, 11, 10, 4, tzinfo=UTC)


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("kind", ["students", "classes", "employees"])
def test_at_the_first_403_mail_and_api_of_the_kind_stop_and_nothing_is_frozen(living, kind, listed):
    token, rows = ApiTokenFactory(schools=[living.school]), model_of(KINDS[kind].table).objects
    seen = rows.shown().count()
    refuse(living, kind, listed=listed)

    night(living, 0)

    assert (living.school.frozen, [*living.school.doubted]) == ({}, [kind])
    assert rows.shown().count() == seen > 0
    assert not rows.visible_to_token(token).exists()
    assert why_not_now(living.school, settings_of(living), FIRST_NIGHT) == ("doubted" if kind == "students" else "")


def test_a_second_night_without_a_word_of_the_permission_freezes_and_counts_down(living):
    refuse(living, "employees", listed=False)
    night(living, 0)

    night(living, 1)

    assert living.school.doubted == {}
    assert living.school.frozen["employees"]["erase_on"] == "2026-11-25"


@pytest.mark.parametrize("hour", [5, 15])
def test_a_second_403_of_the_same_night_is_no_second_night(living, hour):
    refuse(living, "employees", listed=False)
    night(living, 0)

    night(living, 0, hour=hour)

    assert (living.school.frozen, [*living.school.doubted]) == ({}, ["employees"])


def test_where_the_list_shows_it_as_approved_no_number_of_refusals_freezes_and_people_are_told_once(
    living, tasks_run_at_once, settings
):
    lead = LeadRightFactory(school=living.school).user
    refuse(living, "employees", listed=True)

    for number in range(4):
        night(living, number)

    assert (living.school.frozen, [*living.school.doubted]) == ({}, ["employees"])
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([lead.email, settings.SUPPORT_EMAIL])
    assert "Wonde does not let us read staff" in mail.outbox[0].subject
    said = signed_in(lead).get(reverse("sync:school", args=[living.school.code])).content.decode()
    assert "Wonde did not let us read staff" in said


def test_one_403_on_one_page_stops_mail_for_one_night(living):
    living.sandbox.fault("forbidden", "schools/*/students", query="page=", count=1)
    night(living, 0)
    assert living.school.frozen == {}
    assert why_not_now(living.school, settings_of(living), FIRST_NIGHT) == "doubted"

    night(living, 1)

    assert (living.school.frozen, living.school.doubted) == ({}, {})
    assert why_not_now(living.school, settings_of(living), FIRST_NIGHT + timedelta(days=1)) == ""


def test_a_refusal_becomes_a_withdrawal_as_soon_as_the_list_says_so(living):
    refuse(living, "employees", listed=True)
    night(living, 0)
    living.sandbox.day(living.school.wonde_id, [{"event": "withdraw_permission", "scope": "employees.read"}])

    night(living, 0, hour=5)

    assert (living.school.doubted, [*living.school.frozen]) == ({}, ["employees"])


def test_a_permission_that_returns_on_the_list_stops_the_countdown_though_wonde_still_refuses(living):
    living.sandbox.day(living.school.wonde_id, [{"event": "withdraw_permission", "scope": "employees.read"}])
    night(living, 0)
    living.sandbox.day(living.school.wonde_id, [{"event": "grant_permission", "scope": "employees.read"}])
    refuse(living, "employees", listed=True)

    night(living, 1)

    assert (living.school.frozen, [*living.school.doubted]) == ({}, ["employees"])


@pytest.mark.parametrize("include", ["contacts", "contacts.contact_details"])
def test_contacts_that_the_mis_does_not_offer_are_neither_frozen_nor_doubted(living, monkeypatch, include):
    world = living.sandbox.sandbox.registry.world(living.school.wonde_id)
    monkeypatch.setitem(choices.INCLUDES_REFUSED, world.mis, frozenset([include]))
    living.sandbox.day(living.school.wonde_id, [{"event": "bulk_updated_at"}])  # what was answered is kept until then

    for number in range(3):
        run = night(living, number)

    assert (living.school.frozen, living.school.doubted) == ({}, {})
    assert Contact.objects.shown().filter(school=living.school, left_at=None).exists()
    assert run.ledger["contacts"]["aside"] == "not_offered"
    assert ("contacts", "not_offered") in [(entry["kind"], entry["code"]) for entry in run.waiting]
    assert why_not_now(living.school, settings_of(living), timezone.now() + timedelta(days=3)) == "stale"


def test_withdrawn_contacts_stay_so_with_their_day_while_their_students_are_withdrawn_too(living):
    withdraw(living, "contacts.read")
    first = living.school.frozen["contacts"]

    withdraw(living, "students.read")

    assert living.school.frozen["contacts"] == first


def test_while_staff_are_in_doubt_nobody_is_invited(living):
    School.objects.filter(pk=living.school.pk).update(invites_teachers=True)
    refuse(living, "employees", listed=True)
    night(living, 0)

    assert invite_teachers(living.school) == []
    assert not Invitation.objects.exists()


def test_the_product_is_told_of_a_doubt_and_of_its_end(living):
    told = Change.objects.filter(school=living.school, kind="schools")
    before = told.count()
    living.sandbox.fault("forbidden", "schools/*/employees")
    night(living, 0)
    assert told.count() == before + 1
    living.sandbox.clear_faults()

    night(living, 1)

    assert told.count() == before + 2
