"""Scopes, hidden people, lists of schools, and access asked for and withdrawn."""

import json

import pytest

from sync.sandbox import choices

PAGINATION = {"next", "previous", "more", "per_page", "current_page"}


def body_of(answer):
    return json.loads(answer[2])


def ids(rows):
    return {row["id"] for row in rows}


def test_an_endpoint_whose_scope_is_not_granted_answers_403(sandbox, school, ask):
    sandbox.day(sandbox.school_ids[0], [{"event": "withdraw_permission", "scope": "contacts.read"}])

    answer = ask(f"/v1.0/{school}/contacts")

    assert answer[0] == 403
    assert body_of(answer) == {"error": "invalid_permissions", "error_description": "Scope contacts.read not enabled"}


def test_a_property_whose_scope_is_not_granted_is_null_and_its_key_stays(sandbox, school):
    before = sandbox.get(f"{school}/students", include="education_details")["data"][0]
    scopes = ["students.upn.read", "students.gender.read", "students.date_of_birth.read", "students.legal_name.read"]
    sandbox.day(sandbox.school_ids[0], [{"event": "withdraw_permission", "scope": scope} for scope in scopes])

    after = sandbox.get(f"{school}/students", include="education_details")["data"][0]

    assert list(after) == list(before)
    hidden = ("gender", "date_of_birth", "legal_surname", "legal_forename")
    assert [after[name] for name in hidden] == [None] * 4
    assert after["education_details"]["data"]["upn"] is None
    assert after["surname"] == before["surname"]


def test_scopes_hide_properties_of_nested_rows_too(sandbox, school):
    sandbox.day(sandbox.school_ids[0], [{"event": "withdraw_permission", "scope": "students.gender.read"}])

    rows = sandbox.get(f"{school}/classes", include="students")["data"]

    assert {student["gender"] for row in rows for student in row["students"]["data"]} == {None}


def test_permissions_say_which_scopes_are_granted(sandbox, school):
    sandbox.day(sandbox.school_ids[0], [{"event": "withdraw_permission", "scope": "contacts.read"}])

    permissions = {row["identity"]: row for row in sandbox.get(f"meta/{school}/permissions")["data"]}

    assert not permissions["contacts.read"]["approved"]
    assert not permissions["contacts.contact_details.read"]["approved"]
    assert permissions["students.read"]["approved"]
    assert set(permissions) == set(choices.SCOPES)


def test_hidden_people_are_absent_everywhere_but_in_the_acl_and_the_counts(sandbox, school):
    happened = sandbox.day(sandbox.school_ids[0], [{"event": "hide_people", "count": 3}])["events"]
    hidden = {event["student"] for event in happened}

    listed = ids(sandbox.every(f"{school}/students"))
    nested = {
        student["id"]
        for path in ("classes", "groups", "contacts")
        for row in sandbox.every(f"{school}/{path}", include="students", per_page=200)
        for student in row["students"]["data"]
    }

    assert not hidden & (listed | nested)
    assert len(listed) == 117
    assert sandbox.get(f"{school}/counts", include="students")["data"]["students"]["data"]["count"] == 120
    assert set(sandbox.get(f"meta/{school}/acl")["data"]["ids"]) == hidden
    assert {row["type"] for row in sandbox.get(f"meta/{school}/acl", with_user_type="true")["data"]["ids"]} == {
        "student"
    }
    assert sandbox.get(f"{school}/deletions")["data"] == []


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("all", {"approved", "pending", "declined", "revoked", "offline", "none"}),
        ("pending", {"pending"}),
        ("audited", {"approved", "offline"}),
        ("offline", {"offline"}),
        ("revoked", {"revoked"}),
        ("declined", {"declined"}),
    ],
)
def test_a_list_of_schools_holds_the_schools_in_its_states(sandbox, name, states):
    access = {row["id"]: row["access"] for row in sandbox.control("GET", "schools")}

    assert {access[row["id"]] for row in sandbox.every(f"schools/{name}")} == states


def test_schools_can_be_found_by_postcode_prefix_urn_and_numbers(sandbox):
    school = sandbox.get("schools/all")["data"][0]

    found = {
        "postcode": school["address"]["address_postcode"].split()[0],
        "urn": school["urn"],
        "la_code": school["la_code"],
        "establishment_number": school["establishment_number"],
    }
    for name, value in found.items():
        assert school["id"] in ids(sandbox.every("schools/all", **{name: value}))
        assert sandbox.every("schools/all", **{name: f"{value}99"}) == []


def test_a_schools_region_names_the_sandboxs_own_host(sandbox, school):
    region = sandbox.get(school)["data"]["region"]

    assert region["domain"] == sandbox.url.removeprefix("http://")
    assert region["school_url"] == f"{sandbox.url}/v1.0/{school}"


def test_access_is_requested_and_revoked(sandbox, ask):
    stranger = sandbox.get("schools/declined")["data"][0]["id"]

    asked = body_of(ask(f"/v1.0/schools/{stranger}/request-access", method="POST", body=b'{"contacts": []}'))
    pending = ids(sandbox.get("schools/pending")["data"])
    revoked = body_of(ask(f"/v1.0/schools/{stranger}/revoke-access", method="DELETE", body=b"{}"))

    assert asked == {"success": True, "state": "pending", "message": "Access request successfully received"}
    assert stranger in pending
    assert revoked == {"success": True, "state": "revoked", "message": "Access revoked"}
    assert stranger in ids(sandbox.get("schools/revoked")["data"])


def test_a_revoked_school_leaves_the_list_and_its_data_stops_at_once(sandbox, school, ask):
    sandbox.get(f"{school}/students")
    ask(f"/v1.0/{school}/revoke-access", method="DELETE")

    assert ask(f"/v1.0/{school}/students")[0] == 403
    assert ask(f"/v1.0/{school}")[0] == 403
    assert sandbox.school_ids == []
    assert sandbox.get(f"meta/{school}")["data"]["approved"] is False


def test_an_offline_school_is_still_read_and_its_meta_says_so(sandbox, school):
    sandbox.day(sandbox.school_ids[0], [{"event": "go_offline"}])

    assert sandbox.get(f"{school}/students")["data"]
    assert sandbox.get(f"meta/{school}")["data"]["online"] is False


def test_a_school_that_wonde_has_not_checked_is_approved_and_nowhere_audited(sandbox, school):
    sandbox.day(sandbox.school_ids[0], [{"event": "access_approved", "audited": False}])

    assert school.removeprefix("schools/") in ids(sandbox.get("schools")["data"])
    assert school.removeprefix("schools/") not in ids(sandbox.get("schools/audited")["data"])
    status = sandbox.get(f"meta/{school}")["data"]
    assert (status["approved"], status["audited"], status["online"]) == (True, False, True)


def test_a_list_says_why_a_school_declined_and_can_be_asked_for_who_came_into_it_lately(sandbox, ask):
    stranger = sandbox.get("schools/pending")["data"][0]["id"]
    sandbox.control(
        "POST",
        f"schools/{stranger}/day",
        {"events": [{"event": "access_declined", "reason": "Not us."}], "at": "2027-01-05T14:30:00Z"},
    )

    assert sandbox.get("schools/declined")["data"][0]["decline_reason"] == "Not us."
    approved = {"events": [{"event": "access_approved"}], "at": "2027-01-06T14:30:00Z"}
    sandbox.control("POST", f"schools/{stranger}/day", approved)
    assert stranger in ids(sandbox.every("schools/audited", updated_after="2027-01-06 14:00:00"))
    assert stranger not in ids(sandbox.every("schools/audited", updated_after="2027-01-06 15:00:00"))
