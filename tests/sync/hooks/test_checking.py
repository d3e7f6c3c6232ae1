"""A webhook is a hint: Wonde is asked, once for all that came within the minute, and only its answer counts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sync import tasks
from sync.models import Hook, StandingCheck, SyncRun
from sync.models.hook import LEASE
from sync.people import access
from sync.rules.access_states import State
from tests.sync.hooks.sending import SECRET, as_it_is, minutes_later, told
from tests.sync.tables import versions
from tests.sync.world import happen, synced
from tests.tools.web import a_web

OURS = {"sync_hook", "sync_standingcheck"}


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.WONDE_HOOK_SECRETS = [SECRET]


def outcome():
    return Hook.objects.latest("pk").outcome


def test_a_forged_word_changes_nothing_and_a_true_one_freezes_the_school_within_two_minutes(sandbox, school, in_term):
    synced(school)
    access.check(school)
    before = versions(*OURS, "sync_access")
    sandbox.clear_requests()

    for kind in ("accessRevoked", "accessDeclined", "schoolApproved", "accessRevoked", "accessRevoked"):
        told(kind, school)
    minutes_later()
    assert sandbox.requests() == []  # nothing is asked while more may come
    in_term.shift(timedelta(seconds=61))
    minutes_later()

    assert versions(*OURS, "sync_access") == before
    assert access.of(school).state == State.OPEN
    asked = [request["path"] for request in sandbox.requests()]
    assert asked == [f"/v1.0/meta/schools/{school.wonde_id}"]  # once for all five
    assert set(Hook.objects.values_list("outcome", flat=True)) == {Hook.Outcome.SAME}
    assert [hook.times for hook in Hook.objects.order_by("pk")] == [3, 1, 1]
    assert not StandingCheck.objects.exists()

    happen(sandbox, school, [{"event": "access_revoked"}])
    told("accessRevoked", school)  # as the forged one said, which silences nobody
    in_term.shift(timedelta(seconds=61))
    minutes_later()

    assert timezone.now() - as_it_is(school).revoked_at < timedelta(seconds=10)
    assert Hook.objects.get(type="accessRevoked").outcome == Hook.Outcome.CHANGED


def test_shared_again_the_school_is_due_at_once(sandbox, school, in_term):
    synced(school)
    happen(sandbox, school, [{"event": "access_revoked"}])
    synced(school)
    happen(sandbox, school, [{"event": "access_approved"}])
    assert as_it_is(school).revoked_at

    told("schoolApproved", school)
    in_term.shift(timedelta(seconds=61))
    minutes_later()

    assert outcome() == Hook.Outcome.CHANGED
    assert as_it_is(school).revoked_at  # a sync gives back what there is, nothing else does
    assert as_it_is(school).sync_settings.due_at <= timezone.now() + timedelta(minutes=1)


def test_a_check_waits_for_a_sync_under_way_and_leaves_to_the_clock_what_wonde_does_not_answer(
    school, sandbox, in_term
):
    told("accessRevoked", school)
    in_term.shift(timedelta(seconds=61))
    run = SyncRun.objects.create(school=school, trigger="night", task_id="t", started_at=timezone.now())
    sandbox.clear_requests()
    minutes_later()
    assert sandbox.requests() == []
    assert StandingCheck.objects.get().due_at > timezone.now()
    run.refused("it has ended")
    SyncRun.objects.filter(pk=run.pk).update(started_at=timezone.now() + timedelta(minutes=2))  # begins meanwhile
    in_term.shift(timedelta(seconds=61))
    minutes_later()
    assert sandbox.requests() != []
    assert StandingCheck.objects.get().due_at > timezone.now()
    in_term.shift(timedelta(minutes=2))

    assert outcome() == Hook.Outcome.CHECK

    sandbox.fault("server_error")
    in_term.shift(timedelta(seconds=61))
    minutes_later()
    assert (outcome(), StandingCheck.objects.count()) == (Hook.Outcome.NO_ANSWER, 0)


@pytest.mark.slow
def test_what_a_school_ends_in_wonde_reaches_a_real_web_process_and_is_off_at_the_next_check(
    committed_school, sandbox, in_term, process_env
):
    synced(committed_school)
    with a_web(process_env | {"WONDE_HOOK_SECRETS": SECRET}) as web:
        sandbox.control("POST", "webhooks", {"address": f"{web.url}/hooks/wonde/{SECRET}/", "faults": ["twice"]})
        happen(sandbox, committed_school, [{"event": "access_approved"}, {"event": "access_revoked"}])
    StandingCheck.objects.update(due_at=timezone.now())  # by the other process's clock, which is not ours
    minutes_later()

    assert [hook["status"] for hook in sandbox.webhooks()] == [204] * 4
    assert sorted(Hook.objects.values_list("type", "times")) == [("accessRevoked", 2), ("schoolApproved", 2)]
    assert as_it_is(committed_school).revoked_at


def test_what_comes_while_wonde_is_being_asked_has_it_asked_again(school, in_term):
    StandingCheck.objects.want(school, timezone.now())
    in_term.shift(timedelta(seconds=61))
    assert StandingCheck.objects.take_due(timezone.now(), 10) == [school.pk]
    under_way = StandingCheck.objects.get()

    StandingCheck.objects.want(school, timezone.now())
    under_way.end()
    under_way.put_off()

    assert StandingCheck.objects.get().due_at < timezone.now() + timedelta(seconds=61)


def test_the_clock_queues_each_check_once_and_again_if_its_task_is_lost(
    school, in_term, django_capture_on_commit_callbacks
):
    told("accessRevoked", school)
    in_term.shift(timedelta(seconds=61))

    with django_capture_on_commit_callbacks() as queued:
        tasks.queue_due_schools()
        tasks.queue_due_schools()
        in_term.shift(LEASE)
        tasks.queue_due_schools()

    assert len(queued) == 2


def test_webhooks_are_forgotten_after_thirty_days(school, in_term):
    told("accessRevoked", school)
    work = tasks.RECURRING["forget webhooks"][1]

    in_term.shift(timedelta(days=29))
    work()
    assert Hook.objects.exists()
    in_term.shift(timedelta(days=2))
    work()
    assert not Hook.objects.exists()
