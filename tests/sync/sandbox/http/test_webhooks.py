"""Webhooks of the sandbox: which there are, what stands in them, how they misbehave, and where they may go."""

import json

import pytest

from sync.sandbox.testing import running_sandbox


@pytest.fixture
def day(sandbox):
    """Let events happen at the school, whatever its access is by then."""
    school = sandbox.school_ids[0]
    return lambda *events: sandbox.day(school, list(events))


def said(sandbox):
    """The bodies made since the beginning, decoded where they are JSON."""
    bodies = [webhook["body"] for webhook in sandbox.webhooks()]
    return [json.loads(body) if body.startswith("{") else body for body in bodies]


def test_a_webhook_is_made_for_every_change_of_access_and_of_the_mis_and_for_nothing_else(sandbox, day):
    school = sandbox.school_ids[0]
    day({"event": "access_approved"})
    day({"event": "access_declined", "reason": "Not this year"})
    for event in ("access_revoked", "access_approved", "rename", "go_offline"):
        day({"event": event})
    day({"event": "announce_mis", "mis": "arbor", "scheduled_at": "2026-10-24 18:00:00"}, {"event": "access_approved"})
    day({"event": "change_mis", "mis": "arbor"})

    made = said(sandbox)
    assert [body["payload_type"] for body in made] == [
        "schoolApproved", "accessDeclined", "accessRevoked", "schoolApproved", "schoolMigration", "schoolApproved",
        "schoolMigration",
    ]  # fmt: skip
    assert all(isinstance(value, str) for body in made[:4] for value in body.values())
    assert {body["school_id"] for body in made} == {school}
    assert len(made[0]["school_token"]) == 40
    assert made[1]["decline_reason"] == "Not this year"
    assert not any("school_token" in body for body in made if body["payload_type"] != "schoolApproved")
    (announced, done) = (body for body in made if body["payload_type"] == "schoolMigration")
    assert (announced["migrate_from"], announced["migrate_to"]) == ("SIMS", "Arbor")
    assert (announced["scheduled_at"], announced["completed_at"]) == ("2026-10-24 18:00:00", None)
    assert (done["migrate_from"], done["migrate_to"]) == ("SIMS", "Arbor")
    assert done["completed_at"]


def test_webhooks_are_sent_as_it_happens_or_misbehave_as_asked(sandbox, day):
    school = sandbox.school_ids[0]
    with running_sandbox() as taking:
        sandbox.control("POST", "webhooks", {"address": f"{taking.url}/v1.0/hooks", "faults": ["twice"]})
        day({"event": "access_declined"})
        assert len(taking.requests()) == 2

        sandbox.control("POST", "webhooks", {"faults": ["reversed"]})
        day({"event": "access_approved"}, {"event": "access_revoked"})
        assert len(taking.requests()) == 2
        sandbox.control("POST", "webhooks/let-go")
        assert len(taking.requests()) == 4

        for fault in ("numbers", "unknown_type", "oversized", "not_json"):
            sandbox.control("POST", "webhooks", {"faults": [fault]})
            day({"event": "access_revoked"})
        sandbox.control("POST", "webhooks", {"faults": []})
        sandbox.control("POST", "webhooks/forge", {"school": school, "type": "accessDeclined", "more": {"x": "y"}})
        assert {(asked["method"], asked["status"]) for asked in taking.requests()} == {("POST", 401)}
    sandbox.control("POST", "webhooks/forge", {"school": "A404", "type": "accessDeclined"})

    numbers, unknown, oversized, not_json, forged, stranger = said(sandbox)[-6:]
    assert isinstance(numbers["school_urn"], int)
    assert unknown["payload_type"] == "schoolUpdated"
    assert len(json.dumps(oversized)) > 65_536
    assert not_json.startswith("<!doctype html>")
    assert (forged["payload_type"], forged["x"]) == ("accessDeclined", "y")
    assert stranger == {"payload_type": "accessDeclined", "school_id": "A404"}
    *sent, unsent = [webhook["status"] for webhook in sandbox.webhooks()]
    assert set(sent) == {401}
    assert unsent.startswith("not taken")  # and the school's day was not stopped by it


@pytest.mark.parametrize(
    "content",
    [
        {"address": "https://api.example.org/"}, {"address": "http://10.0.0.1/"}, {"address": 7}, {"faults": ["x"]},
        {"adress": None}, ["twice"],
    ],
)  # fmt: skip
def test_webhooks_go_to_this_machine_alone_and_a_slip_changes_nothing(sandbox, content):
    with pytest.raises(AssertionError, match="400"):
        sandbox.control("POST", "webhooks", content)

    assert sandbox.control("GET", "webhooks")["address"] is None
