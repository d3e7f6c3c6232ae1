"""The demo, for real: started from a copy of the project, walked with a browser, stopped, and nothing left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from config.demo import PAST, PORTS, first_day
from config.embedded import free_port
from tests.tools.waiting import wait_for, wait_for_line, wait_until_ended

PROJECT = Path(__file__).parents[2]
LAST_LINE = "Stop with Ctrl-C."
SILENCE_S = 180
# Make as it is, but using the virtual environment that runs this test.
MAKE = ["make", "--old-file=venv", "--no-print-directory"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of what is, or would be, in the project's version control. All tests share the past of its demo."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    folder = tmp_path_factory.mktemp("demo") / "rollbook"
    for name in listed.decode().split("\0"):
        if name and (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    yield folder
    subprocess.run([*MAKE, "reset"], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def env():
    """A newcomer's environment on free ports, with a mark for finding every process of the demo."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "DEMO_MARK": uuid.uuid4().hex,
        **{name: str(free_port()) for name in PORTS},
    }


def marked(env):
    """The ids of all processes that inherited this test's mark, by what they run."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if env["DEMO_MARK"].encode() in (process / "environ").read_bytes():
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended, or is not ours to look at
    return found


def hears_ctrl_c():
    """As at a terminal: anything a script starts in the background ignores SIGINT, and so would make."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def demo(copy, env):
    """Starts the demo and gives (process, what it printed). Stops whatever the test left running, for the next test
    starts on the same data: what is asked, and what does not listen."""
    started = []

    def start():
        process = subprocess.Popen(
            [*MAKE, "demo"], cwd=copy, env=env, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=hears_ctrl_c,
        )  # fmt: skip
        started.append(process)
        printed = wait_for_line(process.stdout, LAST_LINE, limit_s=SILENCE_S)
        wait_for((copy / ".data/urls.json").exists)  # then it takes commands
        return process, printed

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(SILENCE_S)
    for pid in marked(env):
        with suppress(ProcessLookupError):  # it has ended since being listed
            os.kill(pid, signal.SIGKILL)
        wait_until_ended(pid)
    for pid in servers(copy):
        wait_until_ended(pid)


def servers(copy):
    """The id of the demo's PostgreSQL, which bears no mark, as far as it may still be ending."""
    note = copy / ".data/servers.txt"
    folder = Path(note.read_text()) if note.exists() else copy / ".data/servers"
    found = folder / "postgres/postmaster.pid"
    return [int(found.read_text().split()[0])] if found.exists() else []


def credentials(printed, role):
    return re.search(rf"^  {role} +(\S+@\S+) +(\S+)$", printed, re.MULTILINE).groups()


def site_of(printed):
    return re.search(r"http://127\.0\.0\.1:\d+", printed).group()


def sign_in(page, site, address, password):
    page.goto(site)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def asked(copy, *queries):
    """What the demo's database answers to each of `queries`: the first column of all rows."""
    with psycopg.connect(json.loads((copy / ".data/urls.json").read_text())["DATABASE_URL"]) as database:
        return [[row[0] for row in database.execute(query)] for query in queries]


PLANS = {"due_at", "until", "next_try_at", "next_at", "expires_at", "expire_date"}  # moments that are to come
MOMENTS = """SELECT format('SELECT %L WHERE EXISTS (SELECT FROM %I WHERE %I > now())', table_name || '.' || column_name,
    table_name, column_name) FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND column_name <> ALL (%s)"""


def in_the_future(copy):
    """Columns that hold a moment which is still to come and should not be."""
    plans = f"ARRAY[{','.join(repr(name) for name in sorted(PLANS))}]"
    (queries,) = asked(copy, MOMENTS.replace("%s", plans))
    assert len(queries) > 50
    return [column for found in asked(copy, *queries) for column in found]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(1800)
def test_the_demo_has_a_past_lets_a_day_pass_keeps_its_logins_and_leaves_nothing_behind(demo, copy, env, page):
    """In one test, as each start takes as long as a hundred other tests."""
    process, first = demo()
    if datetime.now(UTC).date() - first_day(datetime.now(UTC).date()) >= PAST:  # else the school year has just begun
        has_six_weeks_behind_it_and_something_waits(copy)
    lets_a_day_pass(copy, env, page, first)
    assert in_the_future(copy) == []
    process.send_signal(signal.SIGINT)
    assert "Stopped." in wait_for_line(process.stdout, "Stopped.", limit_s=SILENCE_S)
    process.wait(SILENCE_S)
    assert marked(env) == {}

    process, printed = demo()
    assert credentials(printed, "Teacher") == credentials(first, "Teacher")
    opens_every_door(copy, env, page, printed)
    process.terminate()
    process.wait(SILENCE_S)
    assert marked(env) == {}


