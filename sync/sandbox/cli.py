"""The command line: one definition for `python -m sync.sandbox` and `manage.py wonde_sandbox`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import re
import signal
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path

from sync.sandbox import choices
from sync.sandbox.events import days
from sync.sandbox.http import strikes, tls, webhooks
from sync.sandbox.http.app import Sandbox
from sync.sandbox.http.server import Server
from sync.sandbox.http.webhooks import WebhookError
from sync.sandbox.registry import Registry, StateError, read_state
from sync.sandbox.world import catalogue, profiles

DESCRIPTION = """\
A stand-in for Wonde's API. It invents schools from a seed, lets school days pass on command, and misbehaves on request.
Everyone in it is invented. Where Wonde's behaviour is not known, sync/sandbox/choices.py says what was chosen."""

GC_THRESHOLDS = (50_000, 20, 50)  # schools and pages live long; with fewer collections new pages take a third


def _epilog():
    events = "\n".join(f"  {name:<24}{event.help}" for name, event in days.EVENTS.items())
    kinds = "\n".join(f"  {name:<24}{kind.help}" for name, kind in strikes.KINDS.items())
    of_webhooks = "\n".join(f"  {name:<24}{told}" for name, told in webhooks.FAULTS.items())
    return f"""\
control pages (this machine only):
  GET  /_sandbox/                    a page with buttons
  GET  /_sandbox/schools             every school, its access and the days that have passed
  POST /_sandbox/schools/ID/day      {{}} for an ordinary day, or {{"events": [{{"event": "leave", "count": 3}}]}};
                                     "new_day": false keeps the clock where it is,
                                     "at": "2026-10-05T14:30:00Z" moves it there
  GET  /_sandbox/events              every event and what it takes
  GET, POST, DELETE /_sandbox/faults {{"kind": "server_error", "path": "schools/*/students", "query": "page=3",
                                     "count": 1, "after": 0, "probability": 1, "parameters": {{}}}}
  GET, DELETE /_sandbox/requests     what was asked, without tokens
  GET, POST /_sandbox/webhooks       those that were made; {{"address": "http://127.0.0.1:8000/…", "faults": ["twice"]}}
  POST /_sandbox/webhooks/forge      {{"school": ID, "type": "accessRevoked", "more": {{}}}}, though nothing happened
  POST /_sandbox/webhooks/let-go     those that are held
  GET  /_sandbox/mail/               the mail that was sent to --smtp-port

events:
{events}

faults:
{kinds}

faults of webhooks:
{of_webhooks}

the demo's schools:
  {catalogue.SECONDARY}  secondary of 1,200 (SIMS)
  {catalogue.PRIMARY}  primary of 420 that publishes no classes (Arbor)
  {catalogue.INDEPENDENT}  independent school of 600 (WCBS)"""


