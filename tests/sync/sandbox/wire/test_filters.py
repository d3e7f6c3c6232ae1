"""Query parameters that choose rows."""

import json

import pytest

PAGINATION = {"next", "previous", "more", "per_page", "current_page"}


def body_of(answer):
    return json.loads(answer[2])


def test_unknown_parameters_are_ignored(sandbox, school):
    assert sandbox.get(f"{school}/students", updated_aftr="2020-01-01", has_class="1")["data"]


@pytest.mark.parametrize(
    "text", ["2026-10-06 00:00:00", "2026-10-06T00:00:00Z", "2026-10-06T00:00:00.000Z", "2026-10-06"]
)
def test_updated_after_gives_whole_rows_changed_since_in_any_spelling_of_the_moment(sandbox, school, text):
    happened = sandbox.day(sandbox.school_ids[0], [{"event": "rename", "count": 2}])["events"]

    rows = sandbox.every(f"{school}/students", updated_after=text)

    assert {row["id"] for row in rows} == {event["student"] for event in happened}
    assert len(rows[0]) == 16


def test_updated_before_and_updated_after_divide_the_rows(sandbox, school):
    bound = "2026-09-10"
    after = sandbox.every(f"{school}/students", updated_after=bound)
    before = sandbox.every(f"{school}/students", updated_before=bound)

    assert after
    assert before
    assert len(after) + len(before) == 120


def ids(rows):
    return {row["id"] for row in rows}


@pytest.mark.parametrize(("value", "wanted"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_has_class_divides_employees(sandbox, school, value, wanted):
    rows = sandbox.every(f"{school}/employees", include="classes", has_class=value)

    assert rows
    assert all(bool(row["classes"]["data"]) == wanted for row in rows)


@pytest.mark.parametrize(
    ("path", "parameters", "keeps"),
    [
        ("classes", {"has_students": "false"}, lambda row: not row["students"]["data"]),
        ("classes", {"has_students": "true"}, lambda row: row["students"]["data"]),
        ("classes", {"class_name": "7x/Ma1"}, lambda row: row["name"] == "7x/Ma1"),
        ("groups", {"type": "REGISTRATION"}, lambda row: row["type"] == "REGISTRATION"),
        ("groups", {"type": "YEAR,HOUSE"}, lambda row: row["type"] in ("YEAR", "HOUSE")),
        ("groups", {"has_employees": "0"}, lambda row: not row["employees"]["data"]),
        ("groups", {"has_students": "0"}, lambda row: not row["students"]["data"]),
    ],
)
def test_a_filter_keeps_exactly_the_rows_it_names(sandbox, school, path, parameters, keeps):
    everything = sandbox.every(f"{school}/{path}", include="students,employees")

    chosen = sandbox.every(f"{school}/{path}", **parameters)

    assert chosen
    assert ids(chosen) == ids(row for row in everything if keeps(row))


def test_class_subject_keeps_the_classes_of_that_subject(sandbox, school):
    maths = sandbox.get(f"{school}/subjects", subject_name="Mathematics")["data"]
    same = sandbox.get(f"{school}/subjects", subject_code="Ma")["data"]

    rows = sandbox.every(f"{school}/classes", class_subject=maths[0]["id"])

    assert maths == same
    assert {row["subject"] for row in rows} == {maths[0]["id"]}


def test_has_lessons_keeps_classes_on_the_timetable(sandbox, school):
    rows = sandbox.every(f"{school}/classes", has_lessons="false")

    assert "Chess Club" in {row["name"] for row in rows}


def test_students_can_be_asked_for_by_mis_id_and_by_upn(sandbox, school):
    rows = sandbox.get(f"{school}/students", include="education_details")["data"]
    known = [row for row in rows if row["education_details"]["data"]["upn"]][:2]

    by_mis_id = sandbox.every(f"{school}/students", only_mis_ids=",".join(row["mis_id"] for row in known))
    upns = ",".join(row["education_details"]["data"]["upn"] for row in known)
    by_upn = sandbox.every(f"{school}/students", only_upns=upns)

    assert ids(by_mis_id) == ids(by_upn) == ids(known)


def test_employment_start_divides_employees(sandbox, school):
    after = sandbox.every(f"{school}/employees", employment_start_after="2018-01-01")
    before = sandbox.every(f"{school}/employees", employment_start_before="2018-01-01")

    assert after
    assert before
    assert not ids(after) & ids(before)


def test_lessons_can_be_asked_for_by_time(sandbox, school):
    rows = sandbox.every(
        f"{school}/lessons", lessons_start_after="2026-11-02 00:00:00", lessons_start_before="2026-11-03", per_page=200
    )

    assert rows
    assert {row["start_at"]["date"][:10] for row in rows} == {"2026-11-02"}


def test_lessons_under_a_class_lie_within_a_week(sandbox, school):
    rows = sandbox.get(f"{school}/classes", include="lessons")["data"]

    days = {lesson["start_at"]["date"][:10] for row in rows for lesson in row["lessons"]["data"]}
    assert days <= {f"2026-10-0{day}" for day in range(5, 10)}


def test_deletions_can_be_asked_for_by_type_and_time(sandbox, school):
    sandbox.day(sandbox.school_ids[0], [{"event": "leave", "count": 4}, {"event": "end_class"}])

    assert {row["type"] for row in sandbox.get(f"{school}/deletions", type="class")["data"]} == {"class"}
    assert len(sandbox.get(f"{school}/deletions", type="student")["data"]) == 4
    assert sandbox.get(f"{school}/deletions", updated_after="2026-10-07")["data"] == []


def test_counts_count_what_is_asked_for(sandbox, school):
    counts = sandbox.get(f"{school}/counts", include="students,contacts,employees,classes")["data"]

    lists = {name: len(sandbox.every(f"{school}/{name}")) for name in counts}
    assert {name: count["data"]["count"] for name, count in counts.items()} == lists
