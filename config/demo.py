"""The whole product on one machine, for `make demo`: PostgreSQL, Redis, the Wonde sandbox, web, worker and beat.

Everything it keeps is in `.data`; everything it starts stops with it. Every refusal is one sentence on stderr.
"""

import base64
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from config.embedded import EmbeddedError, forget, free_port, services
from config.running.processes import adopt_orphans, die_with_parent, end_descendants, interrupted
from schools.signing_keys import make_signing_key
from sync.sandbox.wcbs.certificates import authority_path
from sync.sandbox.wcbs.faults import HOSTS
from sync.sandbox.world import profiles

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / ".data"
START_LIMIT_S = 60
STOP_PATIENCE_S = 10
PAST = timedelta(weeks=6)
PORTS = {
    "WEB_PORT": 8000,
    "SANDBOX_PORT": 8321,
    "SANDBOX_SMTP_PORT": 8322,
    "WCBS_PORT": 8323,
    "POSTGRES_PORT": 54320,
    "REDIS_PORT": 63790,
}
PRODUCT = {
    "PRODUCT_NAME": "Times Tables Club",
    "PRODUCT_URL": "https://product.example.org",
    "SUPPORT_EMAIL": "help@example.org",
    "PRIVACY_URL": "https://product.example.org/privacy",
}
DEMO_CALLBACK = "http://127.0.0.1:8099/callback"  # of the example product in docs/sign-in.md
IN_RUNNING_DEMO = {  # what can be asked of it from another terminal, and the management command that does it
    "next-day": ["demo_next_day"],
    "next-week": ["demo_next_week"],
    "support-code": ["demo_support_code"],
    "product-client": ["product_client", DEMO_CALLBACK],
}
SECRETS = {
    "DJANGO_SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "WONDE_TOKEN": lambda: secrets.token_hex(20),
    "DEMO_PASSWORD": lambda: f"demo-{secrets.token_hex(2)}-{secrets.token_hex(2)}",
    "DEMO_TOTP_SECRET": lambda: base64.b32encode(secrets.token_bytes(20)).decode(),
    "ADDRESS_KEYS": lambda: f"1:{secrets.token_hex(32)}",
    "SEALING_KEYS": lambda: f"1:{secrets.token_hex(32)}",
    "OIDC_PRIVATE_KEYS": make_signing_key,
    "WONDE_HOOK_SECRETS": lambda: secrets.token_hex(32),
}


class DemoError(Exception):
    """The demo cannot go on; the text is one sentence that says why and what to do."""


class AlreadyRunningError(DemoError):
    """A demo is already running in this folder."""


