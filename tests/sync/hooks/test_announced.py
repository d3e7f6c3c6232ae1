"""A change of MIS that a webhook announces: it makes the next sync careful, says something to leads, and goes."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import School
from students.models import Student
from sync import tasks
from sync.engine.runs import preview
from sync.hooks.hints import Move
from sync.models import AnnouncedMove, Hook
from sync.people import held
from sync.sandbox import choices
from tests.factories import LeadRightFactory, SupportFactory, SyncSettingsFactory
from tests.sync.hooks.sending import SECRET, as_it_is, told
from tests.sync.world import happen, synced
from tests.tools.pages import words
from tests.tools.people import signed_in


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.WONDE_HOOK_SECRETS = [SECRET]


def announce(school, scheduled=None, completed=None, to="Arbor"):
    """scheduled, completed: days from now; None for not given."""
    told(
        "schoolMigration",
        school,
        migrate_from="SIMS",
        migrate_to=to,
        **{name: _text(days) for name, days in (("scheduled_at", scheduled), ("completed_at", completed))},
    )


def _text(days):
    return None if days is None else (timezone.now() + timedelta(days=days)).strftime(choices.WEBHOOK_MOMENT)


def waits_tonight(sandbox, school, *events):
    """Whether the whole of the night waits for who is who."""
    happen(sandbox, school, list(events))
    synced(school)
    return "change_of_mis" in as_it_is(school).sync_settings.to_confirm


def one_for_another(school):
    """A student of ours leaves, and somebody else comes."""
    leaver = Student.objects.current().filter(school=school).first()
    return {"event": "leave", "student": leaver.wonde_id}, {"event": "join"}


def here(school):
    return set(Student.objects.current().filter(school=school).values_list("pk", flat=True))


def test_one_gone_and_one_come_is_enough_until_somebody_has_said_who_is_who(sandbox, school, in_term):
    synced(school)
    lead = signed_in(LeadRightFactory(school=school).user)
    overview, ahead = (reverse(name, args=[school.code]) for name in ("sync:school", "sync:changing_mis"))
    assert "Wonde has told us" not in words(lead.get(overview))

    announce(school, scheduled=0.5)
    for page in (overview, ahead):
        said = words(lead.get(page))
        assert "moves from SIMS to Arbor, today" in said
        assert "every student has a UPN in SIMS, and that the permission for students’ UPNs is granted" in said
        assert "on 4 November at the latest" in said

    before = here(school)
    assert waits_tonight(sandbox, school, *one_for_another(school))
    assert here(school) == before
    assert "Wonde has told us" not in words(lead.get(overview))  # what waits says more
    assert AnnouncedMove.objects.exists()

    pairs = preview(School.objects.get(pk=school.pk)).decision.proposal.pairs
    held.confirm_change_of_mis(school, SupportFactory(), "checked with the office", pairs, [])
    synced(school)
    assert not AnnouncedMove.objects.exists()


@pytest.mark.parametrize(
    ("scheduled", "completed", "now", "near"),
    [
        (10, None, 8.9, False), (10, None, 9, True), (10, None, 39, True), (10, None, 41, False),
        (None, None, 0, True), (None, None, 31, False), (10, 2, 3, True), (900, None, 100, False),
        (900, None, 211, False),
    ],
)  # fmt: skip
def test_it_is_looked_for_from_the_day_before_and_for_thirty_days(scheduled, completed, now, near, db):
    """In days from when Wonde told of it."""
    began = timezone.now()
    moments = [None if days is None else began + timedelta(days=days) for days in (scheduled, completed)]
    school = SyncSettingsFactory().school
    AnnouncedMove.objects.announce(school, Move("SIMS", "Arbor", *moments), began)

    assert AnnouncedMove.objects.get().is_near(began + timedelta(days=now)) is near


def test_a_forged_one_at_most_has_a_night_wait_and_goes_by_itself(sandbox, school, in_term):
    synced(school)

    announce(school, scheduled=20_000, completed=-1)
    assert not waits_tonight(sandbox, school, {"event": "rename"})
    assert not AnnouncedMove.objects.exists()  # done, Wonde says, and the sync has met no other MIS

    announce(school)
    assert "Wonde does not say when" in words(
        signed_in(LeadRightFactory(school=school).user).get(reverse("sync:school", args=[school.code]))
    )
    in_term.shift(timedelta(days=31))
    tasks.RECURRING["forget what was announced"][1]()
    assert not AnnouncedMove.objects.exists()

    announce(school, to=as_it_is(school).mis.lower())
    assert Hook.objects.latest("pk").outcome == Hook.Outcome.HAS_THAT_MIS
    assert not AnnouncedMove.objects.exists()


@pytest.mark.django_db
def test_the_parts_of_one_change_may_come_in_any_order_and_another_change_takes_its_place(school, in_term):
    day = {"scheduled": {"scheduled": 3}, "done": {"scheduled": 3, "completed": 4}, "again": {"scheduled": 3}}
    seen = set()
    for order in permutations(day):
        for name in order:
            announce(school, **day[name])
        move = AnnouncedMove.objects.get()
        seen.add((move.scheduled_at.day, move.completed_at.day, move.is_near(timezone.now())))
        move.delete()

    assert seen == {(8, 9, True)}
    announce(school, scheduled=3, completed=4)
    told("schoolMigration", school, migrate_to="Bromcom", scheduled_at="soon", completed_at={"date": "x"})
    move = AnnouncedMove.objects.get()
    assert (move.mis_from, move.mis_to, move.scheduled_at, move.completed_at) == ("", "Bromcom", None, None)
