"""The HTTP to Wonde, against the sandbox: everything or an exception, and the token to nobody else."""

import time
import tracemalloc

import pytest
from django.test import override_settings

from sync.facts.errors import (
    ForeignAddress,
    IncompleteRead,
    InvalidInclude,
    NotFound,
    ScopeDenied,
    SyncError,
    WondeRefused,
    WondeUnavailable,
)
from sync.facts.shapes import RemoteEmployee, RemoteSchool, RemoteStudent
from sync.facts.snapshot import decode_page
from sync.wonde import answers
from sync.wonde import client as wonde
from sync.wonde.client import TRIES, Wonde, base_url


@pytest.fixture
def students(large_sandbox):
    """Read every student of the school: `students()` or `students(include=…)`."""

    def read(limit_s=30, **params):
        with Wonde(limit_s=limit_s) as client:
            return client.rows(f"schools/{large_sandbox.school_ids[0]}/students", RemoteStudent, **params)

    return read


def test_every_page_is_read(large_sandbox, students):
    wanted = {row["id"] for row in large_sandbox.every(f"schools/{large_sandbox.school_ids[0]}/students")}

    large_sandbox.clear_requests()
    rows = students()

    assert rows.rows.keys() == wanted
    assert [request["status"] for request in large_sandbox.requests()] == [200, 200, 200]


def test_parameters_are_kept_from_page_to_page(large_sandbox, students):
    large_sandbox.clear_requests()

    students(include="year")

    assert all("include=year" in request["query"] for request in large_sandbox.requests())


# --- refusals: no second try, one sentence with the next step


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [("unauthorised", WondeRefused, "Check WONDE_TOKEN"), ("forbidden", ScopeDenied, "grant the permission")],
)
def test_a_refusal_is_not_tried_again(large_sandbox, students, fault, error, says):
    large_sandbox.fault(fault)
    large_sandbox.clear_requests()

    with pytest.raises(error, match=says):
        students()

    assert len(large_sandbox.requests()) == 1


def test_a_wrong_token_is_refused(large_sandbox, students, settings):
    settings.WONDE_TOKEN = "wrong"

    with pytest.raises(WondeRefused, match="401"):
        students()


def test_an_unknown_school_is_not_found(large_sandbox):
    with Wonde() as client, pytest.raises(NotFound, match="Check the school's Wonde id"):
        client.one("schools/A0000000000", RemoteSchool)


def test_an_include_this_mis_does_not_offer_is_told_apart(large_sandbox, students):
    with pytest.raises(InvalidInclude, match="nonsense"):
        students(include="nonsense")


def test_no_error_says_the_token(large_sandbox, students):
    for fault in ("unauthorised", "forbidden", "server_error", "foreign_next", "not_json", "reset"):
        large_sandbox.clear_faults()
        large_sandbox.fault(fault)
        with pytest.raises(SyncError) as caught:
            students()
        assert large_sandbox.token not in str(caught.value)


# --- trouble that passes


@pytest.mark.parametrize("fault", ["server_error", "bad_gateway", "too_many_requests", "reset", "cut"])
def test_trouble_that_passes_is_waited_out(large_sandbox, students, fault):
    large_sandbox.fault(fault, count=TRIES - 1)

    assert len(students().rows) == 450


@pytest.mark.parametrize("fault", ["server_error", "bad_gateway", "too_many_requests", "reset", "cut"])
def test_trouble_on_the_third_page_that_lasts_gives_no_part_of_the_rows(large_sandbox, students, fault):
    large_sandbox.fault(fault, query="page=3")
    large_sandbox.clear_requests()

    with pytest.raises(WondeUnavailable, match="Nothing was changed"):
        students()

    assert len(large_sandbox.requests()) == 2 + TRIES


def test_retry_after_is_waited_for(large_sandbox, students, monkeypatch):
    monkeypatch.setattr(wonde, "LONGEST_WAIT_S", 60)
    large_sandbox.fault("too_many_requests", count=1, retry_after=1)
    began = time.monotonic()

    students()

    assert time.monotonic() - began >= 1


