"""The command line: what it accepts, says and refuses; days that are remembered; HTTPS."""

import argparse
import contextlib
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from sync.sandbox import choices, cli, pass_day
from sync.sandbox.events import days
from sync.sandbox.http import strikes
from sync.sandbox.http.tls import authority_path, server_context
from sync.sandbox.testing import running_sandbox


@contextlib.contextmanager
def started(*arguments):
    """The sandbox as a process of its own: (process, port). Ended with SIGTERM."""
    command = [sys.executable, "-m", "sync.sandbox", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        yield process, int(re.search(r":(\d+)/", line)[1])
    finally:
        process.terminate()
        process.communicate(timeout=10)


def ask(port, target, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, target, body, {"Authorization": f"Bearer {choices.DEMO_TOKEN}"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def refusal(*arguments):
    """What the command says when it refuses: (exit status, stderr)."""
    process = subprocess.run(
        [sys.executable, "-m", "sync.sandbox", *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    return process.returncode, process.stderr


def test_help_lists_every_option_event_and_fault(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])

    told = capsys.readouterr().out
    options = "demo schools students seed mis country phase date state token cache-mb host port tls tls-dir"
    assert [name for name in options.split() if f"--{name}" not in told] == []
    assert [name for name in (*days.EVENTS, *strikes.KINDS) if name not in told] == []
    assert "/_sandbox/requests" in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number):
    with started() as (process, port):
        assert ask(port, "/v1.0/schools")["data"]
        process.send_signal(number)

        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""


def test_it_says_its_address_its_token_and_its_schools():
    with started("--demo", "--token", "a-token-of-mine") as (process, _):
        said = [process.stdout.readline() for _ in range(4)]

    assert said[0] == "Token a-token-of-mine\n"
    assert said[1].startswith("School A1930450011 ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--schools", "0"], "'0' is not a whole number from 1"),
        (["--students", "x"], "'x' is not a whole number"),
        (["--mis", "paper"], "invalid choice: 'paper'"),
        (["--date", "soon"], "'soon' is not a date"),
        (["--token", "a b"], "printable characters"),
        (["--port", "70000"], "'70000' is not a whole number from 0 to 65535"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_an_impossible_option_is_refused_in_one_line(arguments, sentence):
    status, said = refusal(*arguments)

    assert status == 2
    assert sentence in said.strip().splitlines()[-1]


def test_a_port_that_is_taken_is_refused_in_one_sentence():
    with running_sandbox() as sandbox:
        status, said = refusal("--port", str(sandbox.port))

    assert status == 1
    assert re.fullmatch(r"Cannot listen on 127\.0\.0\.1:\d+: .+\. Choose another --port\.\n", said)


# --- state ----------------------------------------------------------------------------------------


def test_days_are_remembered_in_the_state_file(tmp_path):
    state = str(tmp_path / "state.json")
    arguments = ("--students", "60", "--state", state)
    with started(*arguments, "--date", "2026-10-05") as (_, port):
        school = ask(port, "/v1.0/schools")["data"][0]["id"]
        for body in (b"{}", b'{"events": [{"event": "leave", "count": 4}]}'):
            ask(port, f"/_sandbox/schools/{school}/day", "POST", body)
        before = ask(port, f"/v1.0/schools/{school}/students?per_page=200")["data"]

    with started(*arguments) as (_, port):
        assert ask(port, f"/v1.0/schools/{school}/students?per_page=200")["data"] == before
        assert ask(port, f"/_sandbox/schools/{school}/day", "POST")["data"]["date"] == "2026-10-08"


def test_access_is_remembered_without_asking_the_school(tmp_path):
    state = tmp_path / "state.json"
    with running_sandbox(state=state) as sandbox:
        school = sandbox.school_ids[0]
        sandbox.day(school, [{"event": "access_revoked"}])

    with running_sandbox(state=state) as sandbox:
        assert school in {row["id"] for row in sandbox.get("schools/revoked")["data"]}


def test_a_refused_day_is_not_remembered(tmp_path):
    state = tmp_path / "state.json"
    with running_sandbox(state=state) as sandbox:
        before = state.read_bytes()
        with pytest.raises(AssertionError):
            sandbox.day(sandbox.school_ids[0], [{"event": "leave", "student": "A1"}])

    assert state.read_bytes() == before


def test_the_first_morning_is_remembered_before_any_day_has_passed(tmp_path):
    arguments = ("--students", "60", "--state", str(tmp_path / "state.json"))
    with started(*arguments, "--date", "2026-10-05"):
        pass

    with started(*arguments) as (_, port):
        school = ask(port, "/v1.0/schools")["data"][0]["id"]
        assert ask(port, f"/_sandbox/schools/{school}/day", "POST")["data"]["date"] == "2026-10-06"


def test_an_existing_state_keeps_its_first_morning_whatever_date_is_asked_for(tmp_path):
    arguments = ("--students", "60", "--state", str(tmp_path / "state.json"))
    with started(*arguments, "--date", "2026-10-05"):
        pass

    with started(*arguments, "--date", "2026-11-20") as (_, port):
        school = ask(port, "/v1.0/schools")["data"][0]["id"]
        assert ask(port, f"/_sandbox/schools/{school}/day", "POST")["data"]["date"] == "2026-10-06"


def test_a_day_in_a_live_sandbox_happens_now_and_is_remembered_so(tmp_path):
    arguments = ("--students", "60", "--live", "--date", "2025-10-06", "--state", str(tmp_path / "state.json"))
    before = datetime.now(UTC)
    with started(*arguments) as (_, port):
        school = ask(port, "/v1.0/schools")["data"][0]["id"]
        for _ in range(2):
            ask(port, f"/_sandbox/schools/{school}/day", "POST", b'{"events": [{"event": "join"}]}')
    after = datetime.now(UTC)

    with started(*arguments) as (_, port):
        rows = ask(port, f"/v1.0/schools/{school}/students?per_page=200")["data"]
    joined = sorted(row["created_at"]["date"] for row in rows)[-2:]
    assert all(before <= datetime.fromisoformat(f"{moment}+00:00") <= after for moment in joined)


def test_a_state_file_of_other_schools_is_refused(tmp_path):
    state = tmp_path / "state.json"
    with running_sandbox(state=state) as sandbox:
        sandbox.day(sandbox.school_ids[0])

    status, said = refusal("--state", str(state), "--seed", "other")
    assert status == 1
    assert "was written for other schools" in said


@pytest.mark.parametrize("content", ["", "{}", "[]", "not JSON", '{"start": 1, "schools": "x", "journals": {}}'])
def test_a_file_that_is_not_a_state_file_is_refused_and_left_alone(tmp_path, content):
    state = tmp_path / "state.json"
    state.write_text(content)

    status, said = refusal("--state", str(state))
    assert status == 1
    assert said.count("\n") == 1
    assert state.read_text() == content


def test_a_state_that_cannot_be_written_is_refused_at_the_start(tmp_path):
    status, said = refusal("--state", str(tmp_path / "nowhere" / "state.json"))

    assert status == 1
    assert "cannot be written" in said


# --- days from the command line -------------------------------------------------------------------


def pass_a_day(capsys, *arguments):
    parser = argparse.ArgumentParser()
    pass_day.add_arguments(parser)
    status = pass_day.run(parser.parse_args(arguments))
    return status, *capsys.readouterr()


def test_a_day_passes_in_every_approved_school_unless_some_are_named(capsys):
    with running_sandbox(schools=2) as sandbox:
        first, second = sandbox.school_ids
        status, said, _ = pass_a_day(capsys, "--url", sandbox.url)
        pass_a_day(capsys, "--url", sandbox.url, first)
        passed = {school["id"]: school["days"] for school in sandbox.control("GET", "schools")}

    assert status == 0
    assert f"{first} 2026-10-06: " in said
    assert "  move_class: student A" in said
    assert (passed[first], passed[second]) == (2, 1)


def test_events_are_named_or_spelt_out(capsys):
    with running_sandbox() as sandbox:
        events = ("--event", "rename", "--event", '{"event": "leave", "count": 2}', "--same-day")
        _, said, _ = pass_a_day(capsys, "--url", sandbox.url, *events)

    assert "2026-10-05: 3 events" in said
    assert said.count("  leave: ") == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--event", "nonsense"), "The sandbox refused: There is no event 'nonsense'"),
        (("A1",), "The sandbox refused: The requested resource was not found"),
        (("--url", "http://127.0.0.1:9"), "No sandbox answers at http://127.0.0.1:9"),
        (("--url", "ftp://x"), "ftp://x is not the address of a sandbox"),
    ],
)
def test_a_day_that_cannot_pass_is_one_sentence_and_a_status(capsys, arguments, sentence):
    with running_sandbox() as sandbox:
        status, _, said = pass_a_day(capsys, "--url", sandbox.url, *arguments)

    assert status == 1
    assert said.startswith(sentence)


# --- HTTPS ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A sandbox on HTTPS: (it, a client's context that trusts it)."""
    folder = tmp_path_factory.mktemp("tls")
    with running_sandbox(tls=server_context(folder)) as sandbox:
        yield sandbox, ssl.create_default_context(cafile=authority_path(folder))


def secure_get(sandbox, context, name, target="/v1.0/schools"):
    """GET over HTTPS as if the sandbox had this name, like a client whose host is fixed."""
    connection = http.client.HTTPSConnection(name, sandbox.port, context=context, timeout=10)
    connection._create_connection = lambda *_, **__: socket.create_connection(("127.0.0.1", sandbox.port))
    try:
        connection.request("GET", target, headers={"Authorization": f"Bearer {sandbox.token}", "Host": name})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", *choices.PUBLIC_HOSTS])
def test_https_is_served_under_localhost_and_wondes_public_names(secure, name):
    answer = secure_get(*secure, name)

    assert answer["data"][0]["region"]["domain"] == name
    assert answer["data"][0]["region"]["school_url"].startswith(f"https://{name}/v1.0/schools/A")


def test_next_is_https_on_the_name_the_client_used(secure):
    school = secure[0].school_ids[0]

    answer = secure_get(*secure, "api.wonde.com", f"/v1.0/schools/{school}/students?per_page=5")

    expected = f"https://api.wonde.com/v1.0/schools/{school}/students?per_page=5&page=2"
    assert answer["meta"]["pagination"]["next"] == expected


def test_another_name_is_not_certified(secure):
    with pytest.raises(ssl.SSLCertVerificationError):
        secure_get(*secure, "example.org")


def test_the_certificate_is_kept_and_its_key_is_for_its_owner_only(tmp_path):
    server_context(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    server_context(tmp_path)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert (tmp_path / "sandbox-server.key").stat().st_mode & 0o077 == 0
    assert not (tmp_path / "sandbox-ca.key").exists()
