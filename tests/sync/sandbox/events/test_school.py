"""What events do to classes, staff and the school itself, as a client sees it."""

import pytest

from sync.sandbox.testing import running_sandbox
from tests.sync.sandbox.wire.reading import maths_sets_of


def test_change_teacher_replaces_the_teachers_of_a_class(day, table):
    event = day({"event": "change_teacher"})[0]

    teachers = table("classes", include="employees")[event["class"]]["employees"]["data"]
    assert [row["id"] for row in teachers] == [event["employee"]]
    assert event["employee"] not in event["before"]


def test_teacher_joins_a_class_as_a_further_teacher(day, table):
    group = next(row for row in table("classes").values() if row["name"] == "7x/Ma1")

    employee = day({"event": "teacher_joins", "class": group["id"]})[0]["employee"]

    assert employee in {row["id"] for row in table("classes", include="employees")[group["id"]]["employees"]["data"]}


def test_a_teacher_who_is_no_longer_current_stays_in_the_list(day, table):
    employee = day({"event": "teacher_not_current"})[0]["employee"]

    details = table("employees", include="employment_details")[employee]["employment_details"]["data"]
    assert details["current"] is False
    assert details["employment_end_date"] is not None


def test_an_employees_address_changes(day, table):
    event = day({"event": "employee_email", "email": "t@new.example"})[0]

    details = table("employees", include="contact_details")[event["employee"]]["contact_details"]["data"]
    assert details["emails"]["work"] == "t@new.example"


def test_new_class_takes_its_students_from_the_sets_of_a_year(day, table):
    event = day({"event": "new_class", "year": "8", "size": 6})[0]

    group = table("classes", include="students,subject")[event["class"]]
    assert len(group["students"]["data"]) == event["students"] == 6
    assert group["subject"]["data"]["code"] == "Ma"
    for student in group["students"]["data"]:
        assert event["class"] in maths_sets_of(table, student["id"])


def test_rename_class_keeps_the_id(day, table):
    event = day({"event": "rename_class", "name": "New name"})[0]

    assert table("classes")[event["class"]]["name"] == "New name"


def test_end_class_leaves_a_deletion_for_the_class_and_none_for_its_lessons(day, table):
    before = table("lessons")

    event = day({"event": "end_class"})[0]

    deletions = table("deletions")
    assert {row: deletion["type"] for row, deletion in deletions.items()} == {event["class"]: "class"}
    assert event["class"] not in table("classes")
    gone = before.keys() - table("lessons").keys()
    assert gone
    assert not gone & deletions.keys()


def test_permissions_are_withdrawn_and_granted_with_those_below_them(sandbox, school, day):
    def approved():
        permissions = sandbox.get(f"meta/{school}/permissions")["data"]
        return {row["identity"] for row in permissions if row["approved"]}

    before = approved()
    day({"event": "withdraw_permission", "scope": "contacts.read"})
    assert not any(identity.startswith("contacts") for identity in approved())

    day({"event": "grant_permission", "scope": "contacts.read", "alone": True})
    assert {identity for identity in approved() if identity.startswith("contacts")} == {"contacts.read"}

    day({"event": "grant_permission", "scope": "contacts.read"})
    assert approved() == before


def test_the_list_of_permissions_may_say_something_else_than_what_is_so(sandbox, school, day, table, ask):
    def listed():
        return {row.pop("identity"): row for row in sandbox.get(f"meta/{school}/permissions")["data"]}

    upn = "students.upn.read"
    as_it_is = listed()
    day({"event": "permission_list", "scope": upn, "approved": None, "optional": False, "name": "UPN"})
    assert listed()[upn] == as_it_is[upn] | {"approved": None, "optional": False, "name": "UPN"}
    students = table("students", include="education_details").values()
    assert any(row["education_details"]["data"]["upn"] for row in students)
    day({"event": "permission_list", "scope": upn, "identity": "upn"})
    assert listed().keys() ^ as_it_is.keys() == {upn, "upn"}

    day({"event": "permission_list", "form": "declined"})
    assert {"declined" in row and "audited" not in row for row in listed().values()} == {True}
    day({"event": "permission_list", "form": "respelt"})
    assert "students:read" in listed()
    day({"event": "permission_list", "form": "none"})
    assert ask(f"/v1.0/meta/{school}/permissions")[0] == 404

    day({"event": "permission_list"})
    assert listed() == as_it_is


@pytest.mark.parametrize("kind", ["student", "employee", "contact"])
def test_people_are_hidden_without_a_deletion_and_shown_again(day, table, kind):
    hidden = day({"event": "hide_people", "kind": kind})[0][kind]
    assert hidden not in table(f"{kind}s")
    assert table("deletions") == {}

    day({"event": "show_people", "id": hidden})
    assert hidden in table(f"{kind}s")


