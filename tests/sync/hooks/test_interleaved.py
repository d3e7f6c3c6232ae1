"""Whatever order webhooks come in, true, late, twice or forged: what we hold is what asking Wonde alone gives."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from students.models import Student
from sync.engine.runs import run_sync
from sync.models import StandingCheck
from sync.people import access
from sync.rules.access_states import State
from tests.sync.hooks.sending import SECRET, a_body, as_it_is, minutes_later, send
from tests.sync.tables import versions
from tests.sync.world import a_sandbox, happen, school_at

HINTS = {"sync_hook", "sync_standingcheck", "sync_announcedmove"}
FORGED = ("accessRevoked", "accessDeclined", "schoolApproved", "schoolMigration")
STEPS = st.lists(
    st.one_of(
        st.sampled_from(["revokes", "approves", "a minute passes", "reads", "polls"]),
        st.tuples(st.just("arrives"), st.integers(0, 5)),  # one of those Wonde has sent, in any order and again
        st.tuples(st.just("forged"), st.sampled_from(FORGED)),
    ),
    min_size=3,
    max_size=9,
)
QUICKLY = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}


@pytest.fixture
def place(settings, in_term, db):
    """A small school that has been read, and the clock."""
    settings.WONDE_HOOK_SECRETS = [SECRET]
    with a_sandbox(settings, students=10) as sandbox:
        school = school_at(sandbox)
        run_sync(school, "night")
        access.check(school)
        yield SimpleNamespace(sandbox=sandbox, school=school, clock=in_term)


def lived(place, steps):
    """Live through `steps` and undo them; after each, what we hold must be what the last asking found."""
    with transaction.atomic():
        try:
            _live_through(steps, place.sandbox, place.school, place.clock)
        finally:
            happen(place.sandbox, place.school, [{"event": "access_approved"}])
            transaction.set_rollback(True)


def _live_through(steps, sandbox, school, clock):
    shares, ended, everybody = True, False, Student.objects.current().filter(school=school).count()
    for step in [*steps, "reads"]:
        before = versions(*HINTS)
        match step:
            case "revokes" | "approves":
                shares = step == "approves"
                happen(sandbox, school, [{"event": "access_approved" if shares else "access_revoked"}])
            case "arrives", number:
                if sent := [each["body"] for each in sandbox.webhooks()]:
                    send(sent[number % len(sent)].encode())
            case "forged", kind:
                send(a_body(kind, school.wonde_id, migrate_to="Arbor"))
            case "a minute passes":
                clock.shift(timedelta(seconds=61))
                ended = ended or (not shares and StandingCheck.objects.exists())
                minutes_later()
            case "polls":
                clock.shift(timedelta(minutes=61))
                access.poll()
                ended = ended or not shares
            case "reads":
                run_sync(as_it_is(school), "night")
                ended = not shares
        if isinstance(step, tuple):
            assert versions(*HINTS) == before, step
        assert (as_it_is(school).revoked_at is not None) is ended, step
    assert Student.objects.current().filter(school=school).count() == (everybody if shares else 0)
    access.check(as_it_is(school))
    assert access.of(as_it_is(school)).state == (State.OPEN if shares else State.REVOKED)


@effort(max_examples=3, **QUICKLY)
@given(STEPS)
def test_every_order_of_webhooks_ends_as_asking_alone_would(place, steps):
    lived(place, steps)


@pytest.mark.long
@effort(max_examples=300, **QUICKLY)
@given(STEPS)
def test_every_order_of_webhooks_ends_as_asking_alone_would_often(place, steps):
    lived(place, steps)
