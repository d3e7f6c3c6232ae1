"""Rows with what they relate to: what is offered, how it is wrapped, what is refused."""

import json

import pytest

from sync.sandbox.testing import running_sandbox

PAGINATION = {"next", "previous", "more", "per_page", "current_page"}


def body_of(answer):
    return json.loads(answer[2])


def test_meta_includes_lists_what_is_offered_not_what_was_asked(sandbox, school):
    offered = sandbox.get(f"{school}/employees", include="classes")["meta"]["includes"]

    assert len(offered) == 31
    assert "classes.subject" in offered
    assert "classes.lessons" not in offered


def test_an_escaped_comma_in_include_is_a_comma(school, ask):
    row = body_of(ask(f"/v1.0/{school}/classes?include=students%2Cemployees"))["data"][0]

    assert {"students", "employees"} <= set(row)


def test_an_include_replaces_the_bare_id_by_a_wrapper(sandbox, school):
    bare = sandbox.get(f"{school}/classes")["data"][0]["subject"]
    wrapped = sandbox.get(f"{school}/classes", include="subject")["data"][0]["subject"]

    assert wrapped["data"]["id"] == bare


def test_includes_nest(sandbox, school):
    rows = sandbox.every(f"{school}/students", include="contacts.contact_details,year.employees", per_page=200)

    assert all("emails" in contact["contact_details"]["data"] for row in rows for contact in row["contacts"]["data"])
    assert all(isinstance(row["year"]["data"]["employees"]["data"], list) for row in rows)


@pytest.mark.parametrize(("include", "description"), [("nonsense", "nonsense"), ("contacts.dogs", "Invalid includes")])
def test_an_include_that_is_not_offered_fails_the_whole_request(ask, school, include, description):
    answer = ask(f"/v1.0/{school}/students?include=classes,{include}")

    assert answer[0] == 400
    assert body_of(answer) == {"error": "invalid_include", "error_description": description}


def test_classes_offer_no_contacts_of_their_students(ask, school):
    assert ask(f"/v1.0/{school}/classes?include=students.contacts")[0] == 400


def test_an_include_that_one_mis_refuses_another_accepts():
    with running_sandbox(mis="wcbs") as wcbs, running_sandbox(mis="sims") as sims:
        with pytest.raises(AssertionError, match="400"):
            wcbs.get(f"schools/{wcbs.school_ids[0]}/students", include="attendance_summary")
        sims.get(f"schools/{sims.school_ids[0]}/students", include="attendance_summary")


def test_a_missing_to_one_comes_in_every_spelling_a_client_must_accept(sandbox, school):
    rows = sandbox.every(f"{school}/students", include="house,boarding,campus,photo", per_page=200)

    assert any(row["house"] is None for row in rows)
    assert all(row["boarding"] == {"data": []} for row in rows)
    assert all(row["campus"] == {"data": None} for row in rows)


def test_siblings_share_contacts(sandbox, school):
    rows = sandbox.every(f"{school}/students", include="siblings,contacts", per_page=200)

    by_id = {row["id"]: row for row in rows}
    pairs = [(row, by_id[other["id"]]) for row in rows for other in row["siblings"]["data"]]
    assert pairs
    for one, other in pairs:
        assert {row["id"] for row in one["contacts"]["data"]} & {row["id"] for row in other["contacts"]["data"]}
