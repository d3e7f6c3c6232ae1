"""School days in general: ordinary ones, the clock, refusals, order."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sync.sandbox.events import days
from sync.sandbox.testing import running_sandbox
from tests.sync.sandbox.wire.reading import maths_of, members


def test_every_event_has_a_test_of_what_it_does():
    tested = [Path(__file__).with_name(f"test_{subject}.py") for subject in ("dirt", "people", "school")]
    source = "".join(file.read_text(encoding="utf-8") for file in tested)

    assert [name for name in days.EVENTS if f'"{name}"' not in source] == []


@pytest.mark.parametrize("options", [{}, {"phase": "primary", "mis": "arbor"}, {"phase": "independent", "mis": "wcbs"}])
def test_every_ordinary_day_changes_a_maths_class_or_a_registration_group(options):
    with running_sandbox(students=150, **options) as sandbox:
        school = sandbox.school_ids[0]
        path, asked = "classes", {"include": "students", "class_subject": maths_of(sandbox, school)}
        if options.get("phase") == "primary":
            path, asked = "groups", {"include": "students", "type": "REGISTRATION"}
        for _ in range(12):
            before = members({row["id"]: row for row in sandbox.every(f"schools/{school}/{path}", **asked)})
            report = sandbox.day(school)
            after = members({row["id"]: row for row in sandbox.every(f"schools/{school}/{path}", **asked)})

            assert report["events"]
            assert before != after


def test_a_day_moves_the_schools_clock_by_one_day_unless_told_otherwise(sandbox):
    school = sandbox.school_ids[0]

    assert sandbox.day(school)["date"] == "2026-10-06"
    assert sandbox.day(school, [], new_day=False)["date"] == "2026-10-06"
    assert sandbox.day(school, [])["date"] == "2026-10-07"


def newest(sandbox, school):
    """The latest change of a student."""
    return max(row["updated_at"]["date"] for row in sandbox.every(f"schools/{school}/students"))


def test_a_day_that_names_its_moment_happens_then_but_never_before_an_earlier_day(sandbox):
    school, join = sandbox.school_ids[0], {"events": [{"event": "join"}]}

    sandbox.control("POST", f"schools/{school}/day", join | {"at": "2026-10-07T15:30:00+01:00"})
    assert newest(sandbox, school)[:19] == "2026-10-07 14:30:00"

    sandbox.control("POST", f"schools/{school}/day", join | {"at": "2026-10-06T14:30:00Z"})
    assert newest(sandbox, school)[:19] == "2026-10-07 14:30:00"


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([{"event": "nonsense"}], "There is no event 'nonsense'"),
        (["leave"], "There is no event 'leave'"),
        ({"event": "leave"}, "must be a list"),
        ([{"event": "leave", "count": 0}], "'count' cannot be 0"),
        ([{"event": "leave", "count": "3"}], "'count' cannot be '3'"),
        ([{"event": "leave", "count": True}], "'count' cannot be True"),
        ([{"event": "leave", "count": 5000}], "has only 120"),
        ([{"event": "leave", "who": "A1"}], "takes no 'who'"),
        ([{"event": "leave", "student": "A1"}], "no student with id 'A1'"),
        ([{"event": "leave", "students": [["A1"]]}], "no student with id"),
        ([{"event": "join", "year": "99"}], "no year '99'"),
        ([{"event": "reset_class", "share": 1.5}], "'share' cannot be 1.5"),
        ([{"event": "grant_permission"}], "needs 'scope'"),
        ([{"event": "grant_permission", "scope": "x"}], "no scope 'x'"),
        ([{"event": "change_mis", "mis": "paper"}], "'mis' is one of"),
        ([{"event": "change_mis", "mis": "sims"}], "has SIMS already"),
        ([{"event": "leaving_date", "date": "soon"}], "'soon' is not a date"),
        ([{"event": "court_order", "student": "A1", "contact": "A2"}], "no student with id 'A1'"),
        ([{"event": "show_people", "id": "A1"}], "Nobody with id 'A1' is hidden"),
        ([{"event": "leave", "count": 5}, {"event": "nonsense"}], "There is no event 'nonsense'"),
        ([{"event": "leave", "count": 5}, {"event": "leave", "student": "A1"}], "no student with id 'A1'"),
    ],
)
def test_an_event_that_cannot_happen_is_refused_in_a_sentence_and_nothing_changes(sandbox, school, events, sentence):
    before = sandbox.every(f"{school}/students")

    with pytest.raises(AssertionError, match="400") as problem:
        sandbox.day(sandbox.school_ids[0], events)

    assert sentence in str(problem.value)
    assert sandbox.every(f"{school}/students", another="page") == before  # not the page kept from before
    assert sandbox.control("GET", f"schools/{sandbox.school_ids[0]}")["days"] == 0


def test_days_asked_for_at_once_pass_one_after_the_other(sandbox, school):
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(lambda _: sandbox.day(sandbox.school_ids[0], [{"event": "leave"}]), range(16)))

    assert len({report["date"] for report in reports}) == 16
    assert len({report["events"][0]["student"] for report in reports}) == 16
    assert len(sandbox.every(f"{school}/students")) == 104


def test_events_describe_themselves(sandbox):
    described = {event["event"]: event for event in sandbox.control("GET", "events")}

    assert set(described) == set(days.EVENTS)
    assert described["leave"]["parameters"]["count"]
    assert all(event["help"].endswith(".") for event in described.values())


@pytest.mark.parametrize("phase", ["primary", "independent", "secondary"])
@pytest.mark.parametrize(
    "event", sorted(set(days.EVENTS) - {"new_class", "show_people", "return_same_id", "return_new_id"})
)
def test_every_event_can_happen_in_every_kind_of_school(phase, event):
    needs = days.EVENTS[event].needs
    with running_sandbox(students=300, phase=phase, mis="arbor") as sandbox:
        given = {"scope": "contacts.read", "counted": False}
        asked = {"event": event} | {name: given[name] for name in needs}

        assert sandbox.day(sandbox.school_ids[0], [asked])["events"]
