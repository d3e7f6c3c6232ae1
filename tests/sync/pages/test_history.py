"""The history: which runs, drawn night by night with the same in words, and what is let go of when."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry, Erasure
from sync.leaving.retention import purge
from sync.models import Change, SyncRun
from sync.wording.syncs.history import NIGHTS, chart, steps
from tests.factories import (
    AuditEntryFactory,
    ChangeFactory,
    EnrolmentFactory,
    ErasureFactory,
    GuardianshipFactory,
    HoldFactory,
    StudentFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    ago,
)

pytestmark = pytest.mark.django_db


def listed(client, school, **asked):
    page = client.get(reverse("sync:history", args=[school.code]), asked)
    return [run.pk for run, _ in page.context["runs"]]


def test_runs_are_found_by_reason_outcome_and_date(school, lead):
    quiet = SyncRunFactory(school=school, started_at=ago(days=20))
    busy = SyncRunFactory(school=school, started_at=ago(days=10), trigger=SyncRun.Trigger.PERSON)
    ChangeFactory(run=busy)
    waits = SyncRunFactory(
        school=school, started_at=ago(days=5), waiting=[{"kind": "students", "code": "duplicate", "count": 1}]
    )
    wrong = SyncRunFactory(school=school, started_at=ago(days=2), status=SyncRun.Status.REFUSED)
    SyncRunFactory()

    assert listed(lead, school) == [wrong.pk, waits.pk, busy.pk, quiet.pk]
    assert listed(lead, school, trigger="person") == [busy.pk]
    assert listed(lead, school, outcome="changed") == [busy.pk]
    assert listed(lead, school, outcome="waiting") == [waits.pk]
    assert listed(lead, school, outcome="wrong") == [wrong.pk]
    tenth = timezone.localdate(busy.started_at, school.zone).isoformat()
    assert listed(lead, school, **{"from": tenth, "to": tenth}) == [busy.pk]


@pytest.mark.parametrize("asked", [{"trigger": "?"}, {"outcome": "x"}, {"from": "2026-13-40"}, {"to": "soon"}])
def test_what_cannot_be_asked_for_shows_every_run(school, lead, asked):
    run = SyncRunFactory(school=school)

    assert listed(lead, school, **asked) == [run.pk]


def test_a_filter_that_finds_nothing_says_so_and_leads_back(school, lead):
    SyncRunFactory(school=school)

    page = lead.get(reverse("sync:history", args=[school.code]), {"outcome": "wrong"}).content.decode()

    assert "No sync is like that" in page


def test_who_joined_and_who_left_in_a_sync_are_shown_by_themselves(school, lead):
    run = SyncRunFactory(school=school)
    new = ChangeFactory(run=run, row_id=StudentFactory(school=school, surname="Arriving").pk)
    gone = ChangeFactory(run=run, row_id=StudentFactory(school=school, surname="Leaving").pk, verb=Change.Verb.REMOVE)
    address = reverse("sync:run", args=[school.code, run.pk])

    def shown(**asked):
        return [line.pk for line in lead.get(address, asked).context["told"]]

    assert shown() == [new.row_id, gone.row_id]
    assert shown(group="left") == [gone.row_id]
    assert shown(group="classes") == []
    assert shown(group="?") == shown()
    assert lead.get(address).context["groups"] == [("joined", "Joined", 1), ("left", "Left", 1)]


def test_the_time_of_each_step_is_told_in_words():
    run = SyncRunFactory.build(school=None, timings={"read": 1500, "ours": 20, "decide": 3, "apply": 40})

    assert steps(run)[0] == ("Reading from Wonde", 1.5)
    assert len(steps(run)) == 4


def night(school, days, people=0):
    """A night's sync in which so many students changed."""
    run = SyncRunFactory(school=school, started_at=ago(days=days))
    for pk in range(people):
        ChangeFactory(run=run, row_id=-pk, verb=Change.Verb.UPDATE)
    return run


@time_machine.travel("2026-11-22 12:00+00:00", tick=False)
def test_the_chart_has_a_bar_for_every_night_half_as_high_for_a_quarter_of_the_people(school):
    for days, people in ((3, 40), (1, 10), (0, 0)):
        night(school, days, people)

    drawn = chart(school)

    assert [one.people for one in drawn.nights] == [40, 0, 10, 0]
    assert [one.height for one in drawn.nights] == [120, 0, 60, 0]
    assert [one.failed for one in drawn.nights] == [False, True, False, False]
    assert (drawn.nights[0].day, drawn.most) == (date(2026, 11, 19), 40)


