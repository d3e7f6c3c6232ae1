"""What Wonde says was deleted in the MIS, asked once and only of what a person has to decide about."""

import pytest

from sync.engine import deletions
from sync.facts.shapes import Moment, RemoteDeletion
from sync.wording import listed
from tests.sync.imported import imported_school, many_leave
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


def test_who_was_deleted_is_named_so_by_one_request(sandbox, school):
    run, _ = many_leave(sandbox, school)
    assert said(school) == "Wonde does not say whether they were deleted in SIMS."
    before = len(sandbox.requests())

    deletions.note(run)

    (asked,) = sandbox.requests()[before:]
    assert asked["path"].endswith("/deletions")
    assert said(school) == "Wonde lists all of these 40 as deleted in SIMS."


@pytest.mark.parametrize(("restored", "lasts"), [(None, True), ("2026-10-01", True), ("2026-10-03", False)])
def test_what_was_restored_since_is_deleted_no_longer(restored, lasts):
    deletion = RemoteDeletion("A1", Moment("2026-10-02"), restored and Moment(restored))

    assert deletion.lasts == lasts


def test_a_row_that_cannot_be_read_leaves_open_whether_more_were_deleted(sandbox, school):
    run, _ = many_leave(sandbox, school)
    sandbox.fault("wrong_types", "schools/*/deletions")

    deletions.note(run)

    assert said(school).startswith("Wonde lists at least")


@pytest.mark.parametrize("fault", ["forbidden", "not_json"])
def test_where_wonde_does_not_answer_nothing_is_known_and_nothing_else_happens(sandbox, school, fault):
    run, _ = many_leave(sandbox, school)
    sandbox.fault(fault, "schools/*/deletions")

    deletions.note(run)

    assert said(school) == "Wonde does not say whether they were deleted in SIMS."


def test_nothing_is_asked_where_nothing_new_waits(sandbox, school):
    run, _ = many_leave(sandbox, school, count=2)
    before = len(sandbox.requests())

    deletions.note(run)

    assert len(sandbox.requests()) == before
