"""The wire, object kind by object kind, against the tables in tables.py."""

import re

import pytest

from sync.sandbox.testing import running_sandbox
from tests.sync.sandbox.wire import tables

TYPES = {"string": str, "integer": int, "boolean": bool, "list": list, "null": type(None)}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
WONDE_ID = re.compile(r"[A-Z]{1,2}\d{7,10}")


# Path below a school -> table of its rows.
LISTS = {
    "students": tables.STUDENT,
    "students-leaver": tables.STUDENT,
    "students-pre-admission": tables.STUDENT,
    "contacts": tables.CONTACT,
    "employees": tables.EMPLOYEE,
    "classes": tables.CLASS,
    "groups": tables.GROUP,
    "subjects": tables.SUBJECT,
    "lessons": tables.LESSON,
    "periods": tables.PERIOD,
    "rooms": tables.ROOM,
    "deletions": tables.DELETION,
    "attendance-summaries": tables.ATTENDANCE_SUMMARY,
    "attendance-codes": tables.ATTENDANCE_CODE,
    "doctors": tables.DOCTOR,
}
NESTED = {
    "students": {
        "education_details": tables.EDUCATION_DETAILS,
        "contact_details": tables.CONTACT_DETAILS,
        "year": tables.GROUP,
        "registration": tables.GROUP,
        "groups": tables.GROUP,
        "siblings": tables.STUDENT,
        "attendance_summary": tables.ATTENDANCE_SUMMARY,
    },
    "contacts": {"contact_details": tables.CONTACT_DETAILS},
    "employees": {
        "employment_details": tables.EMPLOYMENT_DETAILS,
        "contact_details": tables.CONTACT_DETAILS,
        "groups": tables.GROUP,
    },
    "classes": {"subject": tables.SUBJECT, "students": tables.STUDENT, "lessons": tables.LESSON},
    "groups": {"students": tables.STUDENT, "employees": tables.EMPLOYEE},
    "subjects": {"classes": tables.CLASS},
    "lessons": {"class": tables.CLASS, "employee": tables.EMPLOYEE, "period": tables.PERIOD, "room": tables.ROOM},
}


def parsed(table):
    """{key path: (type, nullable)} in the table's order."""
    lines = (line.split() for line in table.split("\n") if line)
    return {path: (kind.rstrip("?"), kind.endswith("?")) for path, kind in lines}


def flattened(row, table, prefix=""):
    """Every key path of a row, as deep as the table goes, with its value."""
    found = {}
    for name, value in row.items():
        path = prefix + name
        if isinstance(value, dict) and any(known.startswith(f"{path}.") for known in table):
            found |= flattened(value, table, f"{path}.")
        else:
            found[path] = value
    return found


def faults_of(row, text):
    """What differs between a row and its table, as sentences; empty if nothing does."""
    table = parsed(text)
    flat = flattened(row, table)
    if set(flat) != set(table):
        return [f"keys differ: {sorted(set(flat) ^ set(table))}"]
    return [f"{path}: {value!r}" for path, value in flat.items() if not _keeps(value, *table[path])]


def _keeps(value, kind, nullable):
    if value is None:
        return nullable
    if kind in ("moment", "day"):
        zone = "UTC" if kind == "moment" else "Europe/London"
        expected = {"date": value.get("date"), "timezone_type": 3, "timezone": zone}
        midnight = kind == "moment" or value["date"].endswith(" 00:00:00.000000")
        return value == expected and MOMENT.fullmatch(value["date"]) is not None and midnight
    if kind == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[kind])


@pytest.fixture(scope="module")
def sandbox():
    with running_sandbox(students=300) as running:
        running.day(running.school_ids[0], [{"event": "leave", "count": 3}, {"event": "return_same_id"}])
        yield running


@pytest.fixture(scope="module")
def school(sandbox):
    return f"schools/{sandbox.school_ids[0]}"


@pytest.mark.parametrize("path", LISTS)
def test_every_row_of_a_list_has_exactly_the_keys_and_types_of_its_table(sandbox, school, path):
    rows = sandbox.every(f"{school}/{path}", per_page=200)

    assert rows
    assert [faults for row in rows if (faults := faults_of(row, LISTS[path]))] == []


@pytest.mark.parametrize(("path", "include"), [(path, include) for path in NESTED for include in NESTED[path]])
def test_every_included_row_has_exactly_the_keys_and_types_of_its_table(sandbox, school, path, include):
    rows = sandbox.every(f"{school}/{path}", per_page=200, include=include)

    wrappers = [row[include] for row in rows]
    assert all(wrapper is None or list(wrapper) == ["data"] for wrapper in wrappers)
    nested = [
        row
        for wrapper in wrappers
        if wrapper
        for row in (wrapper["data"] if isinstance(wrapper["data"], list) else [wrapper["data"]])
        if row
    ]
    assert nested
    assert [faults for row in nested if (faults := faults_of(row, NESTED[path][include]))] == []


@pytest.mark.parametrize("path", ["students", "employees", "classes", "lessons"])
def test_rows_keep_the_key_order_of_recorded_live_data(sandbox, school, path):
    row = sandbox.get(f"{school}/{path}")["data"][0]

    assert list(row) == list(parsed(LISTS[path]))


