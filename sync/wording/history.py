"""A school's runs: which of them a list shows, and a chart of its nights."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import sqrt

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.dateparse import parse_date

from sync.facts.kinds import KINDS
from sync.models import Change, SyncRun

NIGHTS = 60
BAR, HEIGHT = 10, 60  # of the chart, in its own units

OUTCOMES = {"changed": "Something changed", "waiting": "Something waited", "wrong": "Not synced"}
STEPS = {
    "read": "Reading from Wonde",
    "ours": "Reading what we hold",
    "decide": "Deciding",
    "apply": "Writing",
}


@dataclass(frozen=True)
class RunFilter:
    """Which runs a list shows. trigger, outcome: "" for all. first, last: dates in the school's calendar, or None."""

    trigger: str = ""
    outcome: str = ""
    first: date | None = None
    last: date | None = None

    @classmethod
    def asked(cls, request):
        trigger, outcome = request.GET.get("trigger", ""), request.GET.get("outcome", "")
        return cls(
            trigger if trigger in SyncRun.Trigger.values else "",
            outcome if outcome in OUTCOMES else "",
            _date(request.GET.get("from", "")),
            _date(request.GET.get("to", "")),
        )

    def apply(self, runs, zone):
        if self.trigger:
            runs = runs.filter(trigger=self.trigger)
        if self.first:
            runs = runs.filter(started_at__gte=_midnight(self.first, zone))
        if self.last:
            runs = runs.filter(started_at__lt=_midnight(self.last + timedelta(days=1), zone))
        return runs.filter(self._outcome()) if self.outcome else runs

    def _outcome(self):
        if self.outcome == "changed":
            return Exists(Change.objects.filter(run=OuterRef("pk")))
        if self.outcome == "waiting":
            return Q(status=SyncRun.Status.APPLIED) & ~Q(waiting=[])
        return Q(status__in=[SyncRun.Status.REFUSED, SyncRun.Status.FAILED])

    @property
    def is_narrow(self):
        return self != RunFilter()

    def choices(self):
        return {"triggers": SyncRun.Trigger.choices, "outcomes": OUTCOMES}


def _date(text):
    try:
        return parse_date(text)
    except ValueError:
        return None


def _midnight(day, zone):
    return datetime.combine(day, time.min, tzinfo=zone)


@dataclass(frozen=True)
class Night:
    """One date of the school's calendar. changes: rows changed; failed: not read in full. x, y, height: its bar."""

    day: date
    changes: int
    failed: bool
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Chart:
    """Changes per night, oldest first; `most` is the highest bar.

    The scale is a square root: on an even one a first import leaves nothing to see of the ordinary nights.
    """

    nights: list
    most: int

    @property
    def has_gaps(self):
        return any(night.failed for night in self.nights)

    @property
    def width(self):
        return len(self.nights) * BAR

    @property
    def height(self):
        return HEIGHT


def chart(school, now=None):
    """The last nights of a school, or None before it was read on two days. One query."""
    now = now or timezone.now()
    runs = SyncRun.objects.filter(school=school, started_at__gte=now - timedelta(days=NIGHTS)).order_by("started_at")
    numbers, read = {}, set()
    for started_at, status, counts in runs.values_list("started_at", "status", "counts"):
        day = timezone.localdate(started_at, school.zone)
        numbers[day] = numbers.get(day, 0) + changed(counts)
        if status == SyncRun.Status.APPLIED:
            read.add(day)
    if len(numbers) < 2:
        return None
    first, last = min(numbers), timezone.localdate(now, school.zone)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    most = max(numbers.values())
    nights = []
    for place, day in enumerate(days):
        height = round(HEIGHT * sqrt(numbers.get(day, 0) / most)) if most else 0
        height = max(height, 2) if numbers.get(day) else height
        nights.append(Night(day, numbers.get(day, 0), day not in read, place * BAR, HEIGHT - height, height))
    return Chart(nights, most)


@dataclass(frozen=True)
class ChangeFilter:
    """Which changes of a run a page shows. kind, verb: "" for all."""

    kind: str = ""
    verb: str = ""

    @classmethod
    def asked(cls, request):
        kind, verb = request.GET.get("kind", ""), request.GET.get("verb", "")
        return cls(kind if kind in KINDS else "", verb if verb in Change.Verb.values else "")

    def apply(self, changes):
        wanted = {name: value for name, value in (("kind", self.kind), ("verb", self.verb)) if value}
        return changes.filter(**wanted)

    def choices(self, run):
        """What a run has of each: kinds and verbs, as (value, words)."""
        kinds = [
            (name, KINDS[name].label) for name, verbs in run.counts.items() if name in KINDS and any(verbs.values())
        ]
        made = {verb for verbs in run.counts.values() for verb, number in verbs.items() if number}
        return {"kinds": kinds, "verbs": [(verb.value, verb.label) for verb in Change.Verb if verb.value in made]}


def changed(counts):
    """How many rows a run changed, of its `counts`; what is held has not changed."""
    return sum(number for verbs in counts.values() for verb, number in verbs.items() if verb != "held")


def steps(run):
    """[(step in words, seconds)] of a run, in their order."""
    return [(STEPS.get(name, name), milliseconds / 1000) for name, milliseconds in run.timings.items()]