def test_a_wait_that_would_pass_the_time_limit_is_not_begun(large_sandbox, students, monkeypatch):
    monkeypatch.setattr(wonde, "LONGEST_WAIT_S", 60)
    large_sandbox.fault("too_many_requests", retry_after=50)
    began = time.monotonic()

    with pytest.raises(WondeUnavailable, match="429"):
        students(limit_s=2)

    assert time.monotonic() - began < 2


def test_a_body_that_drips_is_given_up_at_the_time_limit(large_sandbox, students):
    large_sandbox.fault("slow", bytes_per_second=2000)  # a page of about 100 kB would take a minute
    began = time.monotonic()

    with pytest.raises(WondeUnavailable, match="too slow"):
        students(limit_s=0.5)

    assert time.monotonic() - began < 5


def test_silence_is_given_up_at_the_time_limit(large_sandbox, students):
    large_sandbox.fault("timeout", seconds=30.0)
    began = time.monotonic()

    with pytest.raises(WondeUnavailable, match="too slow"):
        students(limit_s=1)

    assert time.monotonic() - began < 5


@override_settings(WONDE_BASE_URL="http://127.0.0.1:9")
def test_an_address_where_nobody_listens_is_one_sentence_with_what_to_do():
    with Wonde() as client, pytest.raises(WondeUnavailable, match="check WONDE_BASE_URL"):
        client.one("schools/A1", RemoteSchool)


# --- what is not everything


@pytest.mark.parametrize("fault", ["not_json", "wrong_json", "repeat_page"])
def test_what_is_not_everything_is_an_incomplete_read(large_sandbox, students, fault):
    large_sandbox.fault(fault, query="" if fault == "repeat_page" else "page=2")

    with pytest.raises(IncompleteRead):
        students()


@pytest.mark.parametrize("rows", [-1, -50])
def test_pages_that_moved_while_we_read_are_an_incomplete_read(large_sandbox, students, rows):
    large_sandbox.fault("shift_rows", rows=rows)

    with pytest.raises(IncompleteRead, match="twice"):
        students()


def test_one_page_without_pagination_is_whole(sandbox):
    sandbox.fault("no_pagination")

    with Wonde() as client:
        rows = client.rows(f"schools/{sandbox.school_ids[0]}/students", RemoteStudent)

    assert len(rows.rows) == 60


def test_rows_of_the_wrong_shape_and_without_an_id_are_counted_and_the_others_read(sandbox):
    path = f"schools/{sandbox.school_ids[0]}/employees"
    with Wonde() as client:
        everybody = client.rows(path, RemoteEmployee).read
    for fault, found in (
        ({"kind": "wrong_types", "field": "employment_details"}, (1, 0)),
        ({"kind": "without_id"}, (0, 1)),
    ):
        sandbox.clear_faults()
        sandbox.fault(**fault)
        with Wonde() as client:
            rows = client.rows(path, RemoteEmployee, include="employment_details")
        assert (len(rows.unreadable), rows.anonymous) == found
        assert rows.read == everybody


# --- the token stays with Wonde


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1:1", "localhost"])
def test_a_next_on_another_host_is_not_followed(large_sandbox, students, host):
    large_sandbox.fault("foreign_next", host=host)
    large_sandbox.clear_requests()

    with pytest.raises(ForeignAddress, match="did not follow"):
        students()

    assert len(large_sandbox.requests()) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://{host}/v1.0/schools/A1/students?page=2",
        "//{host}/v1.0/schools/A1/students?page=2",
        "http://token@{host}/v1.0/schools/A1/students?page=2",
        "ftp://{host}/v1.0",
        "/v1.0/schools/A1/students?page=2",
    ],
)
def test_a_next_with_another_scheme_or_a_user_is_not_followed(large_sandbox, address):
    client = Wonde()

    with pytest.raises(ForeignAddress):
        client._check_address(address.format(host=f"127.0.0.1:{large_sandbox.port}"))


