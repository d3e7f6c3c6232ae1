"""Where the benchmark runs: one PostgreSQL and Redis, databases by name, and a sandbox in a process of its own."""

import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from config.demo import PRODUCT
from config.embedded import services
from config.running.processes import die_with_parent, signal

PROJECT = Path(__file__).resolve().parent.parent.parent
DATA = PROJECT / ".data" / "bench"
TOKEN = "token-for-the-benchmark"
APPS = ("schools", "students", "classes", "parents", "sync")


class Place:
    """urls: of the servers that run; postmaster: PostgreSQL's process id."""

    def __init__(self, urls):
        self.urls = urls
        with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as server:
            backend = server.execute("SELECT pg_backend_pid()").fetchone()[0]
            # What it does in the background would fall on whoever runs meanwhile; parts call VACUUM where it matters.
            server.execute("ALTER SYSTEM SET autovacuum = off")
            server.execute("SELECT pg_reload_conf()")
            stat = Path(f"/proc/{backend}/stat").read_text()
        self.postmaster = int(stat.rpartition(") ")[2].split()[1])

    def env(self, database, sandbox="http://127.0.0.1:9", **more):
        """The environment of a process of the product: production mode, that database, that sandbox."""
        return os.environ | PRODUCT | self.urls | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DJANGO_DEBUG": "false",
            "DJANGO_SECRET_KEY": "for-the-benchmark-only-" + "0123456789abcdef" * 4,
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
            "SITE_URL": "http://127.0.0.1:8000",
            "ADDRESS_KEYS": "1:for-the-benchmark-only-0123456789abcdef",
            "SEALING_KEYS": "1:for-the-benchmark-only-abcdef0123456789",
            "WEEKLY_MAILS_PER_MINUTE": "0",
            "API_REQUESTS_PER_MINUTE": "1000000",
            "WONDE_TOKEN": TOKEN,
            "WONDE_BASE_URL": sandbox,
            "DATABASE_URL": self.url(database),
            "BENCH_POSTMASTER": str(self.postmaster),
        } | more  # fmt: skip

    def url(self, database):
        return urlsplit(self.urls["DATABASE_URL"])._replace(path=f"/{database}").geturl()

    def database(self, name, fresh=True):
        """A database with our tables, made anew or, with fresh=False, kept as long as our migrations stay the same.

        Returns its name in the server.
        """
        files = sorted(file for app in APPS for file in (PROJECT / app / "migrations").glob("[0-9]*.py"))
        version = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]
        template, name = f"empty_{version}", f"{name}_{version}"
        with psycopg.connect(self.urls["DATABASE_URL"], autocommit=True) as server:
            known = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
            for old in known:
                if re.fullmatch(r"\w+_[0-9a-f]{8}", old) and not old.endswith(version):
                    server.execute(f"DROP DATABASE {old} WITH (FORCE)")
            if template not in known:
                server.execute(f"DROP DATABASE IF EXISTS {template}_half WITH (FORCE)")
                server.execute(f"CREATE DATABASE {template}_half")
                migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"]
                subprocess.run(migrate, cwd=PROJECT, env=self.env(f"{template}_half"), check=True)
                server.execute(f"ALTER DATABASE {template}_half RENAME TO {template}")
            if fresh or name not in known:
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


@contextmanager
def place(data=DATA):
    """A `Place` for the length of a `with`; what its databases hold is kept in `data`."""
    given = {name: os.environ.pop(name) for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}
    try:
        with services(data) as urls:
            yield Place(urls)
    finally:
        os.environ |= given


class Sandbox:
    """The sandbox of a part. url: its address; schools: their Wonde ids."""

    def __init__(self, process, url, schools):
        self.process, self.url, self.schools = process, url, schools

    def control(self, method, path, body=None):
        """Ask a control page; returns its `data`."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", content, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)["data"]

    def happen(self, school, events):
        """Let events happen at a school, today."""
        return self.control("POST", f"schools/{school}/day", {"events": events, "new_day": False})["events"]

    def asked(self):
        """What was asked of Wonde's paths since the last `forget`, in order: paths with their queries."""
        lines = self.control("GET", "requests")
        return [line["path"] + ("?" + line["query"] if line["query"] else "") for line in lines]

    def forget(self):
        self.control("DELETE", "requests")

    @property
    def cpu_ms(self):
        """CPU it has used so far."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1_000_000


@contextmanager
def sandbox(schools=1, students=1200, cache_mb=256):
    """A `Sandbox` of so many secondary schools, for the length of a `with`."""
    command = [sys.executable, "-m", "sync.sandbox", "--port", "0", "--token", TOKEN, "--cache-mb", str(cache_mb)]
    command += ["--schools", str(schools), "--students", str(students)]
    with subprocess.Popen(
        command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, preexec_fn=die_with_parent(signal.SIGTERM)
    ) as process:
        assert process.stdout
        try:
            url = process.stdout.readline().split(" on ")[1].split("/v1.0/")[0]
            running = Sandbox(process, url, [])
            every = running.control("GET", "schools")
            running.schools = [entry["id"] for entry in every if entry["access"] == "approved"]
            yield running
        finally:
            process.terminate()
