"""Misbehaviour on request: what each fault does to a client, and to nobody else."""

import http.client
import json
import time
from itertools import chain
from pathlib import Path

import pytest
import requests

from sync.sandbox.http.strikes import KINDS


def body_of(answer):
    return json.loads(answer[2])


def broken(ask, target):
    """The exception a request fails with."""
    with pytest.raises((OSError, http.client.HTTPException)) as problem:
        ask(target)
    return problem.type


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("unauthorised", 401),
        ("forbidden", 403),
        ("missing", 404),
        ("too_many_requests", 429),
        ("server_error", 500),
        ("bad_gateway", 502),
    ],
)
def test_a_fault_answers_with_its_status(sandbox, school, ask, kind, status):
    sandbox.fault(kind)

    assert ask(f"/v1.0/{school}/students")[0] == status


def test_too_many_requests_says_when_to_come_back(sandbox, school, ask):
    sandbox.fault("too_many_requests", retry_after=7)

    assert ask(f"/v1.0/{school}/students")[1]["Retry-After"] == "7"


def test_a_rate_limit_lets_so_many_a_minute_through(sandbox, school, ask):
    sandbox.fault("rate_limit", per_minute=3)

    answers = [ask(f"/v1.0/{school}/students") for _ in range(5)]

    assert [answer[0] for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1][1]["Retry-After"]) <= 61


def test_gateway_errors_are_not_json(sandbox, school, ask):
    for kind in ("server_error", "bad_gateway", "not_json"):
        sandbox.clear_faults()
        sandbox.fault(kind)

        with pytest.raises(ValueError, match="Expecting value"):
            body_of(ask(f"/v1.0/{school}/students"))


def test_wrong_json_is_json_in_another_shape(sandbox, school, ask):
    sandbox.fault("wrong_json")

    answer = ask(f"/v1.0/{school}/students")
    assert answer[0] == 200
    assert isinstance(body_of(answer), list)


# --- the connection -------------------------------------------------------------------------------


def test_cut_sends_half_of_the_body_it_announced(sandbox, school, ask):
    whole = len(ask(f"/v1.0/{school}/students")[2])
    sandbox.fault("cut")

    with pytest.raises(http.client.IncompleteRead) as problem:
        ask(f"/v1.0/{school}/students")
    assert len(problem.value.partial) == whole // 2


def test_timeout_says_nothing_and_then_closes(sandbox, school, ask):
    sandbox.fault("timeout", seconds=0.05)

    assert issubclass(broken(ask, f"/v1.0/{school}/students"), http.client.RemoteDisconnected)


def test_reset_resets_the_connection(sandbox, school, ask):
    sandbox.fault("reset")

    assert broken(ask, f"/v1.0/{school}/students") is ConnectionResetError


def test_what_is_claimed_of_access_is_not_done(sandbox, school, ask):
    sandbox.fault("claimed", "schools/*/revoke-access")

    status, _, body = ask(f"/v1.0/{school}/revoke-access", "DELETE")

    assert (status, json.loads(body)["state"]) == (200, "revoked")
    assert sandbox.get(f"meta/{school}")["data"]["approved"]


def test_slow_drips_the_whole_body(sandbox, school, ask):
    whole = ask(f"/v1.0/{school}/rooms?per_page=1")[2]
    sandbox.fault("slow", bytes_per_second=len(whole) * 10)

    began = time.monotonic()
    assert ask(f"/v1.0/{school}/rooms?per_page=1")[2] == whole
    assert time.monotonic() - began > 0.05


def test_late_answers_after_a_while(sandbox, school, ask):
    sandbox.fault("late", seconds=0.1)

    began = time.monotonic()
    assert ask(f"/v1.0/{school}/rooms")[0] == 200
    assert time.monotonic() - began >= 0.1


def test_a_slow_answer_does_not_keep_others_waiting(sandbox, school, ask):
    sandbox.fault("timeout", f"{school}/students", seconds=30)
    waiting = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
    waiting.request("GET", f"/v1.0/{school}/students", headers={"Authorization": f"Bearer {sandbox.token}"})

    assert ask(f"/v1.0/{school}/rooms")[0] == 200
    waiting.close()


# --- pages ----------------------------------------------------------------------------------------


def ids_by_page(sandbox, school):
    """The ids of each page of 50 students, following `next`."""
    pages, path = [], f"{school}/students"
    while path:
        page = sandbox.get(path)
        pages.append([row["id"] for row in page["data"]])
        path = (page["meta"]["pagination"]["next"] or "").removeprefix(f"{sandbox.url}/v1.0/")
    return pages


