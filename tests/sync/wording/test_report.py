"""A preview in words and as data: by name, with reasons, and no identifier that pages may not show."""

import json

from sync.engine.runs import Preview
from sync.wording.report import as_data, as_table
from tests.sync.build import ENGLISH, a_class, a_student, after, an_employee, decided, ids, read
from tests.tools.identifiers import upn_of

BEFORE = read(a_class("C001", ids("S", 12), ["E001"]), a_class("C002", ids("S", 12, 13), ["E002"]))
TONIGHT = read(
    a_class("C001", [*ids("S", 12)[1:], "S050", "S051"], ["E001"]),
    a_class("C002", ids("S", 12, 13), ["E003"]),
    a_class("C003", ["S001"], subject=ENGLISH),
    students=[
        a_student("S002", forename="Renamed"),
        a_student("S003", upn=upn_of("new")),
        a_student("S004", leaves=-1),
        a_student("S051", upn=upn_of("S002")),
    ],
    employees=[an_employee("E002", current=False)],
    unreadable=["S005"],
)


def told(before=BEFORE, tonight=TONIGHT):
    ours = after(before)
    return as_data(Preview(decided(tonight, ours), ours, tonight))


def lines(data, kind, verb):
    return {row["wonde_id"]: row for row in data["kinds"][kind]["rows"] if row["verb"] == verb}


def test_each_verb_lists_its_rows_by_name():
    data = told()

    assert set(lines(data, "students", "create")) == {"S050"}
    assert set(lines(data, "students", "remove")) == {"S001", "S004"}
    assert lines(data, "students", "remove")["S001"]["name"] == "Okoro S001, Ann S001"
    assert set(lines(data, "classes", "create")) == {"C003"}


def test_an_update_shows_before_and_after_of_what_pages_may_show():
    updated = lines(told(), "students", "update")

    assert updated["S002"]["values"] == {"forename": ["Ann S002", "Renamed"]}
    assert "values" not in updated["S003"]


def test_no_upn_and_no_upi_is_in_a_preview():
    assert "UPN" not in json.dumps(told()["kinds"]["students"]["rows"])
    assert "UPI" not in json.dumps(told())


def test_a_removal_says_why():
    gone = lines(told(), "students", "remove")

    assert "has left" in gone["S004"]["why"]
    assert gone["S001"]["why"] != gone["S004"]["why"]


def test_the_numbers_are_those_of_the_ledger_and_add_up():
    for kind in told()["kinds"].values():
        assert kind["read"] == kind["imported"] + sum(kind["withheld"].values()) + kind["unreadable"]


def test_what_is_held_is_listed_as_held_and_not_as_gone():
    data = told(BEFORE, read(a_class("C001", ids("S", 4), ["E001"]), a_class("C002", ids("S", 12, 13), ["E002"])))

    assert set(lines(data, "students", "held")) == set(ids("S", 8, 5))
    assert lines(data, "students", "remove") == {}
    assert data["waiting"]


def test_the_table_says_everything_in_words_and_cuts_long_lists():
    table = as_table(told(read(), BEFORE), names=3)

    assert "24 read, 24 imported" in table
    assert table.count("  new: ") == 3 + 1 + 2 + 2  # three names and "and 21 more", staff, classes
    assert "and 21 more" in table


def test_the_table_says_what_waits_and_what_could_not_be_read():
    table = as_table(told())

    assert "1 could not be read" in table
    assert "Waits for a person" in table
    assert "a UPN that somebody else has" in table
    assert "Ann S002 → Renamed" in table


def test_a_night_without_news_is_data_like_any_other():
    assert json.loads(json.dumps(told(BEFORE, BEFORE)))["waiting"] == []
    assert "removed" in as_table(told(BEFORE, BEFORE))
