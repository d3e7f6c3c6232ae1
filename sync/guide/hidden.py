"""How many people Wonde counts and does not show us: on WCBS, mostly those whose consent is not ticked.

Numbers only: Wonde names nobody whom it hides. What it hides for another reason (blocked in Wonde) is among them.
"""

from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone

from sync.models import SyncRun
from sync.wording.kinds import many

KINDS = ("students", "contacts", "employees")
BEFORE = (timedelta(days=7), timedelta(days=28))


class Hidden(NamedTuple):
    """One kind. now, and before (a week and four weeks ago): how many are hidden; None where Wonde did not count, or
    nothing was read."""

    label: str
    now: int | None
    before: list[int | None]


def of_school(school):
    """(when it was last read in full, [`Hidden`]); None and no rows before the first complete read."""
    runs, now = SyncRun.objects.complete().filter(school=school).order_by("-started_at", "-pk"), timezone.now()
    latest = runs.first()
    if latest is None:
        return None, []
    earlier = [runs.filter(started_at__lte=now - ago).first() for ago in BEFORE]
    return latest.ended_at, [
        Hidden(many(kind), _number(latest, kind), [_number(run, kind) for run in earlier]) for kind in KINDS
    ]


def _number(run, kind):
    beyond = run.beyond.get(kind) if run else None
    return None if beyond is None else max(beyond, 0)
