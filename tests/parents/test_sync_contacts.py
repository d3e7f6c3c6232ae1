"""Contacts through the whole engine, read from the sandbox over HTTP into the database."""

import pytest
from django.db.models import Count

from parents.models import Block, Contact, Guardianship
from parents.rules import blocks
from schools.models import School
from students.models import Student
from sync.engine.runs import run_sync
from sync.engine.undo import undo
from sync.models import Change, SyncRun
from sync.people import adding_schools
from sync.sandbox.testing import running_sandbox
from sync.wonde.client import Wonde
from tests.factories import SupportFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wonde(settings):
    with running_sandbox(students=60) as sandbox:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = sandbox.url, sandbox.token
        yield sandbox


@pytest.fixture
def school(wonde):
    with Wonde() as client:
        school, _ = adding_schools.add_school(adding_schools.look_up(client, wonde.school_ids[0]))
    synced(school)
    return School.objects.get(pk=school.pk)


def synced(school):
    run = run_sync(school, SyncRun.Trigger.COMMAND)
    assert run.status == SyncRun.Status.APPLIED, run.message
    return run


def told(wonde, school):
    """(contact, student) -> relationship, as Wonde now has it for the students we keep."""
    kept = set(Student.objects.current().filter(school=school).values_list("wonde_id", flat=True))
    listed = wonde.every(f"schools/{school.wonde_id}/students", include="contacts", per_page=200)
    return {
        (contact["id"], student["id"]): contact["relationship"]
        for student in listed
        if student["id"] in kept
        for contact in student["contacts"]["data"]
    }


def ours(school):
    links = Guardianship.objects.current().filter(school=school)
    return set(links.values_list("contact__wonde_id", "student__wonde_id"))


def a_link(school):
    return (
        Guardianship.objects.current().filter(school=school).select_related("contact", "student").order_by("pk").first()
    )


def test_a_sync_keeps_exactly_the_contacts_with_responsibility_of_the_students_we_keep(wonde, school):
    pairs = told(wonde, school)

    responsible = {pair for pair, link in pairs.items() if link["parental_responsibility"] and not link["court_order"]}
    assert ours(school) == responsible
    assert 0 < len(responsible) < len(pairs)
    here = Contact.objects.current().filter(school=school)
    assert set(here.values_list("wonde_id", flat=True)) == {contact for contact, _ in responsible}
    assert all(contact.email == contact.email.lower() for contact in here)


def test_the_same_night_again_changes_nothing(school):
    run = synced(school)

    assert not Change.objects.filter(run=run).exists()


@pytest.mark.parametrize(
    ("event", "reason"),
    [("withdraw_responsibility", "no_parental_responsibility"), ("court_order", "court_order")],
)
def test_a_court_order_or_lost_responsibility_ends_the_link_the_same_night(wonde, school, event, reason):
    link = a_link(school)
    wonde.day(school.wonde_id, [{"event": event, "contact": link.contact.wonde_id, "student": link.student.wonde_id}])

    run = synced(school)

    link.refresh_from_db()
    assert link.left_at is not None
    change = Change.objects.get(run=run, kind="guardianships", row_id=link.pk)
    assert (change.verb, change.cause, change.reason) == ("remove", "evidence", reason)


def test_a_withdrawn_permission_freezes_contacts_and_leaves_students_alone(wonde, school):
    before = ours(school)
    wonde.day(school.wonde_id, [{"event": "withdraw_permission", "scope": "contacts.read"}])

    run = synced(school)

    assert ours(school) == before
    assert run.ledger["contacts"]["aside"] == run.ledger["guardianships"]["aside"] == "denied"
    assert run.ledger["students"]["imported"] == Student.objects.current().filter(school=school).count()


def test_a_block_outlives_a_new_id_of_the_contact_and_of_the_student(wonde, school):
    link = a_link(school)
    blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER)
    synced(school)
    assert (link.contact.wonde_id, link.student.wonde_id) not in ours(school)

    Contact.objects.filter(pk=link.contact_id).update(wonde_id=None, upi="", email="")
    Block.objects.update(student=None)
    synced(school)

    assert (link.contact.wonde_id, link.student.wonde_id) not in ours(school)
    Block.objects.all().delete()
    synced(school)
    assert (link.contact.wonde_id, link.student.wonde_id) in ours(school)


def only_child_with_two_contacts(school):
    """A student with two contacts who have no other child here, and their links."""
    links = Guardianship.objects.current().filter(school=school).order_by("pk").select_related("contact", "student")
    for student in Student.objects.current().filter(school=school).order_by("pk"):
        theirs = list(links.filter(student=student))
        if len(theirs) > 1 and not links.filter(contact__in=[link.contact for link in theirs]).exclude(student=student):
            return student, theirs
    raise AssertionError("no student of this seed has two contacts of their own")


def test_undo_never_brings_back_a_link_blocked_since_or_a_contact_with_only_such_links(wonde, school):
    student, (hers, his) = only_child_with_two_contacts(school)
    wonde.day(school.wonde_id, [{"event": "leave", "student": student.wonde_id}])
    run = synced(school)
    assert not Contact.objects.current().filter(pk__in=[hers.contact_id, his.contact_id]).exists()
    blocks.block(student, hers.contact, Block.Cause.NOT_MINE)

    undone = undo(run, SupportFactory(), "The school rang.")

    assert Guardianship.objects.current().get(student=student) == his
    assert list(Contact.objects.current().filter(pk__in=[hers.contact_id, his.contact_id])) == [his.contact]
    assert undone.notes[0].startswith("2 rows")


def test_undo_brings_a_blocked_contact_back_for_the_other_child(wonde, school):
    """The mother of two is blocked for only one of them."""
    shared = Guardianship.objects.current().filter(school=school).values("contact").annotate(n=Count("pk"))
    contact = Contact.objects.get(pk=shared.filter(n__gt=1).order_by("contact")[0]["contact"])
    about, other = Student.objects.filter(guardianships__contact=contact).order_by("pk")[:2]
    leavers = list(Student.objects.filter(guardianships__contact=contact).values_list("wonde_id", flat=True))
    wonde.day(school.wonde_id, [{"event": "leave", "students": leavers}])
    run = synced(school)
    blocks.block(about, contact, Block.Cause.NOT_MINE)

    undo(run, SupportFactory(), "The school rang.")

    kept = Guardianship.objects.current().filter(contact=contact).values_list("student", flat=True)
    assert other.pk in kept
    assert about.pk not in kept
    assert Contact.objects.current().contains(contact)


def test_a_gained_and_a_lost_contact_are_both_seen_the_same_night(wonde, school):
    link = a_link(school)
    done = wonde.day(school.wonde_id, [
        {"event": "gain_contact", "student": link.student.wonde_id},
        {"event": "lose_contact", "student": link.student.wonde_id, "contact": link.contact.wonde_id},
    ])  # fmt: skip
    gained = next(event for event in done["events"] if event["event"] == "gain_contact")

    synced(school)

    assert (link.contact.wonde_id, link.student.wonde_id) not in ours(school)
    assert link.student.wonde_id in {student for _, student in ours(school)}
    assert gained
