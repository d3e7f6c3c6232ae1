"""docs/deploy.md followed without Docker, which does not run here: another user, an empty home, a tree that cannot be
written to, and the commands of compose.yaml. Needs root, Debian's Python and a registry of packages."""

import os
import pwd
import re
import shlex
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
import yaml

from config.embedded import free_port
from tests.tools.waiting import wait_for

PROJECT = Path(__file__).parents[2]
PYTHON = "/usr/bin/python3"
TOKEN = "only-for-this-drill-0123456789abcdef"
PROCESSES = ["web", "worker", "questions", "beat"]

pytestmark = [
    pytest.mark.drill,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.getuid() != 0, reason="it takes root to become another user"),
    pytest.mark.skipif(not Path(PYTHON).exists(), reason=f"there is no {PYTHON}, which every user may run"),
]


@pytest.fixture
def tree(folder):
    """A fresh checkout, with its packages."""
    made = folder / "rollbook"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, made / name)
    env = os.environ | {"PYTHON": PYTHON}
    subprocess.run(["sh", "config/venv.sh", "requirements.txt"], cwd=made, env=env, check=True)
    return made


@pytest.fixture
def env(tree, own_postgresql, own_redis):
    """What .env.example says, edited as docs/deploy.md says, and nothing of ours; one secret is a file."""
    told = (line.partition("=") for line in (PROJECT / ".env.example").read_text().splitlines() if line[:1].isupper())
    (tree / "wonde_token").write_text("from-a-file\n")
    return {name: value.strip('"') for name, _, value in told} | {
        "DJANGO_DEBUG": "false",
        "DJANGO_SECRET_KEY": "0123456789abcdef" * 4,
        "DATABASE_URL": own_postgresql.url,
        "REDIS_URL": own_redis.url,
        "STATIC_ROOT": str(tree / "staticfiles"),
        "HEALTH_TOKEN": TOKEN,
        "METRICS_TOKEN": TOKEN,
        "WONDE_TOKEN_FILE": str(tree / "wonde_token"),
        "PATH": f"{tree}/.venv/bin:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_what_deploy_md_says_runs_as_another_user_from_a_tree_that_cannot_be_written_to(tree, env):
    for command in ("migrate --no-input", "collectstatic --no-input", "check --deploy --database default"):
        subprocess.run(["python", "manage.py", *command.split()], cwd=tree, env=env, check=True)
    subprocess.run(["chmod", "-R", "a-w,a+rX", tree], check=True)
    services = yaml.safe_load((PROJECT / "compose.yaml").read_text())["services"]
    port, began = free_port(), time.monotonic()

    with ExitStack() as stack:
        running = {}
        for name in PROCESSES:
            command = shlex.split(services[name]["command"].replace("0.0.0.0:8000", f"127.0.0.1:{port}"))
            running[name] = subprocess.Popen(command, cwd=tree, env=env, **as_nobody())
            stack.callback(running[name].kill)
        wait_for(lambda: is_well(port), 120, "not every part is at work")
        took = time.monotonic() - began
        page = requests.get(f"http://127.0.0.1:{port}/accounts/login/", timeout=30)
        styles = re.search(r'href="(/static/[^"]+\.css)"', page.text)
        assert page.status_code == 200
        assert requests.get(f"http://127.0.0.1:{port}{styles[1]}", timeout=30).ok
        assert 'view="account_login"' in ask(port, "/metrics").text
        began = time.monotonic()
        for process in running.values():
            process.terminate()
        ended = {name: process.wait(60) for name, process in running.items()}

    assert ended == dict.fromkeys(PROCESSES, 0)
    print(f"all at work {took:.0f} s after they were started, all ended {time.monotonic() - began:.0f} s after SIGTERM")


def as_nobody():
    """How to start a process as the account that owns nothing."""
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def ask(port, path):
    """As a monitor does."""
    return requests.get(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)


def is_well(port):
    try:
        return ask(port, "/health/system").ok
    except requests.RequestException:
        return False
