"""Makes days pass in a running sandbox, from the command line: one definition for `manage.py sandbox_day` and
Python."""

from __future__ import annotations

import argparse
import http.client
import json
import sys
from urllib.parse import urlsplit

TIMEOUT_S = 120


class DayError(Exception):
    """The day did not pass. The message is one sentence with the next step."""


def add_arguments(parser, url="http://127.0.0.1:8321"):
    """Add the command's options to any argparse parser. url: of the sandbox, unless --url says otherwise"""
    parser.description = (
        "Let a school day pass in a running Wonde sandbox: an ordinary one, or exactly the events asked for."
    )
    parser.add_argument("school", nargs="*", help="Wonde ids of schools; none: every school that approved the app")
    parser.add_argument("--url", default=url, help="of the sandbox, default %(default)s")
    parser.add_argument(
        "--event",
        action="append",
        type=_event,
        metavar="JSON",
        help="""an event such as '{"event": "leave", "count": 3}', or just its name; may be repeated""",
    )
    parser.add_argument("--same-day", action="store_true", help="the sandbox's clock stays where it is")


def _event(text):
    try:
        event = json.loads(text) if text.lstrip().startswith("{") else {"event": text}
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {problem}") from None
    return event


def run(options, say=print):
    """Let the day pass and say what happened, one line for each event. Returns the exit status."""
    body = {"new_day": not options.same_day}
    if options.event:
        body["events"] = options.event
    try:
        schools = options.school or [
            school["id"] for school in ask(options.url, "GET", "schools") if school["access"] == "approved"
        ]
        for school in schools:
            report = ask(options.url, "POST", f"schools/{school}/day", body)
            say(f"{school} {report['date']}: {len(report['events'])} events")
            for event in report["events"]:
                details = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
                say(f"  {event['event']}: {details}")
    except DayError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def ask(url, method, path, body=None):
    """The `data` of a control page. url: of the sandbox; path: below /_sandbox/. Raises DayError."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise DayError(f"{url} is not the address of a sandbox, such as http://127.0.0.1:8321.")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_S)
    try:
        connection.request(method, f"/_sandbox/{path}", None if body is None else json.dumps(body))
        response = connection.getresponse()
        content = json.loads(response.read())
    except OSError as problem:
        raise DayError(
            f"No sandbox answers at {url} ({problem}). Start it with `manage.py wonde_sandbox`."
        ) from problem
    except (http.client.HTTPException, ValueError) as problem:
        raise DayError(f"What answers at {url} is not a sandbox.") from problem
    finally:
        connection.close()
    if response.status >= 400:
        raise DayError(f"The sandbox refused: {content.get('error_description')}")
    return content["data"]
