"""What events do to students and contacts, as a client sees it."""

import pytest

from tests.sync.sandbox.wire.reading import link_of, maths_sets_of, members


def test_join_brings_students_with_contacts_into_the_classes_of_their_year(day, table):
    before = table("students")

    happened = day({"event": "join", "count": 3})

    after = table("students", include="classes,contacts,year,registration")
    assert after.keys() - before.keys() == {event["student"] for event in happened}
    for event in happened:
        row = after[event["student"]]
        assert len(row["classes"]["data"]) >= 9
        assert row["contacts"]["data"]
        assert row["year"]["data"]["type"] == "YEAR"
        assert row["registration"]["data"]["type"] == "REGISTRATION"
        assert len(maths_sets_of(table, row["id"])) == 1


def test_join_puts_a_student_into_the_set_asked_for(day, table):
    group = next(row for row in table("classes").values() if row["name"] == "8x/Ma2")

    happened = day({"event": "join", "class": group["id"]})

    assert maths_sets_of(table, happened[0]["student"]) == [group["id"]]


def test_leave_deletes_students_and_lists_them_as_leavers(day, table):
    happened = day({"event": "leave", "count": 3})

    gone = {event["student"] for event in happened}
    assert not gone & table("students").keys()
    assert gone <= table("students-leaver").keys()
    assert {row for row, deletion in table("deletions").items() if deletion["type"] == "student"} == gone


def test_contacts_of_leavers_go_too_unless_another_child_is_there(day, table):
    rows = table("students", include="siblings,contacts")
    child = next(row for row in rows.values() if row["siblings"]["data"])
    alone = next(row for row in rows.values() if not row["siblings"]["data"])

    day({"event": "leave", "students": [child["id"], alone["id"]]})

    contacts, deletions = table("contacts"), table("deletions")
    shared = {row["id"] for row in child["contacts"]["data"]} - {row["id"] for row in alone["contacts"]["data"]}
    assert shared <= contacts.keys()
    for contact in alone["contacts"]["data"]:
        assert contact["id"] not in contacts
        assert deletions[contact["id"]]["type"] == "contact"


def test_return_same_id_restores_the_row_its_contacts_and_the_deletion(day, table):
    student = next(row for row in table("students", include="contacts").values() if row["contacts"]["data"])
    day({"event": "leave", "student": student["id"]})

    day({"event": "return_same_id", "student": student["id"]})

    back = table("students", include="contacts")[student["id"]]
    assert back["restored_at"] is not None
    assert back["upi"] == student["upi"]
    assert {row["id"] for row in back["contacts"]["data"]} == {row["id"] for row in student["contacts"]["data"]}
    deletion = table("deletions")[student["id"]]
    assert deletion["restored_at"]["date"] > deletion["deleted_at"]["date"]
    assert student["id"] not in table("students-leaver")


def test_return_new_id_keeps_the_upi_under_another_id(day, table):
    student = next(row for row in table("students").values() if row["upi"])
    day({"event": "leave", "student": student["id"]})

    happened = day({"event": "return_new_id", "student": student["id"]})

    rows = table("students")
    assert student["id"] not in rows
    assert rows[happened[0]["student"]]["upi"] == student["upi"]
    assert table("deletions")[student["id"]]["restored_at"] is None


def test_move_class_changes_the_set_and_touches_the_student(day, table):
    before = table("students")

    happened = day({"event": "move_class", "count": 4})

    groups, rows = members(table("classes", include="students")), table("students")
    for event in happened:
        assert event["student"] in groups[event["to"]]
        assert event["student"] not in groups[event["from"]]
        assert rows[event["student"]]["updated_at"]["date"] > before[event["student"]]["updated_at"]["date"]


def test_move_class_with_keep_leaves_a_student_in_two_sets(day, table):
    event = day({"event": "move_class", "keep": True})[0]

    assert {event["from"], event["to"]} <= set(maths_sets_of(table, event["student"]))


def test_reset_class_moves_half_a_class_to_another_set(day, table):
    before = members(table("classes", include="students"))

    event = day({"event": "reset_class"})[0]

    after = members(table("classes", include="students"))
    moved = before[event["class"]] - after[event["class"]]
    assert moved == set(event["students"]) <= after[event["to"]]
    assert abs(len(moved) - len(before[event["class"]]) / 2) <= 1