def test_a_redirect_is_not_followed(large_sandbox):
    """Nothing of Wonde's API redirects; a captive portal does."""
    import http.server
    import threading

    class Redirecting(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", f"{large_sandbox.url}/v1.0/schools")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Redirecting) as portal:
        threading.Thread(target=portal.handle_request, daemon=True).start()
        large_sandbox.clear_requests()
        with (
            override_settings(WONDE_BASE_URL=f"http://127.0.0.1:{portal.server_port}"),
            Wonde() as client,
            pytest.raises(WondeRefused, match="302"),
        ):
            client.one("schools/A1", RemoteSchool)

    assert large_sandbox.requests() == []


# --- regions


@override_settings(WONDE_BASE_URL="")
@pytest.mark.parametrize(
    ("domain", "base"),
    [
        ("", "https://api.wonde.com"),
        ("api.wonde.com", "https://api.wonde.com"),
        ("api-ap-southeast-2.wonde.com", "https://api-ap-southeast-2.wonde.com"),
    ],
)
def test_a_school_is_read_from_its_own_region(domain, base):
    assert base_url(domain) == base


@override_settings(WONDE_BASE_URL="")
@pytest.mark.parametrize("domain", ["api.wonde.com.evil.example", "evil.example", "127.0.0.1", "api.wonde.com@evil"])
def test_a_region_that_nobody_put_on_the_list_is_refused(domain):
    with pytest.raises(WondeRefused, match="not on our list"):
        base_url(domain)


@override_settings(WONDE_BASE_URL="http://127.0.0.1:8001/")
def test_the_base_address_of_the_settings_replaces_every_region():
    assert base_url("api-us-west-2.wonde.com") == "http://127.0.0.1:8001"


# --- what no decoder takes, and no end of it


@pytest.mark.parametrize(("fault", "says"), [("bad_byte", "is no UTF-8"), ("deep_json", "nested too deeply")])
def test_what_is_no_json_is_a_refusal(large_sandbox, students, fault, says):
    large_sandbox.fault(fault)

    with pytest.raises(IncompleteRead, match=says):
        students()


@pytest.mark.parametrize("broken", [b'"\xff"', b"[" * 100_000 + b"]" * 100_000])
def test_what_is_no_json_is_a_refusal_also_beside_a_row_of_another_shape(broken):
    body = b'{"data": [{"id": 7}, {"id": "A1", "contacts": ' + broken + b"}]}"

    with pytest.raises(IncompleteRead):
        decode_page(body, RemoteStudent)


def test_half_a_surrogate_costs_its_row_and_no_other(large_sandbox, students):
    everybody = students().rows.keys()
    first = next(iter(everybody))
    large_sandbox.fault("half_surrogate", count=1)

    rows = students()

    assert rows.unreadable == {first}
    assert rows.rows.keys() == everybody - {first}


def test_an_answer_of_gigabytes_is_refused_within_a_size_limit(large_sandbox, students):
    large_sandbox.fault("gzip_bomb", megabytes=1000)
    tracemalloc.start()

    with pytest.raises(WondeRefused, match="32 MB in one answer"):
        students()

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * 2**20


def test_a_read_without_end_is_refused_as_well(large_sandbox, students, monkeypatch):
    monkeypatch.setattr(wonde, "READ_LIMIT", 200_000)

    with pytest.raises(WondeRefused, match=r"more at .*/students than a school can have"):
        students()


def test_how_wonde_answered_is_counted_once_the_conversation_ends_and_without_redis_it_goes_on(
    large_sandbox, students, settings
):
    large_sandbox.fault("too_many_requests", count=1)
    students()
    large_sandbox.fault("forbidden")
    with pytest.raises(ScopeDenied):
        students()
    assert answers.counted() == {"2xx": 3, "3xx": 0, "4xx": 1, "429": 1, "5xx": 0, "none": 0}

    settings.CACHES = {name: one | {"LOCATION": "redis://127.0.0.1:9/0"} for name, one in settings.CACHES.items()}
    large_sandbox.clear_faults()
    assert students().rows