def test_repeat_page_shows_a_page_twice(sandbox, school):
    true = ids_by_page(sandbox, school)
    sandbox.fault("repeat_page", query="page=2", count=1)

    assert ids_by_page(sandbox, school) == [true[0], true[0], true[2]]


def test_skip_page_leaves_a_page_out(sandbox, school):
    true = ids_by_page(sandbox, school)
    sandbox.fault("skip_page", count=1)

    assert ids_by_page(sandbox, school) == [true[0], true[2]]


@pytest.mark.parametrize(("rows", "missed", "repeated"), [(2, 2, 0), (-2, 0, 2)])
def test_shift_rows_misses_or_repeats_rows_between_pages(sandbox, school, rows, missed, repeated):
    true = list(chain.from_iterable(ids_by_page(sandbox, school)))
    sandbox.fault("shift_rows", rows=rows)

    read = list(chain.from_iterable(ids_by_page(sandbox, school)))
    assert len(set(true) - set(read)) >= missed
    assert len(read) - len(set(read)) == repeated


def test_foreign_next_points_at_another_host(sandbox, school):
    sandbox.fault("foreign_next", host="evil.example")

    following = sandbox.get(f"{school}/students")["meta"]["pagination"]["next"]
    assert following == f"http://evil.example/v1.0/{school}/students?page=2"


def test_no_pagination_drops_it_if_everything_fits_on_one_page(sandbox, school):
    sandbox.fault("no_pagination")

    assert "pagination" not in sandbox.get(f"{school}/rooms")["meta"]
    assert "pagination" in sandbox.get(f"{school}/students")["meta"]


def test_an_empty_list_is_empty_and_ends_there(sandbox, school):
    sandbox.fault("empty_list", f"{school}/students")

    page = sandbox.get(f"{school}/students")
    assert page["data"] == []
    assert page["meta"]["pagination"]["next"] is None
    assert sandbox.get(f"{school}/contacts")["data"]


def test_a_list_is_null_or_spelt_otherwise(sandbox, school):
    sandbox.fault("null", f"{school}/counts", count=1)
    sandbox.fault("other_spelling", f"{school}/counts")

    assert sandbox.get(f"{school}/counts", include="students")["data"] is None
    assert sandbox.get(f"{school}/counts", include="students")["data"] == {"Students": {"Data": {"Count": 120}}}


def test_wrong_counts_disagree_with_the_lists(sandbox, school):
    sandbox.fault("wrong_counts", difference=5)

    assert sandbox.get(f"{school}/counts", include="students")["data"]["students"]["data"]["count"] == 125


def test_wrong_types_turns_the_first_rows_fields_into_others(sandbox, school):
    true = sandbox.get(f"{school}/students")["data"]
    sandbox.fault("wrong_types")

    rows = sandbox.get(f"{school}/students")["data"]
    assert rows[0]["id"] == true[0]["id"]
    assert all(type(rows[0][name]) is not type(true[0][name]) for name in true[0] if name != "id")
    assert rows[1:] == true[1:]


def test_wrong_types_can_be_about_one_field(sandbox, school):
    true = sandbox.get(f"{school}/students")["data"][0]
    sandbox.fault("wrong_types", field="upi")

    assert sandbox.get(f"{school}/students")["data"][0] == true | {"upi": 7}


def test_without_id_leaves_the_first_row_without_one(sandbox, school):
    sandbox.fault("without_id")

    rows = sandbox.get(f"{school}/students")["data"]
    assert "id" not in rows[0]
    assert all("id" in row for row in rows[1:])


def unpacked(sandbox, path):
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    return requests.get(f"{sandbox.url}/v1.0/{path}", headers=headers, timeout=10).content


@pytest.mark.parametrize(
    ("fault", "sign"),
    [("bad_byte", b'"\xff"'), ("half_surrogate", rb'"A\ud83d"'), ("deep_json", b"[" * 100_000)],
)
def test_what_no_decoder_accepts_is_on_the_page_once(sandbox, school, fault, sign):
    sandbox.fault(fault)

    assert unpacked(sandbox, f"{school}/students").count(sign) == 1


def test_a_gzip_bomb_is_small_and_unpacks_to_the_answer_after_many_blanks(sandbox, school):
    true = unpacked(sandbox, f"{school}/students")
    sandbox.fault("gzip_bomb", megabytes=3)

    assert unpacked(sandbox, f"{school}/students") == b" " * 3 * 2**20 + true


