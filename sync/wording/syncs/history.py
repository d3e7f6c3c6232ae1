"""A school's syncs: which of them a list shows, a chart of its nights, and whom of one a page shows."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import sqrt

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.dateparse import parse_date

from sync.models import Change, SyncRun
from sync.wording.syncs import whom

NIGHTS = 42
# Of the chart, in pixels: a column is wide enough for a finger, the least bar high enough to be seen.
COLUMN, HEIGHT, BASE, SEEN, LINE, MARGIN = 24, 120, 144, 3, 14, 8
MARKS = [0, *(number * power for power in (1, 10, 100, 1_000) for number in (1, 2, 5))]
MONDAY = 0

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
    """One date of the school's calendar. people: how many people and classes changed; failed: not read in full. runs:
    ids of its syncs. x, y, height: its bar."""

    day: date
    people: int
    failed: bool
    runs: list[int]
    x: int
    y: float
    height: float

    @property
    def middle(self):
        return self.x + COLUMN // 2

    @property
    def is_told(self):
        """Whether there is something to open."""
        return bool(self.runs) and (self.people > 0 or self.failed)


@dataclass(frozen=True)
class Chart:
    """People and classes changed per night, oldest first. marks: the scale, as (number, y).

    The scale is a square root: on an even one a first import leaves nothing to see of the ordinary nights.
    """

    nights: list[Night]
    most: int
    marks: list[tuple[int, float]]

    @property
    def has_gaps(self):
        return any(night.failed for night in self.nights)

    @property
    def weeks(self):
        """The nights that get a date below them."""
        return [night for night in self.nights if night.day.weekday() == MONDAY]

    @property
    def width(self):
        return len(self.nights) * COLUMN + 2 * MARGIN


def chart(school, now=None):
    """The last nights of a school, or None before it was synced on two days. As many queries whatever happened."""
    now = now or timezone.now()
    since = datetime.combine(timezone.localdate(now, school.zone) - timedelta(days=NIGHTS - 1), time.min, school.zone)
    runs = SyncRun.objects.filter(school=school, started_at__gte=since).order_by("started_at", "pk")
    by_day, read = {}, set()
    for pk, started_at, status in runs.values_list("pk", "started_at", "status"):
        day = timezone.localdate(started_at, school.zone)
        by_day.setdefault(day, []).append(pk)
        if status == SyncRun.Status.APPLIED:
            read.add(day)
    if len(by_day) < 2:
        return None
    people = whom.how_many(Change.objects.filter(run__school=school, run__started_at__gte=since))
    numbers = {day: sum(people[pk] for pk in pks) for day, pks in by_day.items()}
    first, last, most = min(by_day), timezone.localdate(now, school.zone), max(numbers.values())
    nights = []
    for place in range((last - first).days + 1):
        day = first + timedelta(days=place)
        number = numbers.get(day, 0)
        height = max(_height(number, most), SEEN) if number else 0
        x = MARGIN + place * COLUMN
        nights.append(Night(day, number, day not in read, by_day.get(day, []), x, BASE - height, height))
    marks = [mark for mark in MARKS if mark <= most] if most else []
    return Chart(nights, most, _apart([(mark, BASE - _height(mark, most)) for mark in marks]))


def _height(number, most):
    return round(HEIGHT * sqrt(number / most), 1)


def _apart(marks):
    """The marks of a scale of which none is written over the one above it."""
    kept = []
    for number, y in reversed(marks):
        if not kept or y - kept[-1][1] >= LINE:
            kept.append((number, y))
    return kept


def groups(lines):
    """What a sync has of each group: (code, heading, number), in their order; those with nobody are left out."""
    numbers = Counter(line.group for line in lines)
    return [(code, heading, numbers[code]) for code, heading in whom.GROUPS.items() if numbers[code]]


def steps(run):
    """[(step in words, seconds)] of a run, in their order."""
    return [(STEPS.get(name, name), milliseconds / 1000) for name, milliseconds in run.timings.items()]
