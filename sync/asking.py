"""A sync that the learning product asked for, followed by a name given before any run exists.

The run begins when a worker is free. Until then, and for a day, the cache knows what was asked; a worker that finds the
school busy says which run came instead.
"""

import uuid
from datetime import datetime

from django.utils import timezone
from msgspec import Struct

from schools.caches import awaited
from sync.models import SyncRun

KEPT_S = 24 * 3600
QUEUED = "queued"


class Asked(Struct):
    """id: also of the task. run: what came of it, None while it waits for a worker."""

    id: str
    school_id: int
    at: datetime
    run: SyncRun | None = None

    @property
    def is_over(self):
        return self.run is not None and self.run.status != SyncRun.Status.RUNNING


def ask(school):
    """(what to follow, whether it still has to be queued). Asked twice, or while a run is under way: the same one."""
    before = awaited.get(_last(school.pk))
    asked = before and find(before)
    if asked and not asked.is_over:
        return asked, False
    asked = Asked(str(uuid.uuid4()), school.pk, timezone.now())
    awaited.set(_key(asked.id), {"school": school.pk, "at": asked.at}, KEPT_S)
    awaited.set(_last(school.pk), asked.id, KEPT_S)
    asked.run = SyncRun.objects.filter(school=school, status=SyncRun.Status.RUNNING).first()
    if asked.run:
        instead(asked.id, asked.run)
    return asked, asked.run is None


def instead(asked_id, run):
    """The school was busy: `run` is what `asked_id` follows."""
    known = awaited.get(_key(asked_id))
    if known:
        awaited.set(_key(asked_id), known | {"run": run.pk}, KEPT_S)


def forget(asked):
    """It could not be queued."""
    awaited.delete_many([_key(asked.id), _last(asked.school_id)])


def find(asked_id):
    """What became of it, or None for what was never asked or is forgotten."""
    known = awaited.get(_key(asked_id))
    if known is None:
        return None
    runs = SyncRun.objects.filter(school=known["school"])
    run = runs.filter(pk=known["run"]) if "run" in known else runs.filter(task_id=asked_id)
    return Asked(str(asked_id), known["school"], known["at"], run.order_by("-started_at").first())


def _key(asked_id):
    return f"asked:{asked_id}"


def _last(school_id):
    return f"asked-of:{school_id}"