class Stopped(BaseException):
    """Raised on a signal, so that every block stops what it started on the way out."""


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold the demo's lock. Raises AlreadyRunningError, and DemoError when `data` cannot be written."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "lock").open("w")
    except OSError as error:
        raise DemoError(
            f"{data} cannot be written ({error.strerror}): give this user write access to it, or move the project to "
            "a folder where it has that."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(
                "The demo of this folder is running: stop it with Ctrl-C where it runs."
            ) from None
        yield


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def choose_ports(environment: Mapping[str, str]) -> dict[str, int]:
    """A port for each of PORTS: what the environment asks for, else the usual one.

    Nobody types any port but the web's: if another usual one is taken, any free one will do.
    Raises DemoError if a port is not a number or is taken.
    """
    chosen = {}
    for name, usual in PORTS.items():
        asked = environment.get(name, "")
        if asked and not (asked.isdecimal() and 0 < int(asked) < 65536):
            raise DemoError(f"{name} is {asked!r}: set it to a port number between 1 and 65535.")
        port = int(asked or usual)
        if not port_is_free(port):
            if asked or name == "WEB_PORT":
                raise DemoError(
                    f"Port {port} is taken: stop what uses it or choose another: {name}={port + 10} make demo"
                )
            port = free_port()
        chosen[name] = port
    return chosen


def remembered(data: Path) -> dict[str, str]:
    """Keys, password and token of this demo, made on its first start. Only their owner may read the file."""
    file = data / "secrets.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    made = {name: make() for name, make in SECRETS.items() if name not in known}
    if made:  # the first start, or the first since a secret was added
        file.touch(mode=0o600)
        file.write_text(json.dumps(made | known))
    return made | known


def first_day(today: date) -> date:
    """The first day of the past of a demo that starts today: six weeks ago, but never in an earlier school year."""
    year = profiles.academic_year_of("england", today)
    return max(today - PAST, profiles.academic_year_start("england", year))


def environment(data: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """The environment of the demo's parts: production mode, on this machine's addresses only."""
    known, site = remembered(data), f"http://127.0.0.1:{ports['WEB_PORT']}"
    return {
        **PRODUCT,
        **known,
        **{name: str(port) for name, port in ports.items()},
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DJANGO_DEBUG": "false",
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SITE_URL": site,
        "SANDBOX_WEBHOOKS": f"{site}/hooks/wonde/{known['WONDE_HOOK_SECRETS']}/",
        "WCBS_TLS": str(data / "wcbs"),
        "OUTSIDE_ALLOW_HOSTS": ",".join(f"{host}:{ports['WCBS_PORT']}" for host in HOSTS),
        "OUTSIDE_ALLOW_CA": str(authority_path(data / "wcbs")),
        "WONDE_BASE_URL": f"http://127.0.0.1:{ports['SANDBOX_PORT']}",
        "EMAIL_URL": f"smtp://127.0.0.1:{ports['SANDBOX_SMTP_PORT']}",
        "WEEKLY_FROM_ADDRESS": "weekly@news.example.org",
        "STATIC_ROOT": str(data / "static"),
        "SANDBOX_STATE": str(data / "sandbox.json"),
        "SANDBOX_DATE": str(first_day(datetime.now(UTC).date())),
        "ROLLBOOK_DEMO": str(data),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }


def start(command: list[str], env: Mapping[str, str], **options) -> subprocess.Popen:
    """A program of ours in a session of its own: Ctrl-C reaches only us, and we stop it."""
    preexec = die_with_parent(signal.SIGTERM)
    return subprocess.Popen(command, cwd=PROJECT, env=env, start_new_session=True, preexec_fn=preexec, **options)


def check_parent(parent: int) -> None:
    """Stop if make has gone, or was sent a SIGINT that it did not pass on."""
    if os.getppid() != parent or interrupted(parent):
        raise Stopped


def manage(*arguments: str, env: Mapping[str, str], parent: int) -> None:
    """Run a management command to its end. Raises DemoError if it fails; it has already said why."""
    process = start([sys.executable, "manage.py", *arguments], env)
    while process.poll() is None:
        check_parent(parent)
        time.sleep(0.05)
    if process.returncode:
        raise DemoError(
            f"`manage.py {arguments[0]}` failed and says why above. If .data is from another version of Rollbook, "
            "`make reset` forgets it."
        )


def wait_for(url: str, part: str, honcho: subprocess.Popen, log: Path, parent: int) -> None:
    """Wait until `url` answers anything. Raises DemoError if a part has stopped or START_LIMIT_S have passed."""
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        check_parent(parent)
        if honcho.poll() is not None:
            raise DemoError(f"A part of the demo stopped while starting: {last_words(log)}")
        try:
            urlopen(url, timeout=2).close()  # noqa: S310 our own address
        except HTTPError:
            return  # that is an answer too
        except OSError:
            pass  # not yet
        else:
            return
        if time.monotonic() > deadline:
            raise DemoError(f"{part} did not answer within {START_LIMIT_S} s: {last_words(log)}")
        time.sleep(0.1)


def last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join([f"the end of {log}:", *lines[-20:]])


def run(data: Path) -> None:
    """Start everything, get it ready, print how to use it, and wait. Ends with DemoError or Stopped."""
    parent = os.getppid()
    adopt_orphans()
    with only_one(data):
        ports = choose_ports(os.environ)
        (data / "ports.json").write_text(json.dumps(ports))
        os.environ |= environment(data, ports)
        print("Starting PostgreSQL and Redis", flush=True)
        try:
            by_variable = {"DATABASE_URL": ports["POSTGRES_PORT"], "REDIS_URL": ports["REDIS_PORT"]}
            with services(data, ports=by_variable) as urls:
                run_parts(data, os.environ | urls, parent)
        finally:
            end_descendants(STOP_PATIENCE_S)


def run_parts(data: Path, env: Mapping[str, str], parent: int) -> None:
    """Bring the database up to date, live through the past, start what works there, and say when it is ready."""
    ready = data / "urls.json"  # exists while the demo is ready for its other commands
    ready.unlink(missing_ok=True)
    print("Bringing the database up to date", flush=True)
    manage("migrate", "--no-input", "--verbosity=0", env=env, parent=parent)
    manage("collectstatic", "--no-input", "--verbosity=0", env=env, parent=parent)
    print("Starting the Wonde sandbox", flush=True)
    log = data / "demo.log"
    log.write_bytes(b"")
    with started("Procfile.demo", env, log) as sandbox:
        wait_for(env["WONDE_BASE_URL"], "The Wonde sandbox", sandbox, log, parent)
        manage("demo_past", env=env, parent=parent)  # before beat and the workers, which live in the present
        print("Starting web, worker and beat", flush=True)
        with started("Procfile", env, log) as product:
            wait_for(env["SITE_URL"], "The web server", product, log, parent)
            manage("demo_ready", env=env, parent=parent)
            ready.touch(mode=0o600)
            ready.write_text(json.dumps({name: env[name] for name in ("DATABASE_URL", "REDIS_URL")}))
            try:
                while sandbox.poll() is None and product.poll() is None:
                    check_parent(parent)
                    time.sleep(0.2)
            finally:
                ready.unlink(missing_ok=True)
            raise DemoError(f"A part of the demo stopped, so all of it did: {last_words(log)}")


@contextmanager
def started(procfile: str, env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """The processes that `procfile` names, until the block ends. Their output is added to `log`."""
    command = [sys.executable, "-m", "honcho", "--app-root", str(PROJECT), "--procfile", procfile, "start"]
    with log.open("ab") as output:
        honcho = start(command, env, stdout=output, stderr=output)
    try:
        yield honcho
    finally:
        honcho.terminate()
        with suppress(subprocess.TimeoutExpired):
            honcho.wait(STOP_PATIENCE_S)


def running_environment(data: Path) -> dict[str, str]:
    """The environment of the demo running in `data`. Raises DemoError if none is."""
    try:
        with only_one(data):
            raise DemoError("The demo is not running: start it with `make demo` in another terminal.")
    except AlreadyRunningError:
        try:
            ports, urls = (json.loads((data / name).read_text()) for name in ("ports.json", "urls.json"))
        except FileNotFoundError:
            raise DemoError("The demo is not ready: wait until `make demo` says how to sign in.") from None
    return os.environ | environment(data, ports) | urls


def in_running_demo(data: Path, *command: str) -> None:
    env = running_environment(data)
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=PROJECT, env=env)
    if done.returncode:
        raise DemoError(f"`manage.py {command[0]}` failed; it says why above.")


def reset(data: Path) -> None:
    if data.exists():
        with only_one(data):
            forget(data)
    print("The demo's data is forgotten: `make demo` starts afresh.")


def stop(*_) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # we are already stopping, which takes seconds
    raise Stopped


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["run"]:
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, stop)
                run(DATA)
            case ["reset"]:
                reset(DATA)
            case [command] if command in IN_RUNNING_DEMO:
                in_running_demo(DATA, *IN_RUNNING_DEMO[command])
            case _:
                print(f"usage: python -m config.demo {'|'.join(['run', *IN_RUNNING_DEMO, 'reset'])}", file=sys.stderr)
                return 2
    except (DemoError, EmbeddedError) as error:
        print(error, file=sys.stderr)
        return 1
    except Stopped:
        print("\nStopped. Your data is kept for the next `make demo`; `make reset` forgets it.")
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