def test_a_school_is_listed_too_and_no_school_twice(sandbox, school):
    revoked = sandbox.get("schools/revoked")["data"][0]["id"]
    sandbox.fault("listed_too", "schools/revoked", id=sandbox.school_ids[0])
    sandbox.fault("listed_too", "schools/audited", id=sandbox.school_ids[0])

    assert [row["id"] for row in sandbox.get("schools/revoked")["data"]] == [revoked, sandbox.school_ids[0]]
    assert [row["id"] for row in sandbox.get("schools/audited")["data"]].count(sandbox.school_ids[0]) == 1


# --- when they strike -----------------------------------------------------------------------------


def test_every_fault_has_a_test_here():
    source = Path(__file__).read_text(encoding="utf-8")

    assert [name for name in KINDS if f'"{name}"' not in source] == []


@pytest.mark.parametrize(
    "path", ["", "schools/", "schools/*/students", "/v1.0/schools/*/students/", "{school}/students"]
)
def test_a_fault_strikes_what_its_path_names(sandbox, school, ask, path):
    sandbox.fault("server_error", path.format(school=school))

    assert ask(f"/v1.0/{school}/students")[0] == 500


@pytest.mark.parametrize("path", ["{school}/contacts", "schools/*/contacts", "meta"])
def test_a_fault_leaves_other_paths_alone(sandbox, school, ask, path):
    sandbox.fault("server_error", path.format(school=school))

    assert ask(f"/v1.0/{school}/students")[0] == 200


def test_a_fault_on_page_3_strikes_page_3(sandbox, school, ask):
    sandbox.fault("server_error", "schools/*/students", query="page=3")

    assert [ask(f"/v1.0/{school}/students?page={page}")[0] for page in (1, 2, 3)] == [200, 200, 500]


def test_a_fault_strikes_as_often_as_told_after_letting_pass_as_many_as_told(sandbox, school, ask):
    sandbox.fault("server_error", count=2, after=1)

    assert [ask(f"/v1.0/{school}/students")[0] for _ in range(5)] == [200, 500, 500, 200, 200]


def test_a_probable_fault_strikes_sometimes_and_the_same_times_for_the_same_seed(sandbox, school, ask):
    def strikes():
        sandbox.fault("server_error", probability=0.5)
        statuses = [ask(f"/v1.0/{school}/students")[0] for _ in range(40)]
        sandbox.clear_faults()
        return statuses.count(500)

    assert 8 <= strikes() <= 32


def test_faults_are_listed_and_removed(sandbox, school, ask):
    first, second = sandbox.fault("server_error", "meta"), sandbox.fault("forbidden")
    ask(f"/v1.0/{school}/students")

    listed = sandbox.control("GET", "faults")
    assert [(fault["id"], fault["struck"]) for fault in listed] == [(first["id"], 0), (second["id"], 1)]

    sandbox.control("DELETE", f"faults/{second['id']}")
    assert ask(f"/v1.0/{school}/students")[0] == 200
    sandbox.clear_faults()
    assert sandbox.control("GET", "faults") == []


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"kind": "nonsense"}, "There is no fault 'nonsense'"),
        ({}, "missing required field `kind`"),
        ({"kind": "reset", "when": "now"}, "unknown field `when`"),
        ({"kind": "reset", "count": 0}, "count is at least 1"),
        ({"kind": "reset", "count": "2"}, "Expected `int | null`"),
        ({"kind": "reset", "after": -1}, "after at least 0"),
        ({"kind": "reset", "probability": 2}, "between 0 and 1"),
        ({"kind": "reset", "parameters": {"seconds": 1}}, "takes no 'seconds'; it takes nothing"),
        ({"kind": "timeout", "parameters": {"seconds": -1}}, "'seconds' cannot be -1"),
        ({"kind": "rate_limit", "parameters": {"per_minute": True}}, "'per_minute' cannot be True"),
        ({"kind": "wrong_types", "parameters": {"field": 4}}, "'field' cannot be 4"),
        (["reset"], "This is not a fault"),
    ],
)
def test_a_fault_that_cannot_be_set_is_refused_in_a_sentence_and_nothing_is_set(sandbox, fault, sentence):
    with pytest.raises(AssertionError, match="400") as problem:
        sandbox.control("POST", "faults", fault)

    assert sentence in str(problem.value)
    assert sandbox.control("GET", "faults") == []
