"""How Wonde's paths answer: who may ask, paths, pages."""

import base64
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from sync.sandbox.testing import running_sandbox

PAGINATION = {"next", "previous", "more", "per_page", "current_page"}


def body_of(answer):
    return json.loads(answer[2])


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_bearer_token_is_accepted_in_any_case_of_the_scheme(sandbox, ask, scheme):
    assert ask("/v1.0/schools", headers={"Authorization": f"{scheme} {sandbox.token}"})[0] == 200


def test_basic_is_accepted_with_the_token_as_user_and_an_empty_password(sandbox, ask):
    basic = base64.b64encode(f"{sandbox.token}:".encode()).decode()

    assert ask("/v1.0/schools", headers={"Authorization": f"Basic {basic}"})[0] == 200


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Basic !!!", "Basic d3Jvbmc6", "Bearer", "", "Digest x", "Bearer \xe9", "Basic 6Tr/"]
)
def test_any_other_authorization_is_a_401_in_json(ask, header):
    answer = ask("/v1.0/schools", headers={"Authorization": header.encode("latin-1")})

    assert answer[0] == 401
    assert set(body_of(answer)) == {"error", "error_description"}


def test_no_authorization_is_a_401(ask):
    assert ask("/v1.0/schools", headers={})[0] == 401


@pytest.mark.parametrize("query", ["", "?per_page=3"])
def test_a_list_answers_the_same_with_and_without_a_slash_before_the_query(ask, school, query):
    assert ask(f"/v1.0/{school}/students/{query}")[2] == ask(f"/v1.0/{school}/students{query}")[2]


@pytest.mark.parametrize(
    "path",
    ["nonsense", "schools/A1/students", "{school}/nonsense", "{school}/students/A1", "{school}/deletions/A1", ""],
)
def test_an_unknown_path_or_id_is_a_404_resource_not_found(ask, school, path):
    answer = ask(f"/v1.0/{path.format(school=school)}")

    assert answer[0] == 404
    assert body_of(answer)["error"] == "resource_not_found"


def test_a_head_request_has_the_headers_of_a_get_and_no_body(ask, school):
    head, get = (ask(f"/v1.0/{school}/students", method=method) for method in ("HEAD", "GET"))

    assert head[0] == 200
    assert head[2] == b""
    assert head[1]["Content-Length"] == str(len(get[2]))


def test_writing_is_refused_without_a_scope(ask, school):
    answer = ask(f"/v1.0/{school}/attendance/session", method="POST", body=b"{}")

    assert (answer[0], body_of(answer)["error"]) == (403, "invalid_permissions")


def test_one_row_comes_without_pagination_and_with_the_includes_it_offers(sandbox, school):
    employee = sandbox.get(f"{school}/employees")["data"][0]

    one = sandbox.get(f"{school}/employees/{employee['id']}", include="classes.lessons.room")

    assert {name: one["data"][name] for name in employee} == employee
    assert set(one["meta"]) == {"includes"}
    assert len(one["meta"]["includes"]) == 34


def test_pages_are_of_50_unless_asked_otherwise_and_of_200_at_most(sandbox):
    with running_sandbox(students=260) as large:
        school = f"schools/{large.school_ids[0]}"

        standard = large.get(f"{school}/students")
        greedy = large.get(f"{school}/students", per_page=1000)

    assert (len(standard["data"]), standard["meta"]["pagination"]["per_page"]) == (50, 50)
    assert (len(greedy["data"]), greedy["meta"]["pagination"]["per_page"]) == (200, 200)


def test_session_marks_are_capped_at_5000(sandbox, school):
    assert len(sandbox.get(f"{school}/attendance/session", per_page=9999)["data"]) == 240


def test_pagination_has_exactly_five_keys(sandbox, school):
    assert set(sandbox.get(f"{school}/students")["meta"]["pagination"]) == PAGINATION


def test_next_repeats_the_callers_parameters_verbatim_with_page_last_and_no_slash(sandbox, school, ask):
    answer = body_of(ask(f"/v1.0/{school}/students/?page=1&include=classes%2Cyear&has_class=1&per_page=30"))

    expected = f"{sandbox.url}/v1.0/{school}/students?include=classes%2Cyear&has_class=1&per_page=30&page=2"
    assert answer["meta"]["pagination"]["next"] == expected


def test_per_page_is_in_next_only_if_asked_for(sandbox, school):
    following = sandbox.get(f"{school}/students")["meta"]["pagination"]["next"]

    assert dict(parse_qsl(urlsplit(following).query)) == {"page": "2"}


def test_next_is_on_the_host_the_caller_used(sandbox, school, ask):
    for host in ("api.wonde.com", "localhost:8321"):
        headers = {"Authorization": f"Bearer {sandbox.token}", "Host": host}
        answer = body_of(ask(f"/v1.0/{school}/students", headers=headers))

        assert answer["meta"]["pagination"]["next"].startswith(f"http://{host}/v1.0/schools/")


def test_the_first_page_has_no_previous_and_the_last_no_next(sandbox, school):
    first = sandbox.get(f"{school}/students", per_page=60)["meta"]["pagination"]
    last = sandbox.get(f"{school}/students", per_page=60, page=2)["meta"]["pagination"]

    assert (first["previous"], first["more"], first["current_page"]) == (None, True, 1)
    assert (last["next"], last["more"], last["current_page"]) == (None, False, 2)
    assert last["previous"].endswith("per_page=60&page=1")


@pytest.mark.parametrize("paging", [{}, {"cursor": "true"}])
@pytest.mark.parametrize("size", [1, 7, 60, 120, 200])
def test_following_next_gives_every_row_once(sandbox, school, paging, size):
    ids = [row["id"] for row in sandbox.every(f"{school}/students", per_page=size, **paging)]

    assert len(ids) == len(set(ids)) == 120


def test_with_a_cursor_per_page_and_current_page_are_null(sandbox, school):
    pagination = sandbox.get(f"{school}/students", cursor="true", per_page=10)["meta"]["pagination"]

    assert set(pagination) == PAGINATION
    assert (pagination["per_page"], pagination["current_page"], pagination["more"]) == (None, None, True)
    assert "cursor=" in pagination["next"]


def test_a_cursor_neither_repeats_nor_misses_rows_when_rows_leave_between_pages(sandbox, school):
    first = sandbox.get(f"{school}/students", cursor="true", per_page=60)
    sandbox.day(sandbox.school_ids[0], [{"event": "leave", "students": [row["id"] for row in first["data"][:5]]}])

    second = sandbox.get(first["meta"]["pagination"]["next"].removeprefix(f"{sandbox.url}/v1.0/"))

    assert len({row["id"] for row in first["data"] + second["data"]}) == 120


@pytest.mark.parametrize("page", ["0", "-3", "x", ""])
def test_an_invalid_page_number_gives_the_first_page(sandbox, school, page):
    assert sandbox.get(f"{school}/students", page=page)["meta"]["pagination"]["current_page"] == 1


def test_a_page_past_the_end_is_an_empty_list(sandbox, school):
    assert sandbox.get(f"{school}/students", page=99)["data"] == []
