"""The public clients' requests: header by header and path by path, as their source sends them."""

import base64
import json

import pytest


def basic(token):
    return f"Basic {base64.b64encode(token.encode()).decode()}"


LIST = "/v1.0/schools/{school}/students"
# For each client: its authorization header, the path of a list and of one row.
CLIENTS = {
    "php": (lambda token: basic(f"{token}:"), f"{LIST}/", f"{LIST}/{{row}}"),
    "ruby": (lambda token: f"Bearer {token}", LIST, f"{LIST}/{{row}}"),
    "dotnet": (lambda token: f"bearer {token}", f"{LIST}/", f"{LIST}/{{row}}/"),
    "python": (lambda token: f"Bearer {token}", LIST, f"{LIST}/{{row}}"),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_reads_every_student_page_by_page(sandbox, ask, client):
    authorization, path, one = CLIENTS[client]
    headers = {"Authorization": authorization(sandbox.token), "User-Agent": f"wonde-{client}-client"}
    school = sandbox.school_ids[0]

    rows, target = [], path.format(school=school) + "?include=classes%2Ceducation_details&per_page=50"
    while target:
        status, _, body = ask(target, headers=headers)
        assert status == 200
        page = json.loads(body)
        rows += page["data"]
        following = page["meta"]["pagination"]["next"]
        target = following and following.removeprefix(sandbox.url)

    assert len({row["id"] for row in rows}) == len(rows) == 120
    assert ask(one.format(school=school, row=rows[0]["id"]), headers=headers)[0] == 200


def test_the_ruby_client_revokes_access_with_its_own_kind_of_basic(sandbox, ask):
    """It sends the bare token after Basic, not encoded, and a JSON body with a DELETE."""
    headers = {"Authorization": f"Basic {sandbox.token}", "Content-Type": "application/json"}

    status, _, body = ask(f"/v1.0/schools/{sandbox.school_ids[0]}/revoke-access", "DELETE", headers, b"{}")

    assert (status, json.loads(body)["success"]) == (200, True)


def test_the_php_client_requests_access_with_a_json_body(sandbox, ask):
    stranger = sandbox.get("schools/revoked")["data"][0]["id"]
    headers = {"Authorization": basic(f"{sandbox.token}:"), "Content-Type": "application/json"}

    status, _, body = ask(f"/v1.0/schools/{stranger}/request-access", "POST", headers, b'{"contacts":[]}')

    assert (status, json.loads(body)["success"]) == (200, True)


@pytest.mark.parametrize(
    "path",
    [
        "schools/", "schools/pending/", "schools/audited/", "schools/all/", "meta/schools/{school}",
        "schools/{school}/achievements/", "schools/{school}/achievements/attributes/",
        "schools/{school}/assessment/aspects/",
        "schools/{school}/assessment/marksheets/", "schools/{school}/assessment/results/",
        "schools/{school}/assessment/resultsets/", "schools/{school}/assessment/templates/", "attendance-codes/",
        "schools/{school}/attendance/session/", "schools/{school}/attendance/lesson/",
        "schools/{school}/attendance-summaries/", "schools/{school}/behaviours/",
        "schools/{school}/behaviours/attributes/", "schools/{school}/classes/", "schools/{school}/contacts/",
        "schools/{school}/counts/", "schools/{school}/deletions/", "schools/{school}/doctors/",
        "schools/{school}/employees/", "schools/{school}/employee-absences/", "schools/{school}/events/",
        "schools/{school}/exclusions/", "schools/{school}/groups/", "schools/{school}/lessons/",
        "schools/{school}/medical-conditions/", "schools/{school}/medical-events/", "schools/{school}/medical-notes/",
        "schools/{school}/periods/", "schools/{school}/photos/", "schools/{school}/rooms/",
        "schools/{school}/students-leaver/", "schools/{school}/students-pre-admission/", "schools/{school}/subjects/",
        "schools/{school}/detentions/", "schools/{school}/detention-types/",
        "schools/{school}/detention-attendance-codes/", "schools/{school}/attendance/detention/",
        "schools/{school}/attendance/absence/", "schools/{school}/attendance-leavers/session/",
    ],
)  # fmt: skip
def test_every_path_the_public_clients_know_is_answered(sandbox, ask, path):
    answer = ask(f"/v1.0/{path.format(school=sandbox.school_ids[0])}")

    assert answer[0] == 200
    assert "data" in json.loads(answer[2])
