"""What can hardly be true of a reading: many damaged records, an emptied list, a first import to which nobody comes."""

import pytest

from sync.engine.after_a_run import announce
from sync.models import SyncRun
from sync.plans.waiting import ALARMS
from tests.factories import LeadRightFactory, SyncRunFactory, SyncSettingsFactory
from tests.sync.build import a_class, a_student, after, an_employee, decided, ids, nobody, read, told


def alarms(decision):
    return [(entry.kind, entry.code) for entry in decision.judgement.waiting if entry.code in ALARMS]


@pytest.mark.parametrize(("damaged", "of", "raised"), [(5, 20, False), (6, 20, True), (6, 300, False), (7, 300, True)])
def test_more_than_five_and_more_than_two_per_cent_of_a_kind_unreadable_raise_an_alarm(damaged, of, raised):
    everybody = ids("S", of)
    ours = after(read(a_class("C001", everybody)))

    decision = decided(read(a_class("C001", everybody), unreadable=everybody[:damaged]), ours)

    assert alarms(decision) == ([("students", "unreadable")] if raised else [])
    assert (f"{damaged} of {of} students came damaged" in told(decision)) is raised


def test_a_kind_that_came_back_empty_raises_one():
    ours = after(read(a_class("C001", ids("S", 5))))

    assert ("students", "emptied") in alarms(decided(read(a_class("C001", [])), ours))


@pytest.mark.parametrize(("gone", "raised"), [(15, False), (16, True), (30, True)])
def test_a_first_import_of_which_most_are_not_current_says_so(gone, raised):
    left = [a_student(each, leaves=-1) for each in ids("S", gone)]

    decision = decided(read(a_class("C001", ids("S", 30)), students=left), nobody())

    assert alarms(decision) == ([("students", "not_current")] if raised else [])
    assert (f"{gone} of 30 students have left" in told(decision)) is raised


def test_staff_who_are_mostly_not_current_at_a_first_import_are_told_of():
    staff = [an_employee(each, current=False) for each in ids("E", 8)]

    assert alarms(decided(read(a_class("C001", ["S001"], ids("E", 9)), employees=staff))) == [
        ("employees", "not_current")
    ]


def test_after_the_first_import_leavers_among_those_we_do_not_keep_raise_nothing():
    ours = after(read(a_class("C001", ids("S", 5))))
    strangers = [a_student(each, leaves=-1) for each in ids("S", 20, 100)]

    assert alarms(decided(read(a_class("C001", ids("S", 5)), students=strangers), ours)) == []


ALARM = {"kind": "students", "code": "unreadable", "count": 40, "of": 60}


def run_with(school, **fields):
    waiting = [ALARM] if fields.get("alarms") else []
    return SyncRunFactory(school=school, waiting=waiting, **fields)


@pytest.mark.django_db
def test_leads_and_support_are_told_of_an_alarm_once(
    tasks_run_at_once, mailoutbox, django_capture_on_commit_callbacks, settings
):
    school = SyncSettingsFactory().school
    lead = LeadRightFactory(school=school).user
    first, second = (run_with(school, alarms=[["students", "unreadable"]]) for _ in range(2))
    SyncRun.objects.filter(pk=second.pk).update(started_at=first.started_at.replace(year=first.started_at.year + 1))
    second.refresh_from_db()

    for run in (first, second):
        with django_capture_on_commit_callbacks(execute=True):
            announce(run)

    assert sorted(mail.to[0] for mail in mailoutbox) == sorted([lead.email, settings.SUPPORT_EMAIL])
    assert all("can hardly be right" in mail.subject for mail in mailoutbox)
    assert "40 of 60 students came damaged" in mailoutbox[0].body