def has_six_weeks_behind_it_and_something_waits(copy):
    runs, weeks_with_changes, kinds, mailed, sign_ins, requests, decided, waits, changes = asked(
        copy,
        "SELECT started_at FROM sync_syncrun ORDER BY id",
        "SELECT DISTINCT date_trunc('week', at) FROM sync_change WHERE run_id IS NOT NULL",
        "SELECT DISTINCT trigger FROM sync_syncrun WHERE status = 'applied'",
        "SELECT DISTINCT iso_week FROM parents_weeklymail WHERE state = 'sent'",
        "SELECT DISTINCT date_trunc('week', last_login) FROM schools_user WHERE email IS NULL AND last_login < now()",
        "SELECT state FROM classes_importrequest",
        "SELECT reason FROM sync_approval WHERE run_id IS NOT NULL",
        "SELECT DISTINCT school_id FROM sync_hold WHERE kept_at IS NULL",
        "SELECT at FROM sync_change ORDER BY xid, id",
    )
    assert runs == sorted(runs)
    assert runs[-1] - runs[0] > 40 * (PAST / 42)  # just after midnight, two nights are still to come
    assert len(runs) >= 3 * 40
    assert len(weeks_with_changes) >= 6
    assert {"night", "person", "undo"} <= set(kinds)
    assert len(mailed) >= 2
    assert len(sign_ins) >= 4
    assert requests == ["approved"]
    assert len(decided) == 1
    assert len(waits) == 1
    assert changes == sorted(changes)
    assert in_the_future(copy) == []


def lets_a_day_pass(copy, env, page, printed):
    students = page.locator("table.register tbody th[scope=row]")

    sign_in(page, site_of(printed), *credentials(printed, "Teacher"))
    page.locator("table.register tbody a").first.click()
    page.wait_for_url("**/classes/*/")
    before = students.all_inner_texts()
    told = subprocess.run([*MAKE, "next-day"], cwd=copy, env=env, capture_output=True, text=True, check=True).stdout
    page.reload()
    after = students.all_inner_texts()

    assert len(before) > 5
    assert before != after
    (joined,) = re.findall(r"^  joined: (.+)$", told, re.MULTILINE)
    assert any(joined in row for row in after)
    assert not any(joined in row for row in before)
    page.context.clear_cookies()


def opens_every_door(copy, env, page, printed):
    site = site_of(printed)
    sign_in(page, site, *credentials(printed, "School lead"))
    page.wait_for_url("**/schools/**")
    page.context.clear_cookies()
    sign_in(page, site, *credentials(printed, "Support"))
    code = subprocess.run([*MAKE, "support-code"], cwd=copy, env=env, capture_output=True, text=True, check=True)
    page.get_by_role("textbox").fill(code.stdout.strip())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")

    client = subprocess.run([*MAKE, "product-client"], cwd=copy, env=env, capture_output=True, text=True, check=True)
    assert "client secret (shown once): " in client.stdout
    assert f'"issuer": "{site}"' in page.goto(f"{site}/.well-known/openid-configuration").text()


@pytest.mark.drill
@pytest.mark.timeout(900)
def test_the_whole_demo_ends_when_the_program_that_runs_it_is_killed(demo, env):
    process, _ = demo()
    parts = marked(env)

    process.kill()

    for pid in parts:
        wait_until_ended(pid)
    assert marked(env) == {}


@pytest.mark.drill
@pytest.mark.timeout(900)
def test_the_whole_demo_ends_and_says_so_when_a_part_ends(demo, env):
    process, _ = demo()
    (worker, *_) = [pid for pid, command in marked(env).items() if " -A config beat" in command]

    os.kill(worker, signal.SIGKILL)

    assert "A part of the demo stopped" in wait_for_line(process.stdout, "all of it did", limit_s=SILENCE_S)
    process.stdout.read()
    assert process.wait(SILENCE_S) != 0
    assert marked(env) == {}
