"""All schools of a sandbox. Each is made when first asked for, and made again from its seed and journal if it has been
put away.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import OrderedDict
from datetime import datetime
from pathlib import Path

import msgspec

from sync.sandbox.events import days
from sync.sandbox.world.generator import make_world
from sync.sandbox.world.world import Profile

WORLDS_KEPT = 48  # schools with 1,000 students take about 4 MB each


class StateError(Exception):
    """The state file belongs to other schools, or cannot be read or written.

    The message is one sentence for a person.
    """


class Item(msgspec.Struct):
    """What was asked for on one day at a school; see days.run."""

    events: list[dict] | None
    new_day: bool
    at: datetime | None = None


class State(msgspec.Struct):
    """A state file: the first morning, a digest of the schools it belongs to, and what happened to each."""

    start: datetime
    schools: str
    journals: dict[str, list[Item]]


class Entry(msgspec.Struct):
    """A school and what happened to it. access, reason, listed_at and mis follow the journal, so that lists do not have
    to make the school. listed_at: since when it is in its lists; None from the first morning on."""

    profile: Profile
    access: str
    mis: str
    journal: list[Item] = []
    reason: str | None = None
    listed_at: datetime | None = None

    @property
    def id(self):
        return self.profile.id

    def follow(self, world):
        self.access, self.mis, self.reason, self.listed_at = world.access, world.mis, world.reason, world.listed_at


class Registry:
    """profiles: of every school Wonde knows here; start: aware UTC datetime, the first morning of every school's
    clock.
    """

    def __init__(self, profiles, start, state=None, kept=WORLDS_KEPT):
        self.start = start
        self.kept = kept
        self.entries = {profile.id: Entry(profile, profile.access, profile.mis) for profile in profiles}
        self._worlds: OrderedDict = OrderedDict()
        self._state = Path(state) if state else None
        if self._state:
            if not os.access(self._state.parent, os.W_OK):
                raise StateError(f"{self._state} cannot be written: there is no such folder, or it is not ours.")
            if self._state.exists():
                self._load()
            else:
                self._save()  # the first morning is remembered from the start, before any day has passed

    def world(self, school_id):
        """The school as it is now. Raises KeyError for an id that is not one of ours."""
        world = self._worlds.get(school_id)
        if world is None:
            entry = self.entries[school_id]
            world = make_world(entry.profile, self.start)
            self._replay(world, entry.journal)
            self._worlds[school_id] = world
            while len(self._worlds) > self.kept:
                _, away = self._worlds.popitem(last=False)
                away.changed()  # its index points back at it: a cycle that only the garbage collector would find
        else:
            self._worlds.move_to_end(school_id)
        return world

    def _replay(self, world, journal):
        try:
            for number, item in enumerate(journal):
                days.run(world, item, number)
        except days.EventError as problem:
            raise StateError(f"{self._state} no longer fits this version ({problem}): delete it.") from problem

    def revision(self, school_id):
        """Goes up with everything that happens to the school."""
        return len(self.entries[school_id].journal)

    def happen(self, school_id, item):
        """Make a journal item happen (see days.run) and remember it. Returns what happened.

        Raises days.EventError, with the school unchanged, if any of its events cannot be done.
        """
        entry = self.entries[school_id]
        world = self.world(school_id)
        try:
            report = days.run(world, item, len(entry.journal))
        except Exception:
            del self._worlds[school_id]  # half done: it is made again from the journal when next asked for
            raise
        entry.journal.append(item)
        entry.follow(world)
        self._save()
        return report

    def _identity(self):
        return [msgspec.to_builtins(entry.profile) for entry in self.entries.values()]

    def _save(self):
        if not self._state:
            return
        journals = {school: entry.journal for school, entry in self.entries.items() if entry.journal}
        content = msgspec.json.encode(State(self.start, digest(self._identity()), journals))
        draft = self._state.with_suffix(".part")
        draft.write_bytes(msgspec.json.format(content, indent=1))
        os.replace(draft, self._state)

    def _load(self):
        state = read_state(self._state)
        if state.schools != digest(self._identity()):
            raise StateError(f"{self._state} was written for other schools: start with the same options, or delete it.")
        for school, journal in state.journals.items():
            self.entries[school].journal = journal
            if any(event.get("event") in days.CHANGES_ENTRY for item in journal for event in item.events or ()):
                self.entries[school].follow(self.world(school))


def digest(content):
    """A short digest, to tell whether two lists of schools are the same."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_state(path):
    """A State from its file. Raises StateError if it is not one."""
    try:
        state = msgspec.json.decode(Path(path).read_bytes(), type=State)
        for journal in state.journals.values():
            for item in journal:
                days.check(item.events or [])
    except (OSError, msgspec.DecodeError, days.EventError) as problem:
        raise StateError(f"{path} is not a state file of the sandbox: {problem}.") from problem
    return state
