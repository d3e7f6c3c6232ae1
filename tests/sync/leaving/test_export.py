"""Everything held about one person: whatever an erasure would take, and no secret."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from schools.models import AuditEntry, Invitation
from sync.leaving.export import NOT_SHOWN, everything_about
from sync.wording.sentences import day_in_full
from tests.factories import (
    AuditEntryFactory,
    EnrolmentFactory,
    LeadRightFactory,
    StudentFactory,
    StudentUserFactory,
    TeacherFactory,
)
from tests.sync.living import living_school
from tests.tools.people import signed_in


@pytest.mark.django_db
def test_it_holds_the_row_the_account_the_classes_the_changes_and_the_looks_of_support(settings, transactional_db):
    with living_school(settings) as living:
        student = living.student()
        living.day({"event": "rename", "student": student.wonde_id, "forename": "Xylophia"})
        AuditEntryFactory(school=living.school, object_id=student.pk, reason="ticket 4711")
        student.former_usernames.create(school=living.school, username="wilhelminaq")

        told = json.dumps(everything_about(living.school, "students", student.pk), ensure_ascii=False)

    for word in (student.surname, "Xylophia", student.forename, student.upn, student.upi, student.wonde_id,
                 student.user.username, student.classes.first().name, "ticket 4711", "new", "wilhelminaq"):  # fmt: skip
        assert word in told


@pytest.mark.django_db
def test_secrets_are_named_and_not_shown():
    teacher = TeacherFactory()
    Invitation.objects.create(school=teacher.school, employee=teacher, email=teacher.email, token_hash="c0ffee" * 8)

    told = json.dumps(everything_about(teacher.school, "employees", teacher.pk))

    assert "c0ffee" not in told
    assert teacher.user.password not in told
    assert NOT_SHOWN in told
    assert teacher.user.email in told


@pytest.mark.django_db
def test_of_other_people_only_who_they_are():
    stay = EnrolmentFactory(student__user=StudentUserFactory())
    other = EnrolmentFactory(school_class=stay.school_class)

    told = json.dumps(everything_about(stay.school, "students", stay.student_id))

    assert stay.school_class.name in told
    assert other.student.surname not in told


@pytest.mark.django_db
def test_the_command_prints_json_writes_the_page_and_is_noted(tmp_path, capsys):
    student = StudentFactory(forename="Tobi", surname="Okoro", sort_name="okoro tobi")
    page = tmp_path / "tobi.html"

    call_command("export_person", student.school.wonde_id, "--name", "tobi okoro", "--page", str(page))

    assert json.loads(capsys.readouterr().out)["name"] == "Tobi Okoro"
    assert "Everything Times Tables Club holds about Tobi Okoro" in page.read_text()
    entry = AuditEntry.objects.get(verb="exported")
    assert (entry.object_id, entry.school) == (student.pk, student.school)


@pytest.mark.django_db
def test_a_name_that_means_two_people_exports_nobody(capsys):
    one = StudentFactory(forename="Tobi", surname="Okoro", sort_name="okoro tobi")
    StudentFactory(school=one.school, forename="Tobias", surname="Okoro", sort_name="okoro tobias")

    with pytest.raises(CommandError, match="2 people"):
        call_command("export_person", one.school.wonde_id, "--name", "tobi okoro")

    assert capsys.readouterr().out == ""


@pytest.mark.django_db
def test_the_page_is_for_the_schools_own_leads():
    student = StudentFactory()
    address, what = reverse("sync:export", args=[student.school.code]), {"kind": "students", "pk": student.pk}

    assert signed_in(TeacherFactory(school=student.school).user).post(address, what).status_code == 404
    assert signed_in(LeadRightFactory().user).post(address, what).status_code == 404
    assert not AuditEntry.objects.exists()
    page = signed_in(LeadRightFactory(school=student.school).user).post(address, what)

    assert f"Everything held about {student}" in page.content.decode()
    assert f"{day_in_full(student.created_at)}, {student.created_at:%H:%M} UTC" in page.text, "no machine's dates"
    assert student.created_at.isoformat() not in page.text
    assert AuditEntry.objects.get().verb == "exported"


@pytest.mark.django_db
def test_a_lead_cannot_export_somebody_of_another_school():
    student, lead = StudentFactory(), LeadRightFactory()
    address = reverse("sync:export", args=[lead.school.code])

    assert signed_in(lead.user).post(address, {"kind": "students", "pk": student.pk}).status_code == 404
