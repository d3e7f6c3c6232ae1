"""The control pages below /_sandbox/: days, faults, requests so far. For this machine only, without a password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from sync.sandbox.events import days
from sync.sandbox.events.picking import EventError
from sync.sandbox.http import faults, strikes, webhooks
from sync.sandbox.http.messages import NOT_FOUND, Response, error, json_response
from sync.sandbox.http.page import front_page
from sync.sandbox.http.webhooks import LOCAL_NAMES, WebhookError
from sync.sandbox.registry import Item
from sync.sandbox.world import profiles

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Control:
    """registry, faults, webhooks: what is controlled; asked: the request log, a deque of objects; mailbox: what the
    demo sent; live: every day asked for happens now.
    """

    def __init__(self, registry, fault_set, asked, mailbox, webhooks, live=False):
        self.webhooks = webhooks
        self.live = live
        self.mailbox = mailbox
        self.registry = registry
        self.faults = fault_set
        self.asked = asked

    def respond(self, request):
        """The answer to a control request. Bad input is a 400 with one sentence, and changes nothing."""
        if refusal := _refusal(request):
            return refusal
        try:
            return self._answer(request)
        except (EventError, faults.FaultError, WebhookError) as problem:
            return error(400, "bad_request", str(problem))

    def _answer(self, request):
        match request.method, request.parts[1:]:
            case "GET", []:
                return Response(200, front_page(self).encode(), "text/html; charset=utf-8")
            case "GET", ["schools"]:
                return json_response({"data": [self.school(entry) for entry in self.registry.entries.values()]})
            case "GET", ["schools", school_id] if school_id in self.registry.entries:
                return json_response({"data": self.school(self.registry.entries[school_id])})
            case "POST", ["schools", school_id, "day"] if school_id in self.registry.entries:
                return json_response({"data": self.happen(school_id, self.day(request.body))})
            case "GET", ["events"]:
                return json_response({"data": describe_events()})
            case "GET", ["faults"]:
                kinds = {name: {"help": kind.help, "parameters": kind.takes} for name, kind in strikes.KINDS.items()}
                return json_response({"data": self.faults.set, "kinds": kinds})
            case "POST", ["faults"]:
                return json_response({"data": self.faults.add(_json(request.body))}, 201)
            case "DELETE", ["faults"]:
                return json_response({"data": {"removed": self.faults.clear()}})
            case "DELETE", ["faults", number] if number.isdigit():
                return json_response({"data": {"removed": self.faults.clear(int(number))}})
            case "GET", ["webhooks"]:
                return json_response({"data": self.webhooks.describe(), "faults": webhooks.FAULTS})
            case "POST", ["webhooks"]:
                return json_response({"data": self.webhooks.set(_json(request.body))})
            case "POST", ["webhooks", "forge"]:
                return json_response({"data": self.webhooks.forge(_json(request.body))}, 201)
            case "POST", ["webhooks", "let-go"]:
                return json_response({"data": self.webhooks.let_go()})
            case "GET", ["mail", *parts]:
                return self.mailbox.respond(parts, request.params.get("to", ""))
            case "GET", ["requests"]:
                return json_response({"data": list(self.asked)})
            case "DELETE", ["requests"]:
                self.asked.clear()
                return json_response({"data": []})
        return error(*NOT_FOUND)

    def happen(self, school_id, item):
        """Let a day happen, and the webhooks about it go out. Returns what happened. Raises EventError."""
        before = profiles.MIS[self.registry.entries[school_id].mis].name
        report = self.registry.happen(school_id, item)
        self.webhooks.about(school_id, before, report["events"])
        return report

    def day(self, body):
        """A journal item as asked for; in a live sandbox it happens now unless it says when. Raises EventError."""
        item = day_item(body)
        if self.live and item.at is None:
            item.at = datetime.now(UTC)
        return item

    def school(self, entry):
        """What the control pages say about a school, without making it."""
        profile = entry.profile
        return {
            "id": profile.id,
            "name": profile.name,
            "mis": entry.mis,
            "country": profile.country,
            "phase": profile.phase,
            "students": profile.students,
            "access": entry.access,
            "days": sum(item.new_day for item in entry.journal),
        }


def day_item(body):
    """A journal item from the body of a day request: {} for an ordinary day, {"events": […], "new_day": false} or
    {"events": […], "at": "2026-10-05T14:30:00Z"} for others.

    Raises EventError.
    """
    content = _json(body or b"{}")
    if not isinstance(content, dict) or content.keys() - {"events", "new_day", "at"}:
        raise EventError('A day is an object with "events" (a list), "new_day" (true or false) and "at", all optional.')
    new_day = content.get("new_day", True)
    if not isinstance(new_day, bool):
        raise EventError('"new_day" is true or false.')
    events = content.get("events")
    if events is not None:
        days.check(events)
    return Item(events, new_day, _moment(content["at"]) if "at" in content else None)


def describe_events():
    """Every event with what it takes, for people and programs."""
    return [
        {
            "event": name,
            "help": event.help,
            "parameters": {parameter: meaning for parameter, (_, meaning) in event.takes.items()},
            "needs": list(event.needs),
        }
        for name, event in days.EVENTS.items()
    ]


def _moment(text):
    try:
        return msgspec.convert(text, Moment).astimezone(UTC)
    except msgspec.ValidationError:
        raise EventError('"at" is a moment with its offset, such as 2026-10-05T14:30:00Z.') from None


def _json(body):
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as problem:
        raise EventError(f"The body is not JSON: {problem}.") from problem


def _refusal(request):
    """Control is for this machine: no other peer, no other name, no page of another site."""
    host = urlsplit(f"//{request.host}").hostname
    if (request.peer is not None and not _loopback(request.peer)) or host not in LOCAL_NAMES:
        return error(403, "forbidden", "The sandbox is controlled from its own machine only.")
    origin = request.headers.get("origin")
    if request.method not in ("GET", "HEAD") and origin is not None and origin != request.base:
        return error(403, "forbidden", "A page of another site may not control the sandbox.")
    return None


def _loopback(peer):
    return peer == "::1" or peer.startswith("127.") or peer.startswith("::ffff:127.")