def test_whom_the_school_hides_counts_or_not(sandbox, school, day):
    def counted():
        return sandbox.get(f"{school}/counts", include="students")["data"]["students"]["data"]["count"]

    before = counted()
    day({"event": "hide_people", "count": 3})
    assert counted() == before
    day({"event": "count_hidden", "counted": False})
    assert counted() == before - 3


def test_a_deletion_names_who_is_hidden_where_that_is_asked_for_and_says_when_they_are_back(day, table):
    hidden = day({"event": "hide_people", "named": True})[0]["student"]
    assert table("deletions")[hidden]["restored_at"] is None

    day({"event": "show_people", "id": hidden})
    assert table("deletions")[hidden]["restored_at"]


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("access_requested", "pending"),
        ("access_approved", "audited"),
        ("access_declined", "declined"),
        ("access_revoked", "revoked"),
        ("go_offline", "offline"),
    ],
)
def test_an_access_event_moves_the_school_to_another_list(sandbox, day, event, name):
    school = sandbox.school_ids[0]

    day({"event": event})

    assert school in {row["id"] for row in sandbox.every(f"schools/{name}")}


def test_bulk_updated_at_touches_every_row_and_changes_none(day, table):
    def rows(path):
        return {key: {k: v for k, v in row.items() if k != "updated_at"} for key, row in table(path).items()}

    before = {path: rows(path) for path in ("students", "contacts", "employees", "classes")}
    day({"event": "bulk_updated_at"})

    assert {path: rows(path) for path in before} == before
    assert len({row["updated_at"]["date"] for path in before for row in table(path).values()}) == 1


def test_rollover_moves_everyone_up_and_replaces_every_class(day, table):
    before, classes = table("students", include="education_details"), table("classes")

    event = day({"event": "rollover"})[0]

    after = table("students", include="education_details,classes")
    years = {key: row["education_details"]["data"]["current_nc_year"] for key, row in before.items()}
    assert event["academic_year"] == "2027/2028"
    assert not classes.keys() & table("classes").keys()
    assert {row["academic_year"] for row in table("classes").values() if row["academic_year"]} <= {
        "2027/2028",
        "2026/2027",
    }
    stayed = before.keys() & after.keys()
    assert {key for key in before.keys() - stayed if years[key]} == {key for key, year in years.items() if year == "11"}
    moved = {key: after[key]["education_details"]["data"]["current_nc_year"] for key in stayed if years[key]}
    assert all(int(year) == int(years[key]) + 1 for key, year in moved.items())
    assert len(after) == len(before)
    assert all(row["classes"]["data"] for row in after.values())


def test_rollover_moves_the_clock_to_the_first_day_of_the_academic_year():
    for country, first_day in (("england", "2027-09-01"), ("scotland", "2027-08-17"), ("australia", "2027-01-28")):
        with running_sandbox(country=country) as sandbox:
            assert sandbox.day(sandbox.school_ids[0], [{"event": "rollover"}])["date"] == first_day


def test_announce_mis_says_when_and_changes_nothing(sandbox, school, day, table):
    before = (sandbox.get(school), table("students"))

    (event,) = day({"event": "announce_mis", "mis": "arbor"})

    assert (event["mis"], event["scheduled_at"]) == ("Arbor", "2026-10-13 05:00:00")
    assert (sandbox.get(school), table("students")) == before


def test_change_mis_renews_every_id_except_those_of_most_students(sandbox, school, day, table):
    paths = ("students", "contacts", "employees", "classes", "groups", "subjects")
    before = {path: table(path) for path in paths}
    upns = {
        key: row["education_details"]["data"]["upn"]
        for key, row in table("students", include="education_details").items()
    }

    event = day({"event": "change_mis", "mis": "arbor", "keep_students": 0.75})[0]

    after = {path: table(path) for path in paths}
    for path in paths[1:]:
        assert len(after[path]) == len(before[path])
        assert not before[path].keys() & after[path].keys()
    kept = before["students"].keys() & after["students"].keys()
    assert len(kept) == event["students_kept"] == 90
    assert not {row["mis_id"] for row in before["students"].values()} & {
        row["mis_id"] for row in after["students"].values()
    }
    assert all(before["students"][key]["upi"] != after["students"][key]["upi"] for key in kept)
    now = table("students", include="education_details,classes,contacts")
    assert sorted(map(str, upns.values())) == sorted(
        str(row["education_details"]["data"]["upn"]) for row in now.values()
    )
    assert all(row["classes"]["data"] and row["contacts"]["data"] for row in now.values())
    assert sandbox.get(school)["data"]["mis"] == "Arbor"
    assert len([row for row in table("deletions").values() if row["type"] == "student"]) == 30
