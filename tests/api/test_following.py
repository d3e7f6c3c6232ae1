"""docs/api.md, run: a copy kept by the feed alone matches the database, whoever writes and whatever happens."""

import random

import pytest

from classes.own_list import handmade
from schools.models import School
from students.models import Student
from sync.engine.undo import undo
from sync.leaving import erasure
from sync.models import SyncRun
from tests.api.following import Copy, as_the_database_has_it, blocks
from tests.factories import (
    ApiTokenFactory,
    EnrolmentFactory,
    LeadRightFactory,
    SchoolFactory,
    SyncSettingsFactory,
    TeachingFactory,
    UserFactory,
    ago,
)
from tests.sync.living import living_school

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unthrottled(settings):
    settings.API_REQUESTS_PER_MINUTE = 100_000


def test_the_page_takes_ten_lines_from_a_token_to_a_copy(live_server):
    enrolment = EnrolmentFactory()
    TeachingFactory(school_class=enrolment.school_class)
    token = ApiTokenFactory(every_school=True)

    copy = Copy(live_server.url, token)

    assert len(blocks()[0].strip().splitlines()) == 10
    assert copy.rows == as_the_database_has_it(token)
    assert all(copy.rows.values())


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_a_copy_kept_by_the_feed_alone_matches_the_database_after_random_days(live_server, settings, unthrottled, seed):
    """Ordinary days with joiners, leavers, moves and renames and, in between, what people do: undo, erase, freeze."""
    chance = random.Random(seed)
    with living_school(settings, students=90, seed=seed, read=False) as living:
        token = ApiTokenFactory(schools=[living.school])
        copy = Copy(live_server.url, token)
        for day in range(12):
            if day:
                living.sandbox.day(living.school.wonde_id)
            run = living.read()
            assert run.status == SyncRun.Status.APPLIED, run.message
            if chance.random() < 0.7:
                HAPPENS[chance.choice(sorted(HAPPENS))](living, run)
            copy.follow()
            assert copy.rows == as_the_database_has_it(token), f"day {day}"
        assert len(copy.rows["students"]) > 50
        assert SyncRun.objects.count() >= 12


def undone(living, run):
    undo(run, UserFactory(), "a test", everything=True)


def erased(living, run):
    Student.objects.filter(school=living.school).exclude(left_at=None).update(left_at=ago(days=400))
    erasure.erase_due()


def frozen(living, run):
    living.school.frozen = {"employees": {"since": "2026-10-05T04:00:00+00:00", "erase_on": "2099-10-19"}}
    living.school.save()


def renamed(living, run):
    School.objects.filter(pk=living.school.pk).update(name="Another name")


def hidden(living, run):
    people = [{"event": "hide_people", "kind": "student", "count": 12}, {"event": "hide_people", "kind": "employee"}]
    living.day(*people)


def shown_again(living, run):
    living.day({"event": "show_people"})


HAPPENS = {
    "undone": undone, "erased": erased, "frozen": frozen, "renamed": renamed, "hidden": hidden, "shown": shown_again,
}  # fmt: skip


def test_what_is_made_and_erased_by_hand_is_in_the_feed(live_server, unthrottled):
    school = SchoolFactory()
    SyncSettingsFactory(school=school)
    token = ApiTokenFactory(schools=[school])
    copy = Copy(live_server.url, token)
    rows = [handmade.StudentLine(number, "Red", "5", "Ada", f"Moss{number}", "", "") for number in range(3)]

    handmade.store(rows, school, LeadRightFactory(school=school).user)
    copy.follow()
    made = {kind: len(rows) for kind, rows in copy.rows.items()}
    handmade.erase(school)
    copy.follow()

    assert made == {"schools": 1, "classes": 1, "students": 3, "employees": 0, "enrolments": 3, "teachings": 0}
    assert not copy.rows["students"]
    assert copy.rows == as_the_database_has_it(token)


def test_a_school_that_ends_our_access_and_comes_back_leaves_the_copy_and_returns(live_server, settings, unthrottled):
    with living_school(settings, students=30) as living:
        token = ApiTokenFactory(schools=[living.school])
        copy = Copy(live_server.url, token)
        before = {kind: dict(rows) for kind, rows in copy.rows.items()}
        living.sandbox.day(living.school.wonde_id, [{"event": "access_revoked"}])
        living.read()
        copy.follow()
        gone = {kind: dict(rows) for kind, rows in copy.rows.items()}
        living.sandbox.day(living.school.wonde_id, [{"event": "access_approved"}])
        living.read()
        copy.follow()

        assert not any(gone.values())
        assert copy.rows == as_the_database_has_it(token) == before
