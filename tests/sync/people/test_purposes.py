"""A purpose switched off: nothing of what it alone asks for is left, whatever a parent said stays, one note says so."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from parents.mail import sending
from parents.models import AddressChoice, Block, MailSettings
from parents.rules import blocks
from schools.erasing import model_of
from schools.models import Erasure, Invitation, User
from schools.sharing.purposes import PURPOSES, STAFF_SIGN_IN, WEEKLY_MAIL
from sync.facts.kinds import KINDS
from sync.models import Change, SyncSettings
from sync.people.purposes import effect, switch
from tests.factories import (
    ChangeFactory,
    DetailsFactory,
    GuardianshipFactory,
    LeadRightFactory,
    MailSettingsFactory,
    StudentFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
)
from tests.parents.world import a_family, due, said_no
from tests.sync.tables import everything
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db
OFFERED = [key for key, purpose in PURPOSES.items() if purpose.is_offered]


@pytest.fixture
def lead():
    school = SyncSettingsFactory().school
    link = GuardianshipFactory(student=StudentFactory(school=school))
    teacher = TeacherFactory(school=school)
    details = DetailsFactory(student=link.student)
    for name, row in (
        ("contacts", link.contact),
        ("guardianships", link),
        ("employees", teacher),
        ("details", details),
    ):
        plant(KINDS[name], row)
    TeachingFactory(employee=teacher, school_class__school=school)
    user = LeadRightFactory(school=school).user
    for key in OFFERED:
        switch(school, key, True, user, "for our reports")
    return user


def planted(kind, column):
    if kind.attached:
        return f"¶{column[:2]}"  # as short as the shortest of its columns
    return f"planted-{kind.name}-{column}"


def plant(kind, row):
    """Give a row, and changes of it, a value of its own in every text column."""
    texts = [name for name in kind.given if kind.columns[name].db == "text" and name not in kind.parents]
    values = {name: planted(kind, name) for name in texts}
    model_of(kind.table).objects.filter(pk=row.pk).update(**values)
    was = {name: [f"earlier {value}", value] for name, value in values.items()}
    ChangeFactory(run__school=row.school, kind=kind.name, row_id=row.pk, verb="update", values=was)


def standing():
    """The fields whose planted values stand in any column of any table."""
    written = everything()
    return {f"{kind.name}.{name}" for kind in KINDS.values() for name in kind.given if planted(kind, name) in written}


def school_of(lead):
    return lead.lead_rights.get().school


@pytest.mark.parametrize("key", [key for key, purpose in PURPOSES.items() if not purpose.always])
def test_a_purpose_that_is_switched_off_leaves_no_value_of_it_in_any_column_and_all_of_the_others(key, lead):
    school = school_of(lead)
    foreseen, was = effect(school, key), standing()

    assert switch(school, key, False, lead, "not for us") == foreseen != {}
    assert switch(school, key, False, lead, "again") is None
    assert effect(school, key) == {}

    assert standing() == was - PURPOSES[key].fields != set()
    note = Erasure.objects.get()
    assert (note.cause, note.actor, note.reason, note.counts) == ("permission", lead, "not for us", foreseen)
    assert SyncSettings.objects.get(school=school).wanted_at


def test_without_the_weekly_mail_nobody_is_written_to_and_what_parents_said_stays(lead):
    school = school_of(lead)
    settings = MailSettingsFactory(school=school)
    mail = due(a_family(school))
    link = school.guardianships.select_related("student__school", "contact").earliest("pk")
    blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER, by=lead)
    said_no(school, "p@home.example")

    assert switch(school, WEEKLY_MAIL, False, lead, "we write ourselves") == {"contacts": 2}

    settings.refresh_from_db()
    assert not settings.enabled
    settings.clean()
    MailSettings.objects.update(enabled=True)
    settings.enabled = True
    with pytest.raises(ValidationError, match="switched off the weekly mail under “Sharing”"):
        settings.clean()
    assert sending.send_due(school.pk) == 0
    mail.refresh_from_db()
    assert mail.state == mail.State.DUE
    assert (Block.objects.standing().count(), AddressChoice.objects.standing().count()) == (1, 1)
    client = signed_in(lead)
    assert "Nothing is held of parents and carers" in words(client.get(reverse("parents:overview", args=[school.code])))
    said = words(client.get(reverse("sync:why_student", args=[school.code, link.student_id])))
    assert "The school does not share parents and carers with us now" in said


def test_staff_keep_their_sign_in_and_what_a_person_made_when_their_addresses_go(lead):
    school = school_of(lead)
    employee = school.employees.get()
    login = employee.user
    for number, fields in enumerate(({}, {"as_lead": True}, {"email": "typed@example.org"})):
        known = {"email": f"planted-employees-email{number}"[:-1]} if "email" not in fields else {}
        accepted = {"accepted_at": employee.created_at} if number else {}
        Invitation.objects.create(school=school, employee=employee, **known, **fields, **accepted)

    assert switch(school, STAFF_SIGN_IN, False, lead) == {"employees.email": 1}

    employee.refresh_from_db()
    assert (employee.email, employee.user, User.objects.filter(pk=login.pk).exists()) == ("", login, True)
    assert {(each.email[:5], each.as_lead) for each in Invitation.objects.all()} == {("plant", True), ("typed", False)}
    assert Change.objects.get(kind="employees", values__isnull=False).values.keys() == {
        "wonde_id",
        "upi",
        "title",
        "forename",
        "surname",
    }
