"""A school whose mail may leave: a family with progress of this week, read this morning."""

from datetime import datetime
from zoneinfo import ZoneInfo

from parents.mail.letter import week_of
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
FRIDAY = datetime(2026, 10, 9, 16, 5, tzinfo=ZoneInfo("Europe/London"))  # a Friday in term, five minutes past the hour


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


def a_family(school, address="m.okoro@home.example", children=1, **link):
    """A first contact with responsibility for new children. Returns the links."""
    contact = ContactFactory(school=school, email=address)
    return [GuardianshipFactory(student=a_child(school), contact=contact, **link) for _ in range(children)]
