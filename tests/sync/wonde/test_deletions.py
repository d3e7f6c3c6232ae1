"""What Wonde says was deleted in the MIS: asked once, and only on a night on which somebody has vanished."""

import pytest

from sync.facts.shapes import Moment, RemoteDeletion
from sync.wording import listed
from tests.sync.imported import imported_school, many_leave, sync
from tests.sync.world import a_sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings):
    with a_sandbox(settings, students=120) as running:
        yield running


@pytest.fixture
def school(sandbox):
    return imported_school(sandbox)


def said(school):
    return listed.of(school).deletions("SIMS")


def asked(sandbox):
    """How many requests for deletions there were since this was asked last."""
    paths = [request["path"] for request in sandbox.requests()]
    sandbox.clear_requests()
    return sum(path.endswith("/deletions") for path in paths)


def test_who_was_deleted_is_named_so_by_one_request_and_not_asked_for_again(sandbox, school):
    many_leave(sandbox, school)

    assert said(school) == "Wonde lists all of these 40 as deleted in SIMS."
    assert asked(sandbox) == 1

    sync(school)  # they still wait

    assert asked(sandbox) == 0


@pytest.mark.parametrize(("restored", "lasts"), [(None, True), ("2026-10-01", True), ("2026-10-03", False)])
def test_what_was_restored_since_is_deleted_no_longer(restored, lasts):
    deletion = RemoteDeletion("A1", Moment("2026-10-02"), restored and Moment(restored))

    assert deletion.lasts == lasts


def test_a_row_that_cannot_be_read_leaves_open_whether_more_were_deleted(sandbox, school):
    sandbox.fault("wrong_types", "schools/*/deletions")

    many_leave(sandbox, school)

    assert said(school).startswith("Wonde lists at least")


@pytest.mark.parametrize("fault", ["forbidden", "missing", "not_json", "null", "other_spelling"])
def test_where_wonde_does_not_answer_nothing_is_known_and_nothing_else_happens(sandbox, school, fault):
    sandbox.fault(fault, "schools/*/deletions")

    run, _ = many_leave(sandbox, school)

    assert run.status == run.Status.APPLIED
    assert said(school) == "Wonde does not say whether they were deleted in SIMS."


def test_nobody_is_asked_about_where_nobody_has_vanished(sandbox, school):
    sandbox.day(school.wonde_id, [{"event": "join"}, {"event": "rename"}])
    asked(sandbox)

    sync(school)

    assert asked(sandbox) == 0
