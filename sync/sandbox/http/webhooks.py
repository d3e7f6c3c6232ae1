"""Webhooks: what Wonde tells an app when a school approves, declines, revokes, or changes its MIS. Each is sent once,
while whoever made it happen waits, to one address on this machine; without an address it is only kept, to be looked at.
"""

from __future__ import annotations

import hashlib
import http.client
from collections import deque
from urllib.parse import urlsplit

import msgspec

from sync.sandbox import choices

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
KEPT = 500
PATIENCE_S = 2
OVERSIZED = 70_000  # bytes
TYPES = {
    "access_approved": "schoolApproved",
    "access_declined": "accessDeclined",
    "access_revoked": "accessRevoked",
    "announce_mis": "schoolMigration",
    "change_mis": "schoolMigration",
}
REASONS = {"accessDeclined": "declined", "accessRevoked": "revoked"}
FAULTS = {
    "twice": "each is sent twice",
    "late": "they are held until they are let go",
    "reversed": "held, and let go newest first",
    "numbers": "numbers where texts are documented",
    "unknown_type": "of a type that is not documented",
    "oversized": "with a value of 70 KB",
    "not_json": "a page of HTML",
}


class WebhookError(ValueError):
    """What was asked for cannot be. The message is one sentence for a person."""


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """address: to send to, null for none, left out for the one there is; faults: of FAULTS."""

    address: str | msgspec.UnsetType | None = msgspec.UNSET
    faults: list[str] = []


class _Forged(msgspec.Struct, forbid_unknown_fields=True):
    """A webhook about something that has not happened. more: further keys of its body."""

    school: str
    type: str
    more: dict[str, str | None] = {}


class Webhook(msgspec.Struct):
    """body: as it is sent. status: of the answer; the sentence of what went wrong; None if it was not sent."""

    type: str
    school: str
    body: str
    status: int | str | None = None


class Webhooks:
    """made: every webhook there was; held: those not let go yet."""

    def __init__(self, registry, address=None):
        self.registry = registry
        self.faults: list[str] = []
        self.made: deque[Webhook] = deque(maxlen=KEPT)
        self.held: list[Webhook] = []
        self.address = address and _checked(address)

    def describe(self):
        return {"address": self.address, "faults": self.faults, "held": len(self.held), "made": list(self.made)}

    def set(self, content):
        """Where they go, and how they misbehave, from a JSON object. Raises WebhookError."""
        wanted = _converted(content, _Wanted)
        if unknown := [name for name in wanted.faults if name not in FAULTS]:
            raise WebhookError(f"There is no fault {unknown[0]!r} of webhooks; there are {', '.join(FAULTS)}.")
        if wanted.address is not msgspec.UNSET:
            self.address = wanted.address and _checked(wanted.address)
        self.faults = wanted.faults
        return self.describe()

    def about(self, school_id, mis_before, happened):
        """Those about what `happened` at a school, as a day reports it. mis_before: the name of its MIS until then."""
        for event in happened:
            if kind := TYPES.get(event["event"]):
                self._make(school_id, kind, _said_of(event, mis_before))

    def forge(self, content):
        """One about something that has not happened. Raises WebhookError."""
        wanted = _converted(content, _Forged)
        self._make(wanted.school, wanted.type, wanted.more)
        return self.describe()

    def let_go(self):
        """Send what is held, in the order the faults say."""
        held, self.held = self.held, []
        for webhook in reversed(held) if "reversed" in self.faults else held:
            self._send(webhook)
        return self.describe()

    def _make(self, school_id, kind, more):
        kind = "schoolUpdated" if "unknown_type" in self.faults else kind
        said = {"payload_type": kind} | self._of_school(school_id, kind) | more
        if "numbers" in self.faults:
            said = {name: int(value) if str(value).isdecimal() else value for name, value in said.items()}
        if "oversized" in self.faults:
            said |= {"school_name": "x" * OVERSIZED}
        body = msgspec.json.encode(said).decode()
        if "not_json" in self.faults:
            body = "<!doctype html><title>Maintenance</title><p>Back soon."
        for _ in range(2 if "twice" in self.faults else 1):
            webhook = Webhook(kind, school_id, body)
            self.made.append(webhook)
            if {"late", "reversed"} & set(self.faults):
                self.held.append(webhook)
            else:
                self._send(webhook)

    def _of_school(self, school_id, kind):
        """Every value a text [documented]; a migration names only the school."""
        entry = self.registry.entries.get(school_id)
        if entry is None:
            return {"school_id": school_id}
        known = {"school_id": entry.id, "school_name": entry.profile.name}
        if kind == "schoolMigration":
            return known
        known |= {
            "school_la_code": entry.profile.la_code,
            "school_urn": str(entry.profile.urn),
            "school_establishment_number": entry.profile.establishment_number,
        }
        if reason := REASONS.get(kind):
            known[choices.REASON_KEYS[reason]] = entry.reason or ""
        if kind == "schoolApproved":  # like a token, and opens nothing here
            known["school_token"] = hashlib.sha256(f"token of {entry.id}".encode()).hexdigest()[:40]
        return known

    def _send(self, webhook):
        if self.address is None:
            return
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=PATIENCE_S)
        try:
            connection.request("POST", parts.path or "/", webhook.body.encode(), choices.WEBHOOK_HEADERS)
            webhook.status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as problem:
            webhook.status = f"not taken: {problem}"
        finally:
            connection.close()


def _said_of(event, mis_before):
    """What a webhook says of an event, beside the school."""
    match event["event"]:
        case "announce_mis":
            return {
                "migrate_from": mis_before, "migrate_to": event["mis"],
                "scheduled_at": event["scheduled_at"], "completed_at": None,
            }  # fmt: skip
        case "change_mis":
            return {
                "migrate_from": mis_before, "migrate_to": event["mis"],
                "scheduled_at": event["at"], "completed_at": event["at"],
            }  # fmt: skip
    return {}


def _converted(content, shape):
    try:
        return msgspec.convert(content, shape)
    except msgspec.ValidationError as problem:
        raise WebhookError(f"This says nothing of webhooks: {problem}.") from problem


def _checked(address):
    """The address, if it is on this machine: what is invented here goes nowhere else. Raises WebhookError."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname not in LOCAL_NAMES:
        raise WebhookError("Webhooks go to http://127.0.0.1 or localhost only.")
    return address
