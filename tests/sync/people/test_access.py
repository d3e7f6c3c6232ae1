"""How schools stand in Wonde: polled for all, looked at for one, and never ended by a list alone."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from msgspec import convert

from schools.models import LastRead, School
from sync.engine import freezing
from sync.engine.runs import NOT_SHARED, run_sync
from sync.facts.errors import SyncError
from sync.facts.shapes import RemoteSchool
from sync.models import Access, AccessList, SyncRun, SyncSettings
from sync.people import access, adding_schools
from sync.wording.freshness import with_standing
from tests.factories import SchoolFactory, SyncSettingsFactory
from tests.sync.tables import versions

pytestmark = pytest.mark.django_db(transaction=True)
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def places(sandbox):
    """{state in the sandbox: our school}, each known to us and never read."""
    schools = {}
    for listed in sandbox.control("GET", "schools"):
        schools[listed["access"]] = SyncSettingsFactory(school=SchoolFactory(wonde_id=listed["id"])).school
    return schools


def states():
    return dict(Access.objects.values_list("school", "state"))


def happens(sandbox, school, event, **what):
    day = {"events": [{"event": event} | what], "at": timezone.now().isoformat()}
    sandbox.control("POST", f"schools/{school.wonde_id}/day", day)


def test_each_list_says_how_its_schools_stand_and_only_what_changes_is_written(sandbox, places, in_term):
    access.poll()

    assert {state: states()[school.pk] for state, school in places.items()} == {
        "approved": "open", "offline": "offline", "pending": "asked", "declined": "declined", "revoked": "revoked",
        "none": "not_asked",
    }  # fmt: skip
    written = versions("sync_accesslist")
    in_term.shift(TEN_MINUTES)
    sandbox.clear_requests()
    access.poll()
    assert versions("sync_accesslist") == written
    asked = [(each["path"].removeprefix("/v1.0/"), "updated_after" in each["query"]) for each in sandbox.requests()]
    assert asked == [
        ("schools", True), ("schools/audited", True), ("schools/pending", False), ("schools/offline", False),
        ("schools/revoked", False), ("schools/declined", False),
    ]  # fmt: skip

    SyncSettings.objects.update(due_at=None)
    happens(sandbox, places["pending"], "access_approved", audited=False)
    happens(sandbox, places["declined"], "access_approved")
    happens(sandbox, places["offline"], "access_approved")
    happens(sandbox, places["none"], "access_declined", reason="We did not know who asks.")
    in_term.shift(TEN_MINUTES)
    access.poll()
    assert {state: states()[school.pk] for state, school in places.items()} == {
        "approved": "open", "offline": "open", "pending": "checked_by_wonde", "declined": "open", "revoked": "revoked",
        "none": "declined",
    }  # fmt: skip
    assert Access.objects.get(school=places["none"]).reason == "We did not know who asks."
    assert [each.school for each in SyncSettings.objects.exclude(due_at=None)] == [places["declined"]]


@pytest.mark.parametrize("fault", ["server_error", "cut", "empty_list", "not_json", "forbidden"])
def test_a_list_that_fails_or_comes_back_empty_concludes_nothing(sandbox, places, in_term, fault):
    access.poll()
    before = states()
    sandbox.fault(fault, "schools")
    Access.objects.update(seen_at=timezone.now())  # nobody is asked about alone

    in_term.shift(timedelta(days=1))  # when the long lists are read whole
    Access.objects.update(seen_at=timezone.now())
    access.poll()

    assert states() == before
    whole = dict(AccessList.objects.values_list("name", "whole_at"))
    assert timezone.now() - whole["schools"] > timedelta(hours=12)


def test_a_school_we_read_is_frozen_where_wonde_says_so_of_itself_and_by_no_list(sandbox, places, in_term):
    school = LastRead.objects.create(school=places["approved"], read_at=timezone.now()).school
    access.poll()
    in_term.shift(timedelta(hours=2))
    sandbox.fault("listed_too", "schools/revoked", id=school.wonde_id)

    access.poll()
    assert states()[school.pk] == "open"
    assert School.objects.get(pk=school.pk).revoked_at is None
    sandbox.clear_faults()

    happens(sandbox, school, "access_revoked", reason="We use another product.")
    in_term.shift(timedelta(hours=2))
    access.poll()
    school.refresh_from_db()
    assert None not in (school.revoked_at, school.erase_on)
    assert Access.objects.values_list("state", "reason").get(school=school) == ("revoked", "We use another product.")

    happens(sandbox, school, "access_approved")
    SyncSettings.objects.update(due_at=None)
    in_term.shift(TEN_MINUTES)
    access.poll()
    assert states()[school.pk] == "open"
    assert SyncSettings.objects.get(school=school).due_at  # what was frozen comes back with that sync


def test_data_that_was_checked_is_not_said_to_be_unchecked_by_a_list_alone(sandbox, places, in_term):
    access.poll()
    school = places["approved"]
    happens(sandbox, school, "access_approved", audited=False)
    Access.objects.update(seen_at=timezone.now())
    in_term.shift(timedelta(days=1))
    Access.objects.update(seen_at=timezone.now())  # asked about within the hour: nobody is asked again

    access.poll()
    assert states()[school.pk] == "open"

    in_term.shift(timedelta(hours=2))
    access.poll()
    assert states()[school.pk] == "checked_by_wonde"
    assert not SyncSettings.objects.due(timezone.now() + timedelta(days=2)).filter(school=school).exists()
    LastRead.objects.create(school=school, read_at=timezone.now())
    assert SyncSettings.objects.due(timezone.now() + timedelta(days=2)).filter(school=school).exists()


def test_a_poll_writes_nothing_over_what_was_found_out_of_a_school_meanwhile(sandbox, places):
    access.poll()
    pk = Access.objects.get(school=places["approved"]).pk
    with time_machine.travel(timezone.now() - TEN_MINUTES):
        began = timezone.now()
    Access.objects.filter(pk=pk).update(state="revoked", seen_at=timezone.now())

    access._write(Access.objects.filter(pk=pk), began, access.State.OPEN, ["schools"], "")

    assert Access.objects.get(pk=pk).state == "revoked"


def test_a_school_added_before_it_agreed_is_neither_read_nor_late_nor_ended_and_is_synced_once_it_agrees(
    sandbox, in_term
):
    pending = next(each["id"] for each in sandbox.control("GET", "schools") if each["access"] == "pending")
    listed = next(each for each in sandbox.every("schools/all") if each["id"] == pending)
    found = adding_schools.found(convert(listed, RemoteSchool), approved=False)
    school, _ = adding_schools.add_school(found)
    assert not SyncSettings.objects.due(timezone.now()).exists()

    run = run_sync(school, SyncRun.Trigger.PERSON)
    freezing.revoke(school)  # as a hint might say: Wonde shows our access as not approved
    assert (run.status, run.message) == ("refused", NOT_SHARED)
    assert School.objects.get().revoked_at is None
    access.poll()
    assert Access.objects.get().state == "asked"
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert not with_standing(School.objects.all()).get().is_late

    happens(sandbox, school, "access_approved", audited=False)
    in_term.shift(TEN_MINUTES)
    access.poll()
    assert not SyncSettings.objects.due(timezone.now()).exists()
    happens(sandbox, school, "access_approved")
    in_term.shift(TEN_MINUTES)
    access.poll()
    assert SyncSettings.objects.due(timezone.now()).get().school == school
    assert run_sync(school, SyncRun.Trigger.NIGHT).status == SyncRun.Status.APPLIED


@pytest.mark.long
@pytest.mark.parametrize("seed", range(40))
def test_whatever_was_polled_hinted_or_read_before_the_end_is_that_of_polling_alone(sandbox, school, in_term, seed):
    """With lists that fail, come empty, are cut or name a school they should not, and forged hints."""
    dice = random.Random(seed)
    stands = {
        "access_requested": {"asked"}, "access_declined": {"declined"}, "access_revoked": {"revoked"},
        "access_approved": {"open"}, "go_offline": {"offline"},
    }  # fmt: skip
    faults = ["server_error", "cut", "empty_list", "not_json", "forbidden", "listed_too", "missing"]
    steps = [access.poll, lambda: access.check(school), lambda: run_sync(school, SyncRun.Trigger.NIGHT)]
    event = "access_approved"
    for _ in range(dice.randint(3, 12)):
        if dice.random() < 0.4:
            event = dice.choice(list(stands))
            happens(sandbox, school, event)
        if dice.random() < 0.4:
            kind = dice.choice(faults)
            named = {"id": school.wonde_id} if kind == "listed_too" else {}
            sandbox.fault(kind, dice.choice(["schools", "schools/revoked", "schools/pending", "meta"]), **named)
        with suppress(SyncError):
            dice.choice(steps)()
        sandbox.clear_faults()
        in_term.shift(timedelta(minutes=dice.choice([1, 10, 70])))
        school.refresh_from_db()

    for _ in range(3):
        in_term.shift(timedelta(days=1, hours=1))
        access.poll()

    assert states()[school.pk] in stands[event]
    school.refresh_from_db()
    read = SyncRun.objects.complete().filter(school=school).exists()
    assert bool(school.revoked_at) >= (read and event == "access_revoked")