def test_contacts_under_students_and_students_under_contacts_carry_the_relationship(sandbox, school):
    students = sandbox.every(f"{school}/students", include="contacts", per_page=200)
    contacts = sandbox.every(f"{school}/contacts", include="students", per_page=200)

    under_students = {
        (student["id"], contact["id"]): contact["relationship"]
        for student in students
        for contact in student["contacts"]["data"]
    }
    under_contacts = {
        (student["id"], contact["id"]): student["relationship"]
        for contact in contacts
        for student in contact["students"]["data"]
    }
    assert under_students == under_contacts
    assert [faults for row in under_students.values() if (faults := faults_of(row, tables.RELATIONSHIP))] == []
    assert all("relationship" not in row for row in contacts + students)


def test_classes_under_employees_and_employees_under_classes_carry_the_same_meta(sandbox, school):
    employees = sandbox.every(f"{school}/employees", include="classes", per_page=200)
    classes = sandbox.every(f"{school}/classes", include="employees", per_page=200)

    one_way = {(row["id"], group["id"]): group["meta"] for row in employees for group in row["classes"]["data"]}
    other_way = {(row["id"], group["id"]): row["meta"] for group in classes for row in group["employees"]["data"]}
    assert one_way == other_way
    assert [faults for row in one_way.values() if (faults := faults_of(row, tables.TEACHING))] == []
    assert {meta["role"] for meta in one_way.values()} == {"Main Class Teacher", "Class Teacher"}
    assert all(group["meta"] is None for group in classes)


@pytest.mark.parametrize("target", ["schools", "schools/all", "schools/pending", "schools/revoked"])
def test_schools_have_exactly_the_keys_and_types_of_their_table(sandbox, target):
    rows = sandbox.get(target)["data"]

    assert rows
    assert [faults for row in rows if (faults := faults_of(row, tables.SCHOOL))] == []


def test_a_schools_meta_and_permissions_keep_to_their_tables(sandbox, school):
    status = sandbox.get(f"meta/{school}")["data"]
    permissions = sandbox.get(f"meta/{school}/permissions")["data"]

    assert faults_of(status, tables.STATUS) == []
    assert [faults for row in permissions if (faults := faults_of(row, tables.PERMISSION))] == []


@pytest.mark.parametrize("path", [path for path in LISTS if path not in ("deletions", "attendance-codes")])
def test_ids_look_like_wondes_and_stay_below_two_to_the_thirty_first(sandbox, school, path):
    ids = [row["id"] for row in sandbox.every(f"{school}/{path}", per_page=200)]

    assert len(set(ids)) == len(ids)
    assert all(WONDE_ID.fullmatch(wonde_id) and int(wonde_id.lstrip("AB")) < 2**31 for wonde_id in ids)


def test_upis_are_32_hex_characters_where_they_are_known(sandbox, school):
    people = [row for path in ("students", "contacts", "employees") for row in sandbox.every(f"{school}/{path}")]

    assert all(re.fullmatch("[0-9a-f]{32}", person["upi"]) for person in people if person["upi"])


def test_somebody_is_both_contact_and_employee_under_one_upi_and_two_ids(sandbox, school):
    contacts = {row["upi"]: row["id"] for row in sandbox.every(f"{school}/contacts", per_page=200)}
    employees = {row["upi"]: row["id"] for row in sandbox.every(f"{school}/employees", per_page=200)}

    both = contacts.keys() & employees.keys()
    assert both
    assert all(contacts[upi] != employees[upi] for upi in both)


def test_lesson_times_are_utc_so_a_summer_lesson_reads_an_hour_earlier_than_its_period(sandbox, school):
    lesson = sandbox.get(f"{school}/lessons", include="period")["data"][0]

    assert lesson["period"]["data"]["start_time"][:2] == f"{int(lesson['start_at']['date'][11:13]) + 1:02d}"


@pytest.mark.parametrize(
    ("path", "include", "table"),
    [
        ("students", None, tables.STUDENT),
        ("students", "education_details", tables.EDUCATION_DETAILS),
        ("contacts", None, tables.CONTACT),
        ("employees", None, tables.EMPLOYEE),
        ("employees", "employment_details", tables.EMPLOYMENT_DETAILS),
        ("classes", None, tables.CLASS),
        ("groups", None, tables.GROUP),
        ("subjects", None, tables.SUBJECT),
        ("rooms", None, tables.ROOM),
    ],
)
def test_every_field_that_may_be_null_is_null_in_some_row_and_filled_in_another(sandbox, school, path, include, table):
    asked = {"include": include} if include else {}
    rows = sandbox.every(f"{school}/{path}", per_page=200, **asked)

    known = parsed(table)
    flat = [flattened(row[include]["data"] if include else row, known) for row in rows]
    optional = [name for name, (_, nullable) in known.items() if nullable]
    assert [name for name in optional if all(row[name] is not None for row in flat)] == []
    assert {name for name in optional if all(row[name] is None for row in flat)} <= tables.ALWAYS_NULL