def add_arguments(parser):
    """Add the sandbox's options to any argparse parser."""
    parser.description = DESCRIPTION
    parser.epilog = _epilog()
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--demo", action="store_true", help="the three demo schools, whose ids never change")
    parser.add_argument(
        "--schools", type=_between(1, 20_000), default=1, metavar="N", help="how many schools, default 1"
    )
    parser.add_argument(
        "--students", type=_between(10, 5_000), default=1200, metavar="N", help="students in each school, default 1200"
    )
    parser.add_argument("--seed", default="7", help="any text; the same seed gives the same schools, default 7")
    parser.add_argument("--mis", choices=profiles.MIS, default="sims", help="default sims")
    parser.add_argument("--country", choices=profiles.COUNTRIES, default="england", help="default england")
    parser.add_argument(
        "--phase",
        choices=profiles.PHASES,
        default="secondary",
        help="default secondary; a primary publishes no classes",
    )
    parser.add_argument(
        "--date",
        type=_day,
        metavar="YYYY-MM-DD",
        help="first day of the sandbox's own clock, default today; an existing state keeps its own",
    )
    parser.add_argument("--live", action="store_true", help="every day happens now, by this machine's clock")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="remember the days that passed in FILE; default: forget"
    )
    parser.add_argument("--token", type=_token, default=choices.DEMO_TOKEN, help=f"default {choices.DEMO_TOKEN}")
    parser.add_argument(
        "--cache-mb", type=_between(1, 100_000), default=256, metavar="N", help="memory for finished pages, default 256"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on, default 127.0.0.1")
    parser.add_argument(
        "--port", type=_between(0, 65_535), default=8321, help="default 8321; 0 takes a free one and prints it"
    )
    parser.add_argument(
        "--smtp-port", type=_between(0, 65_535), default=0, metavar="N",
        help="take mail here too and show it at /_sandbox/mail/; default: do not",
    )  # fmt: skip
    parser.add_argument(
        "--webhooks", default="", metavar="URL", help="of this machine, where webhooks are sent; default: nowhere"
    )
    parser.add_argument(
        "--tls", action="store_true", help="HTTPS, for localhost and Wonde's host names, with a certificate made here"
    )
    parser.add_argument(
        "--tls-dir", type=Path, default=Path(".data/sandbox-tls"), metavar="DIR", help="where the certificate is kept"
    )


def _between(least, most):
    def number(text):
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return number


def _day(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-10-05") from None


def _token(text):
    if not re.fullmatch(r"[!-~]{8,200}", text) or ":" in text:
        raise argparse.ArgumentTypeError("a token is 8 to 200 printable characters without spaces and colons")
    return text


def build(options):
    """A Sandbox from parsed options. Raises StateError, WebhookError."""
    if options.state and options.state.exists():
        start = read_state(options.state).start
    else:
        start = datetime.combine(options.date or datetime.now(UTC).date(), time(5, 0), UTC)
    if options.demo:
        known = catalogue.demo_schools(options.seed, start)
    else:
        known = catalogue.invented_schools(
            options.seed, start, options.schools, options.students, options.mis, options.country, options.phase
        )
    registry = Registry([*known, *catalogue.strangers(options.seed, start, options.country)], start, options.state)
    return Sandbox(registry, options.token, options.seed, options.cache_mb * 1_000_000, options.live, options.webhooks)


async def serve(options, say):
    """Serve until SIGINT or SIGTERM. say: takes each line meant for the person who started it. Raises OSError,
    StateError, WebhookError."""
    sandbox = build(options)
    context = tls.server_context(options.tls_dir) if options.tls else None
    server = Server(sandbox.handle, options.host, options.port, context)
    await server.start()
    post = await sandbox.mailbox.serve(options.host, options.smtp_port) if options.smtp_port else None
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    say(f"Wonde sandbox on {server.scheme}://{options.host}:{server.port}/v1.0/ (pages at /_sandbox/)")
    say(f"Token {options.token}")
    if options.tls:
        say(f"Certificate authority {tls.authority_path(options.tls_dir)}")
    for entry in list(sandbox.registry.entries.values())[:5]:
        if entry.access == "approved":
            say(f"School {entry.id} {entry.profile.name}")
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    if post:
        post.close()
    await server.stop()


def run(options, say=print):
    """Serve as the options say. Returns the exit status; anything that goes wrong is one sentence on stderr."""
    try:
        asyncio.run(serve(options, lambda line: say(line, flush=True) if say is print else say(line)))
    except (StateError, WebhookError) as problem:
        return _fail(str(problem))
    except OSError as problem:
        return _fail(
            f"Cannot listen on {options.host}:{options.port}: {problem.strerror or problem}. Choose another --port."
        )
    return 0


def _fail(sentence):
    print(sentence, file=sys.stderr)
    return 1


def main(arguments):
    """`python -m sync.sandbox`. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sync.sandbox")
    add_arguments(parser)
    return run(parser.parse_args(arguments))
