"""Misbehaviour on request: which requests it strikes, and how often. What it does is in `strikes`."""

from __future__ import annotations

import time
from collections import deque
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from sync.sandbox.http.strikes import KINDS
from sync.sandbox.world import chance


class FaultError(ValueError):
    """A fault that cannot be set. The message is one sentence for the person who asked."""


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """A fault as asked for, and how often it has struck.

    path: a prefix or glob of the path below /v1.0/, such as "schools/*/students"; "" is every path
    query: text that the query must contain, such as "page=3"
    count: how often it strikes, None for always; after: how many matching requests pass first
    """

    kind: str
    path: str = ""
    query: str = ""
    count: int | None = None
    after: int = 0
    probability: float = 1.0
    parameters: dict[str, Any] = {}
    id: int = 0
    struck: int = 0
    passed: int = 0


class Faults:
    """The faults that are set, oldest first. seed: with a fault's number, decides when a probable one strikes."""

    def __init__(self, seed=0):
        self.seed = seed
        self.set: list[Fault] = []
        self._made = 0
        self._dice = {}
        self._times: dict[int, deque] = {}

    def add(self, content):
        """Set a fault from its JSON object. Raises FaultError, with nothing set."""
        try:
            fault = msgspec.convert(content, Fault)
        except msgspec.ValidationError as problem:
            raise FaultError(f"This is not a fault: {problem}.") from problem
        kind = KINDS.get(fault.kind)
        if kind is None:
            raise FaultError(f"There is no fault {fault.kind!r}; there are {', '.join(KINDS)}.")
        _check(fault, kind)
        fault.parameters = kind.takes | fault.parameters
        self._made += 1
        fault.id, fault.struck, fault.passed = self._made, 0, 0
        self._dice[fault.id] = chance.dice(self.seed, "fault", fault.id)
        self._times[fault.id] = deque()
        self.set.append(fault)
        return fault

    def clear(self, fault_id=None):
        """Remove all faults, or one. Returns how many were removed."""
        before = len(self.set)
        self.set = [fault for fault in self.set if fault_id not in (None, fault.id)]
        return before - len(self.set)

    def around(self, request, api):
        """The answer of `api`, or what the first fault that strikes makes of it.

        Returns (response, fault kind or None).
        """

        def answer(shift=0):
            return api.respond(request, shift)

        for fault in self.set:
            if self._strikes(fault, request) and (response := KINDS[fault.kind].strike(fault, request, answer)):
                fault.struck += 1
                return response, fault.kind
        return answer(), None

    def _strikes(self, fault, request):
        if not _matches(fault, request) or (fault.count is not None and fault.struck >= fault.count):
            return False
        fault.passed += 1
        if fault.passed <= fault.after:
            return False
        if fault.kind == "rate_limit":
            return self._over_rate(fault)
        return fault.probability >= 1 or self._dice[fault.id].random() < fault.probability

    def _over_rate(self, fault):
        """Whether this request is over the limit; sets `retry_after` to when there will be room again."""
        times, now = self._times[fault.id], time.monotonic()
        while times and times[0] <= now - 60:
            times.popleft()
        if len(times) < fault.parameters["per_minute"]:
            times.append(now)
            return False
        fault.parameters["retry_after"] = int(times[0] + 60 - now) + 1
        return True


def _matches(fault, request):
    path = "/".join(request.parts[1:])
    pattern = fault.path.strip("/").removeprefix("v1.0/")
    return (path.startswith(pattern) or fnmatchcase(path, pattern)) and fault.query in request.query


def _check(fault, kind):
    if not 0 <= fault.probability <= 1:
        raise FaultError("A fault's probability is between 0 and 1.")
    if fault.after < 0 or (fault.count is not None and fault.count < 1):
        raise FaultError("A fault's count is at least 1, and its after at least 0.")
    for name, value in fault.parameters.items():
        if name not in kind.takes:
            raise FaultError(f"Fault {fault.kind!r} takes no {name!r}; it takes {', '.join(kind.takes) or 'nothing'}.")
        default = kind.takes[name]
        allowed = (int, float) if isinstance(default, float) else type(default)
        unusable = not isinstance(value, allowed) or isinstance(value, bool)
        if unusable or (isinstance(value, int | float) and name not in ("difference", "rows") and value < 1e-3):
            raise FaultError(f"Fault {fault.kind!r}: {name!r} cannot be {value!r}.")