def test_a_child_who_joins_with_parents_is_one_bar_high(school):
    night(school, days=2)
    run, link = night(school, days=1), GuardianshipFactory(student__school=school)
    stay = EnrolmentFactory(student=link.student, school=school)
    for kind, row in (
        ("students", link.student), ("enrolments", stay), ("contacts", link.contact), ("guardianships", link)
    ):  # fmt: skip
        ChangeFactory(run=run, kind=kind, row_id=row.pk)

    assert chart(school).most == 1


def test_three_changes_can_be_seen_and_read_beside_a_first_import_of_1200(school, lead):
    first = night(school, days=9)
    Change.objects.bulk_create(
        Change(run=first, school=school, kind="students", row_id=-pk, verb="create") for pk in range(1200)
    )
    ordinary = night(school, days=2, people=3)

    drawn = chart(school)
    page = lead.get(reverse("sync:history", args=[school.code])).text

    assert drawn.nights[-3].height >= 5
    assert [number for number, _ in drawn.marks] == [1000, 500, 200, 100, 20, 0]
    assert f'href="{reverse("sync:run", args=[school.code, ordinary.pk])}" aria-label="' in page
    assert ": 3 changed" in page


def test_a_night_of_several_syncs_opens_all_of_them(school, lead):
    night(school, days=3)
    for _ in range(2):
        night(school, days=1, people=1)
    day = timezone.localdate(ago(days=1), school.zone).isoformat()

    page = lead.get(reverse("sync:history", args=[school.code])).text

    assert f"?from={day}&amp;to={day}" in page


@time_machine.travel("2026-11-22 12:00+00:00", tick=False)
def test_a_night_belongs_to_the_schools_own_date():
    school = SyncSettingsFactory(school__timezone="Australia/Sydney").school
    for days in (0, 1):
        SyncRunFactory(school=school, started_at=timezone.now().replace(hour=17) - timedelta(days=1 + days))

    assert chart(school).nights[0].day == date(2026, 11, 21)


def test_the_chart_says_the_same_as_a_table_and_leaves_old_nights_out(school, lead):
    for days in (1, 2, NIGHTS + 5):
        night(school, days, people=days)

    page = lead.get(reverse("sync:history", args=[school.code])).text

    assert "The same as a table" in page
    assert 'data-label="Changed">2</td>' in page
    assert f">{NIGHTS + 5}</td>" not in page


def test_one_night_alone_is_no_chart(school):
    SyncRunFactory(school=school)

    assert chart(school) is None


@pytest.mark.parametrize(("days", "kept"), [(395, True), (397, False)])
def test_runs_and_their_changes_are_kept_thirteen_months(school, days, kept):
    SyncRunFactory(school=school)
    old = SyncRunFactory(school=school, started_at=ago(days=days))
    ChangeFactory(run=old)

    purge()

    assert SyncRun.objects.filter(pk=old.pk).exists() is kept
    assert Change.objects.filter(run=old.pk).exists() is kept


def test_the_last_complete_read_and_a_run_that_still_holds_somebody_stay_however_old(school):
    last = SyncRunFactory(school=school, started_at=ago(days=500))
    holding = SyncRunFactory(school=school, started_at=ago(days=600))
    HoldFactory(run=holding)

    purge()

    assert set(SyncRun.objects.values_list("pk", flat=True)) == {last.pk, holding.pk}


@pytest.mark.parametrize(("days", "kept"), [(730, True), (732, False)])
def test_audit_entries_and_notes_of_erasures_are_kept_two_years(days, kept):
    entry = AuditEntryFactory()
    AuditEntry.objects.filter(pk=entry.pk).update(at=ago(days=days))
    ErasureFactory(at=ago(days=days))

    purge()

    assert AuditEntry.objects.exists() is kept
    assert Erasure.objects.exists() is kept


def test_thirty_runs_take_as_many_queries_as_two(school, lead, django_assert_max_num_queries):
    address = reverse("sync:history", args=[school.code])
    for days in (1, 2):
        night(school, days, people=days)
    with django_assert_max_num_queries(24) as two:
        lead.get(address)
    for days in range(3, 31):
        night(school, days, people=days % 7)

    with django_assert_max_num_queries(len(two)):
        lead.get(address)
