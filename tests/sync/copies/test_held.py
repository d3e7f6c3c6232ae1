"""Everything held about one person: whatever an erasure would take, no secret, and nobody else by name."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from parents.models import AddressChoice
from schools.erasing import hanging, model_of
from schools.models import AuditEntry, Invitation, User
from sync.copies import pack
from sync.copies.held import everything_about
from sync.copies.told import WHOLE, Decided, resolved
from sync.copies.values import NOT_SHOWN
from sync.erasing.rows import KEEP
from sync.facts.kinds import KINDS, PEOPLE
from sync.wording.held_data import OURS
from sync.wording.sentences import day_in_full
from tests.factories import (
    AuditEntryFactory,
    DetailsFactory,
    LeadRightFactory,
    StudentFactory,
    TeacherFactory,
    WeeklyProgressFactory,
)
from tests.sync.copies.asking import SECRETS, a_family, facts, opened
from tests.sync.living import living_school
from tests.tools.people import signed_in

# Tables that hold an id of somebody without a foreign key: a copy looks each up by itself.
BY_ID = {
    "parents.WeeklyMail", "sync.Change", "sync.Hold", "sync.Recognition", "schools.PersonBlock", "schools.AuditEntry",
}  # fmt: skip
# Tables on the page "What we hold" that a copy does not tell, and why.
NOT_TOLD = {
    "sync.SyncRun": "numbers; who was new that night stands among the changes",
    "sync.Approval": "ids of rows; what came of it stands among the changes",
    "sync.ChangeOfMis": "ids of rows; what came of it stands among the changes",
    "sync.Stop": "about the school",
    "sync.Access": "about the school",
    "classes.ImportRequest": "about classes",
    "schools.Erasure": "about whom nothing is held",
    "schools.SchoolPurpose": "about the school",
    "schools.Sharing": "about the school",
    "schools.AskedAnew": "about the school",
    "schools.Acceptance": "about the school",
    "schools.Tries": "a fingerprint of what was typed, which nobody can follow back",
    "sync.AccessRequest": "the request that is being answered",
    "sync.AccessCopy": "the copy itself",
    "classes.UploadedList": "ten minutes, for who asked",
}


def test_a_copy_tells_of_every_table_that_has_a_row_about_somebody_or_it_says_why_not():
    about_people = [User, *(model_of(kind.table) for kind in PEOPLE.values())]
    followed = {other._meta.label for model in about_people for other, _ in hanging(model, keep=KEEP)}
    told = {table for things in OURS.values() for held in things for table in held.tables} - {"schools.User"}

    assert told - followed - BY_ID - NOT_TOLD.keys() == set()
    assert (BY_ID | NOT_TOLD.keys()) - told == set()
    assert {apps.get_model(table)._meta.db_table for table in BY_ID}.isdisjoint(kind.table for kind in KINDS.values())


@pytest.mark.django_db
def test_it_holds_the_row_the_account_the_classes_the_changes_and_the_looks_of_support(settings, transactional_db):
    with living_school(settings) as living:
        student = living.student()
        living.day({"event": "rename", "student": student.wonde_id, "forename": "Xylophia"})
        AuditEntryFactory(school=living.school, object_id=student.pk, reason="ticket 4711")
        student.former_usernames.create(school=living.school, username="wilhelminaq")

        held = everything_about(living.school, "students", student.pk)
        told = str(resolved(held.parts, WHOLE))

    for word in (student.surname, "Xylophia", student.forename, student.upn, student.upi, student.wonde_id,
                 student.user.username, student.classes.first().name, "ticket 4711", "new", "wilhelminaq"):  # fmt: skip
        assert word in told
    (upn,) = (fact for row in held.parts[0].rows for fact in row.facts if fact.label == "UPN")
    (forename,) = (fact for row in held.parts[0].rows for fact in row.facts if fact.label == "first name")
    assert upn.source == f"{living.school.mis}, through Wonde"
    assert upn.purpose == "Class lists: to find the same student after a new id"
    assert "as long as leavers are kept" in upn.until
    assert upn.first <= forename.first <= forename.last


@pytest.mark.django_db
def test_secrets_are_named_and_not_shown():
    teacher = TeacherFactory()
    Invitation.objects.create(school=teacher.school, employee=teacher, email=teacher.email, token_hash="c0ffee" * 8)

    told = str(resolved(everything_about(teacher.school, "employees", teacher.pk).parts, WHOLE))

    assert "c0ffee" not in told
    assert teacher.user.password not in told
    assert NOT_SHOWN in told
    assert teacher.user.email in told


@pytest.mark.django_db
def test_a_birthday_is_told_as_people_say_it_and_stays_data_as_it_is():
    student = DetailsFactory(birthday="02-29").student

    file = pack.make(everything_about(student.school, "students", student.pk), Decided())

    assert "<dd>29 February<" in opened(file)["read-me.html"]
    assert ("Details of students", "birthday", "02-29") in facts(file)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["students", "contacts", "employees"])
def test_nobody_else_is_named_in_a_copy_whoever_it_is_about(kind):
    family = a_family()
    row = {"students": family.student, "contacts": family.contact, "employees": family.teacher}[kind]
    AddressChoice.objects.create(school=family.school, student=family.student, key_number=1, cause="not_mine")
    WeeklyProgressFactory(student=family.student, tasks_done=7)

    held = everything_about(family.school, kind, row.pk, for_parent=True)
    file = pack.make(held, Decided())
    told = opened(file)

    assert set(told) == {"read-me.html", "data.json", "data.csv"}
    own = {"students": {"Zebedina"}, "contacts": {"Quillfeather", "Marchbanks"}, "employees": set()}[kind]
    others = {family.lead.email, family.sibling.forename, *SECRETS} - own
    for name, text in told.items():
        assert not {word for word in others if word in text}, name
        assert "court" not in text.lower().replace("courtney", ""), name
        assert all(word in text for word in own), name
    said = {value for _, _, value in facts(file)}
    meant = {
        "students": {"a parent or carer", "support", "(left out by the school)"},
        "contacts": {"a student"},
        "employees": set(),
    }
    assert meant[kind] <= said
    named = str(resolved(held.parts, WHOLE))
    whole = {"students": ["Marchbanks", "ticket about Ottoline"], "contacts": ["Ottoline"], "employees": []}[kind]
    assert all(word in named for word in whole), "whoever may see everything sees it"


@pytest.mark.django_db
def test_the_command_writes_the_copy_and_is_noted(tmp_path, capsys):
    student = StudentFactory(forename="Tobi", surname="Okoro", sort_name="okoro tobi")
    file = tmp_path / "tobi.zip"

    call_command("export_person", student.school.wonde_id, "--name", "tobi okoro", "--to", str(file))

    assert "What Times Tables Club holds about Tobi Okoro" in opened(file.read_bytes())["read-me.html"]
    entry = AuditEntry.objects.get(verb="exported")
    assert (entry.object_id, entry.school) == (student.pk, student.school)


@pytest.mark.django_db
def test_a_name_that_means_two_people_exports_nobody(tmp_path):
    one = StudentFactory(forename="Tobi", surname="Okoro", sort_name="okoro tobi")
    StudentFactory(school=one.school, forename="Tobias", surname="Okoro", sort_name="okoro tobias")

    with pytest.raises(CommandError, match="2 people"):
        call_command("export_person", one.school.wonde_id, "--name", "tobi okoro", "--to", str(tmp_path / "x.zip"))

    assert not list(tmp_path.iterdir())


@pytest.mark.django_db
def test_the_page_is_for_the_schools_own_leads():
    student = StudentFactory()
    address, what = reverse("sync:export", args=[student.school.code]), {"kind": "students", "pk": student.pk}

    assert signed_in(TeacherFactory(school=student.school).user).post(address, what).status_code == 404
    assert signed_in(LeadRightFactory().user).post(address, what).status_code == 404
    assert not AuditEntry.objects.exists()
    page = signed_in(LeadRightFactory(school=student.school).user).post(address, what)

    assert f"Everything held about {student}" in page.content.decode()
    made = timezone.localtime(student.created_at)
    assert f"{day_in_full(made)}, {made:%H:%M} {made:%Z}" in page.text, "no machine's dates"
    assert student.created_at.isoformat() not in page.text
    assert AuditEntry.objects.get().verb == "exported"


@pytest.mark.django_db
def test_a_lead_cannot_export_somebody_of_another_school():
    student, lead = StudentFactory(), LeadRightFactory()
    address = reverse("sync:export", args=[lead.school.code])

    assert signed_in(lead.user).post(address, {"kind": "students", "pk": student.pk}).status_code == 404
