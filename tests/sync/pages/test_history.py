"""The history: which runs, drawn night by night with the same in words, and what is let go of when."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry, Erasure
from sync.leaving.retention import purge
from sync.models import Change, SyncRun
from sync.wording.history import NIGHTS, chart, steps
from tests.factories import (
    AuditEntryFactory,
    ChangeFactory,
    HoldFactory,
    SchoolFactory,
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

    assert "No reading is like that" in page


def test_the_changes_of_a_run_are_found_by_kind_and_verb(school, lead):
    run = SyncRunFactory(school=school, counts={"students": {"create": 1, "remove": 1}, "classes": {"create": 0}})
    new = ChangeFactory(run=run, row_id=StudentFactory(school=school, surname="Arriving").pk)
    gone = ChangeFactory(run=run, row_id=StudentFactory(school=school, surname="Leaving").pk, verb=Change.Verb.REMOVE)
    address = reverse("sync:run", args=[school.code, run.pk])

    def shown(**asked):
        return [told.row.pk for told in lead.get(address, asked).context["changes"]]

    assert sorted(shown()) == sorted([new.pk, gone.pk])
    assert shown(verb="remove") == [gone.pk]
    assert shown(kind="classes") == []
    assert lead.get(address).context["choices"]["kinds"] == [("students", "students")]


def test_the_time_of_each_step_is_told_in_words():
    run = SyncRunFactory.build(school=None, timings={"read": 1500, "ours": 20, "decide": 3, "apply": 40})

    assert steps(run)[0] == ("Reading from Wonde", 1.5)
    assert len(steps(run)) == 4


@time_machine.travel("2026-11-22 12:00+00:00", tick=False)
def test_the_chart_has_a_bar_for_every_night_half_as_high_for_a_quarter_of_the_changes(school):
    for days, number in ((3, 40), (1, 10), (0, 0)):
        SyncRunFactory(school=school, started_at=ago(days=days), counts={"students": {"update": number, "held": 99}})

    drawn = chart(school)

    assert [night.changes for night in drawn.nights] == [40, 0, 10, 0]
    assert [night.height for night in drawn.nights] == [60, 0, 30, 0]
    assert [night.failed for night in drawn.nights] == [False, True, False, False]
    assert (drawn.nights[0].day, drawn.most) == (date(2026, 11, 19), 40)


@time_machine.travel("2026-11-22 12:00+00:00", tick=False)
def test_a_night_belongs_to_the_schools_own_date():
    school = SyncSettingsFactory(school__timezone="Australia/Sydney").school
    for days in (0, 1):
        SyncRunFactory(school=school, started_at=timezone.now().replace(hour=17) - timedelta(days=1 + days))

    assert chart(school).nights[0].day == date(2026, 11, 21)


def test_the_chart_says_the_same_as_a_table_and_leaves_old_nights_out(school, lead):
    for days in (1, 2, NIGHTS + 5):
        SyncRunFactory(school=school, started_at=ago(days=days), counts={"classes": {"create": days}})

    page = lead.get(reverse("sync:history", args=[school.code])).content.decode()

    assert 'role="img"' in page
    assert "The same as a table" in page
    assert "The highest bar is 2 changes." in page
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
    Erasure.objects.create(school=SchoolFactory(), at=ago(days=days), cause="retention")

    purge()

    assert AuditEntry.objects.exists() is kept
    assert Erasure.objects.exists() is kept


def test_thirty_runs_take_as_many_queries_as_two(school, lead, django_assert_max_num_queries):
    address = reverse("sync:history", args=[school.code])
    for days in (1, 2):
        SyncRunFactory(school=school, started_at=ago(days=days))
    with django_assert_max_num_queries(15) as two:
        lead.get(address)
    for days in range(3, 31):
        SyncRunFactory(school=school, started_at=ago(days=days))

    with django_assert_max_num_queries(len(two)):
        lead.get(address)
