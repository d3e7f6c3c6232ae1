"""Two keys, one here and one in Wonde: what either shuts off is not asked for, not kept, missed by nobody and not
undone."""

import pytest

from parents.models import Block, Contact, Guardianship
from parents.rules import blocks
from schools.models import Employee, Erasure, LastRead, School
from schools.sharing import keys
from schools.sharing.purposes import STAFF_SIGN_IN, WEEKLY_MAIL
from students.models import Student
from sync.engine.runs import preview
from sync.engine.undo import undo
from sync.models import Change, Hold
from sync.people.purposes import switch
from tests.factories import UserFactory
from tests.sync.living import living_school
from tests.sync.tables import RUNS, everything, versions
from tests.sync.world import world_of

pytestmark = pytest.mark.django_db(transaction=True)
UPN, ADDRESSES = "students.upn.read", "contacts.contact_details.read"


@pytest.fixture
def living(settings):
    with living_school(settings, students=30, read=False) as school:
        for row in world_of(school.sandbox).employees.values():
            row.emails = {"work": f"{row.id}@harbour.example".lower()}
        school.read()
        yield school


def asked(living):
    """All that was asked of Wonde since, as one text."""
    return "\n".join(f"{each['path']}?{each['query']}" for each in living.sandbox.requests())


def values(rows, column):
    return {value for value in rows.filter(left_at=None).values_list(column, flat=True) if value}


def test_a_purpose_that_is_off_is_not_asked_for_and_nothing_of_it_is_kept_missed_or_undone(living):
    world, lead = world_of(living.sandbox), UserFactory()
    changed = world.contacts[Contact.objects.exclude(email="").earliest("pk").wonde_id]
    changed.emails = {"home": "quendrell@home.example"}
    world.touch(changed)
    _, first = living.day()
    assert Change.objects.filter(run=first, kind="contacts", verb="update").exists()
    contacts = values(Contact.objects, "email") | values(Contact.objects, "wonde_id")
    addresses = values(Employee.objects, "email")
    assert "contacts" in asked(living)
    assert contacts
    assert addresses
    link = Guardianship.objects.select_related("student__school", "contact").latest("pk")
    blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER, by=lead)
    blocked = link.contact.wonde_id

    for key in (WEEKLY_MAIL, STAFF_SIGN_IN):
        switch(living.school, key, False, lead, "not for us")
    living.sandbox.clear_requests()
    run = living.read()

    assert "contact" not in asked(living)
    assert "employment_details" in asked(living)
    assert run.waiting == []
    assert not Hold.objects.exists()
    assert run.sizes["contacts"] == 0
    assert run.ledger["contacts"]["aside"] == run.ledger["guardianships"]["aside"] == "not_asked"
    assert {value for value in contacts | addresses if value in everything()} == set()
    assert not LastRead.objects.get().addresses_gone
    assert School.objects.get().kept_back == set()
    written = versions(*RUNS)
    assert not any(sum(verbs.values()) for verbs in living.read().counts.values())
    assert versions(*RUNS) == written
    for everybody in (False, True):
        undo(first if not everybody else living.read(), lead, "a slip", everything=everybody)
        assert {value for value in contacts | addresses if value in everything()} == set()
    assert "contacts" not in asked(living)

    for key in (WEEKLY_MAIL, STAFF_SIGN_IN):
        switch(living.school, key, True, lead)
    living.sync_settings.paused_at = None
    living.sync_settings.save()
    living.read()

    assert values(Employee.objects, "email") == addresses
    back = values(Contact.objects, "email") | values(Contact.objects, "wonde_id")
    assert back <= contacts
    assert back
    assert blocked not in back


def test_what_is_kept_without_a_purpose_goes_with_the_next_sync_whoever_forgot_it(living):
    keys.switch_off(living.school, WEEKLY_MAIL, None, "by hand")
    keys.switch_off(living.school, STAFF_SIGN_IN, None, "by hand")
    foreseen = preview(School.objects.get()).decision.judgement
    assert not any(foreseen.removals.values())
    assert not foreseen.waiting
    assert not foreseen.plans["employees"].updates

    run = living.read()

    (note,) = Erasure.objects.all()
    assert (note.cause, note.actor, set(note.ids)) == ("permission", None, {"contacts", "employees.email"})
    assert not Contact.objects.exclude(wonde_id=None).exists()
    assert not values(Employee.objects, "email")
    assert not Change.objects.filter(run=run).exists()
    assert run.waiting == []


def test_a_field_that_wonde_may_not_give_is_emptied_unless_something_contradicts_that(living):
    upns, addresses = values(Student.objects, "upn"), values(Contact.objects, "email")
    for scope in (UPN, ADDRESSES):
        living.sandbox.day(living.school.wonde_id, [{"event": "withdraw_permission", "scope": scope}])
    living.sandbox.fault("missing", "meta/schools/*/permissions", count=1)
    run = living.read()
    assert values(Student.objects, "upn") == upns
    assert values(Contact.objects, "email") == addresses
    assert LastRead.objects.get().addresses_gone

    run = living.read()

    assert not values(Student.objects, "upn")
    assert not values(Contact.objects, "email")
    assert {value for value in upns | addresses if value in everything()} == set()
    assert set(Erasure.objects.get().ids) == {"students.upn", "contacts.email"}
    assert run.waiting == []
    assert not LastRead.objects.get().addresses_gone
    living.read()
    assert Erasure.objects.count() == 1

    living.day({"event": "grant_permission", "scope": UPN})
    assert values(Student.objects, "upn") == upns
