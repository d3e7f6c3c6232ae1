"""The disk of PostgreSQL full, and that of Redis: pages work or say so with 503, and all is well within a minute of
space, without a restart of ours.

Real: gunicorn, a PostgreSQL of the drill's own on a small file system in memory, a Redis that cannot save.
"""

import secrets
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
import redis
import requests
from django.db import connection

from tests.drill.servers import Own, connected_to
from tests.drill.walking import statuses
from tests.site.addresses import everywhere
from tests.site.world import browsers
from tests.tools.broker import queue_at
from tests.tools.waiting import wait_for
from tests.tools.web import a_web, browser_of

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]
SIZE_MB = 400
MINUTE_S = 60
PAGES = {"classes:mine", "classes:all", "classes:detail", "students:detail", "sync:school", "sync:history", "home"}


@pytest.fixture
def small_disk(folder):
    """A file system in memory in place of `folder`; skipped where it may not be mounted."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=711", "tmpfs", folder], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"No small disk can be made here, which takes root and tmpfs: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def elsewhere(transactional_db, small_disk):
    server = Own("DATABASE_URL", small_disk)
    with connected_to(server):
        yield server
    server.stop()


def fill(folder):
    """Take all space that is left. Returns the file that does."""
    ballast = Path(folder) / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(65536))
    return ballast


def upload(session, web):
    """The status of storing a long list: PostgreSQL has to make a file longer for it."""
    page = f"{web.url}/schools/harbour/import/file/"
    rows = "".join(f"9x,9,{secrets.token_hex(20)},Okoro\n" for _ in range(4_000))
    data = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    file = {"file": ("c.csv", f"class,year group,first name,surname\n{rows}")}
    return session.post(page, data, files=file, headers={"Referer": page}, timeout=60).status_code


def test_with_a_full_disk_pages_work_or_say_so_and_all_is_well_within_a_minute_of_space(
    process_env, elsewhere, world, small_disk
):
    env = process_env | {"DATABASE_URL": elsewhere.url}
    clients = browsers(world)
    sessions = {role: browser_of(clients[role]) for role in ("teacher", "lead")}
    lead = sessions["lead"]
    addresses = {url: name for url, name in everywhere(world).items() if name in PAGES}
    connection.close()

    with a_web(env) as web:
        before = statuses(web, sessions, addresses)
        lead.get(f"{web.url}/schools/harbour/", timeout=30)
        written = upload(lead, web)
        ballast = fill(small_disk)
        refused = [upload(lead, web) for _ in range(3)]
        full = statuses(web, sessions, addresses)
        ballast.unlink()
        freed = time.monotonic()
        elsewhere.revive()
        wait_for(lambda: statuses(web, sessions, addresses) == before, MINUTE_S, "pages do not work again")
        wait_for(lambda: upload(lead, web) == written, MINUTE_S, "nothing is written again")
        took = time.monotonic() - freed

    assert written == 200
    assert set(refused) == {503}
    assert [status for status in full if status >= 500 and status != 503] == []
    assert took < MINUTE_S
    print(f"pages while it was full: {({status: len(found) for status, found in full.items()})}; "
          f"all was well {took:.1f} s after there was space")  # fmt: skip


def test_a_redis_that_cannot_save_takes_no_writes_and_pages_open_all_the_same(
    process_env, own_redis, world, monkeypatch
):
    queue_at(own_redis.url, monkeypatch)
    sessions = {"lead": browser_of(browsers(world)["lead"])}
    addresses = {url: name for url, name in everywhere(world).items() if name.startswith(("sync:", "classes:"))}
    with a_web(process_env | {"REDIS_URL": own_redis.url}) as web, redis.Redis.from_url(own_redis.url) as client:
        before = statuses(web, sessions, addresses)
        client.config_set("dir", "/proc")  # where nothing can be saved
        client.config_set("save", "1 1")
        client.set("written", 1)
        wait_for(lambda: refuses(client), 30, "Redis still takes writes")
        full = statuses(web, sessions, addresses)
        health = requests.get(f"{web.url}/health/ready", timeout=30)
        client.config_set("save", "")
        wait_for(lambda: not refuses(client), 30, "Redis takes no writes")
        after = statuses(web, sessions, addresses)

    assert full.keys() <= before.keys()
    assert (health.status_code, health.json()["ok"]) == (200, True)
    assert "takes no writes" in health.json()["problems"]["redis"]
    assert after == before


def refuses(client):
    try:
        client.set("written", 2)
    except redis.ResponseError:
        return True
    return False