@pytest.mark.parametrize(
    ("event", "field"), [({"event": "rename", "forename": "Zoë"}, "forename"), ({"event": "change_surname"}, "surname")]
)
def test_a_name_changes(day, table, event, field):
    before = table("students")

    happened = day(event)[0]

    row = table("students")[happened["student"]]
    assert row[field] == happened[field] != before[row["id"]][field]


@pytest.mark.parametrize(("event", "date"), [("leaving_date", "2026-10-05"), ("admission_date", "2026-12-01")])
def test_a_date_is_stated_while_the_student_stays_on_roll(day, table, event, date):
    student = day({"event": event, "date": date})[0]["student"]

    details = table("students", include="education_details")[student]["education_details"]["data"]
    assert details[event]["date"][:10] == date


def test_empty_upns_empties_the_column(day, table):
    day({"event": "empty_upns"})

    rows = table("students", include="education_details").values()
    assert {row["education_details"]["data"]["upn"] for row in rows} == {None}


def test_gain_contact_links_a_new_contact(day, table):
    before = table("contacts")

    event = day({"event": "gain_contact"})[0]

    assert event["contact"] in table("contacts").keys() - before.keys()
    assert link_of(table, event)["parental_responsibility"] is True


def test_lose_contact_unlinks_and_deletes_a_contact_without_another_child(day, table):
    for event in day({"event": "lose_contact", "count": 5}):
        linked = table("students", include="contacts")[event["student"]]["contacts"]["data"]
        assert event["contact"] not in {row["id"] for row in linked}
        assert (
            (event["contact"] in table("deletions")) == event["deleted"] == (event["contact"] not in table("contacts"))
        )


@pytest.mark.parametrize(("unknown", "value"), [(False, False), (True, None)])
def test_withdraw_responsibility_says_no_or_nothing(day, table, unknown, value):
    event = day({"event": "withdraw_responsibility", "unknown": unknown})[0]

    assert link_of(table, event)["parental_responsibility"] is value


def test_a_court_order_stays_on_the_link_until_it_is_lifted(day, table):
    event = day({"event": "court_order"})[0]
    assert link_of(table, event)["court_order"] is True

    day({"event": "court_order", "student": event["student"], "contact": event["contact"], "lifted": True})
    assert link_of(table, event)["court_order"] is False


@pytest.mark.parametrize("email", ["new@example.org", None])
def test_change_email_changes_or_empties_an_address(day, table, email):
    contact = day({"event": "change_email", "email": email})[0]["contact"]

    emails = table("contacts", include="contact_details")[contact]["contact_details"]["data"]["emails"]
    assert emails["email"] == emails["primary"] == email


def test_shift_emails_gives_every_contact_the_address_of_the_one_above(day, table):
    def addresses():
        return [
            row["contact_details"]["data"]["emails"] for row in table("contacts", include="contact_details").values()
        ]

    before = addresses()
    day({"event": "shift_emails"})

    assert addresses() == [before[-1], *before[:-1]]


def test_join_as_a_sibling_brings_the_same_contacts(day, table):
    child = next(row for row in table("students", include="contacts").values() if row["contacts"]["data"])
    before = table("contacts").keys()

    event = day({"event": "join", "sibling": child["id"]})[0]

    rows = table("students", include="contacts")
    assert [row["id"] for row in rows[event["student"]]["contacts"]["data"]] == [
        row["id"] for row in child["contacts"]["data"]
    ]
    assert rows[event["student"]]["surname"] == child["surname"]
    assert table("contacts").keys() == before


def test_contact_new_id_keeps_the_person_and_their_children_under_other_ids(day, table):
    child = next(row for row in table("students", include="contacts").values() if row["contacts"]["data"])
    contact = child["contacts"]["data"][0]

    event = day({"event": "contact_new_id", "contact": contact["id"]})[0]

    after = table("contacts", include="contact_details")
    assert contact["id"] not in after
    assert after[event["contact"]]["upi"] != contact["upi"]
    assert after[event["contact"]]["surname"] == contact["surname"]
    assert table("deletions")[contact["id"]]["type"] == "contact"
    assert link_of(table, event | {"student": child["id"]})["relationship"]


def test_change_priority_sets_or_empties_it(day, table):
    event = day({"event": "change_priority", "priority": 2})[0]
    assert link_of(table, event)["priority"] == 2

    day({"event": "change_priority", "student": event["student"], "contact": event["contact"]})
    assert link_of(table, event)["priority"] is None
