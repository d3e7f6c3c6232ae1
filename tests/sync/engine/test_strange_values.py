"""Values that no school means: none costs a school its night."""

import msgspec
import pytest

from students.models import Student
from sync.models import SyncRun
from sync.sandbox.world import profiles
from tests.sync.world import synced, world_of

APPLIED = SyncRun.Status.APPLIED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("forename", "Asha\x00"),
        ("surname", "x" * 5000),
        ("forename", "ﷺ" * 200),
        ("upn", "not known at the moment, ask the office"),
        ("upi", "u" * 500),
        ("forename", "\u202eRight to left"),
        ("surname", "'; DROP TABLE students_student; --"),
        ("forename", None),
    ],
    ids=["nul", "long", "expanding", "upn", "upi", "bidi", "quote", "null"],
)
def test_one_strange_value_does_not_cost_the_school_its_night(sandbox, school, field, value):
    remote = next(iter(world_of(sandbox).students.values()))
    setattr(remote, field, value)

    run = synced(school)

    assert run.status == APPLIED
    assert Student.objects.current().filter(school=school).count() == 60
    assert synced(school).status == APPLIED


@pytest.mark.parametrize(
    ("table", "field"), [("classes", "name"), ("subjects", "name"), ("employees", "surname"), ("employees", "title")]
)
@pytest.mark.parametrize("value", ["1a" * 400, "Ma\x00ths"], ids=["long", "nul"])
def test_one_strange_name_of_a_class_or_of_staff_does_not_cost_the_school_its_night(
    sandbox, school, table, field, value
):
    for remote in getattr(world_of(sandbox), table).values():
        setattr(remote, field, value)

    assert synced(school).status == APPLIED


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "x" * 200, "", None])
def test_a_time_zone_nobody_knows_leaves_the_school_its_own(sandbox, school, timezone, monkeypatch):
    english = profiles.COUNTRIES["england"]
    monkeypatch.setitem(profiles.COUNTRIES, "england", english._replace(timezone=timezone))

    assert synced(school).status == APPLIED
    school.refresh_from_db()
    assert school.timezone == "Europe/London"
    assert synced(school).status == APPLIED


def test_an_endless_school_name_is_cut(sandbox, school):
    entry = sandbox.sandbox.registry.entries[school.wonde_id]
    entry.profile = msgspec.structs.replace(entry.profile, name="St Aldhelm " * 100)

    assert synced(school).status == APPLIED
