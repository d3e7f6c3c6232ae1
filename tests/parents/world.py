"""A school whose mail may leave: a family with this week's progress, read this morning, and a mail that is due."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from parents.mail.letter import week_of
from parents.models import AddressChoice, WeeklyMail
from schools.marks import marks
from tests.factories import (
    ContactFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    MailSettingsFactory,
    StudentFactory,
    SyncRunFactory,
    WeeklyProgressFactory,
    ago,
)

READ = {"contacts": {"aside": "", "kept": []}}
MOTHER = "m.okoro@home.example"
FRIDAY = datetime(2026, 10, 9, 16, 5, tzinfo=ZoneInfo("Europe/London"))  # a Friday in term time, at five past four


def a_school(**fields):
    """A school with mail on and a fresh read."""
    school = MailSettingsFactory(**fields).school
    SyncRunFactory(school=school, ledger=READ, started_at=ago(hours=6))
    return school


def a_child(school, week=None, **fields):
    """A student in a class, with progress in `week` (default: 2026-W41)."""
    student = EnrolmentFactory(
        school_class__school=school, school_class__name="9x/Ma1", student=StudentFactory(school=school, **fields)
    ).student
    week = week or week_of(FRIDAY.date())
    WeeklyProgressFactory(student=student, iso_year=week.year, iso_week=week.number)
    return student


def a_family(school, address=MOTHER, children=1, **link):
    """A first contact with responsibility for new children. Returns the links."""
    contact = ContactFactory(school=school, email=address)
    return [GuardianshipFactory(student=a_child(school), contact=contact, **link) for _ in range(children)]


def said_no(school, address, student=None, cause="parent"):
    """A parent's "no", as we keep it: about one child at the school, or all."""
    marker = marks()
    return AddressChoice.objects.create(
        school=school, address_mark=marker.address(school.pk, address), key_number=marker.newest,
        student=student, cause=cause,
    )  # fmt: skip


def due(links, address=None, **fields):
    """A row due now about the children of `links`, all with the same contact."""
    school, contact = links[0].school, links[0].contact
    given = {
        "address_mark": marks().address(school.pk, address or contact.email), "key_number": marks().newest,
        "iso_year": 2026, "iso_week": 41, "contacts": [contact.pk], "students": [link.student_id for link in links],
        "made_at": ago(minutes=5), "next_try_at": ago(minutes=5), "until": timezone.now() + timedelta(hours=20),
        "changed_at": ago(minutes=5),
    }  # fmt: skip
    return WeeklyMail.objects.create(school=school, **given | fields)


def state(mail):
    """(state, reason) of a mail, as the database has them now."""
    mail.refresh_from_db()
    return mail.state, mail.reason
