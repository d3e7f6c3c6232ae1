"""A sync that the learning product asked for, followed under an id given before any run exists.

Its row (`AskedSync`) is kept for a day. A worker that finds the school busy notes which run came instead.
"""

from django.utils import timezone

from sync.models import AskedSync, SyncRun
from sync.models.asked import KEPT

QUEUED = "queued"


def under_way(school):
    """What the product should follow, if it has already asked or a run is under way; None if a sync has to be
    queued."""
    last = find_all().filter(school=school, trigger=SyncRun.Trigger.API).order_by("-asked_at").first()
    if last:
        run = last.find_run()
        if run is None or run.status == SyncRun.Status.RUNNING:
            return last
    run = SyncRun.objects.filter(school=school, status=SyncRun.Status.RUNNING).first()
    if run is None:
        return None
    return AskedSync.objects.create(school=school, trigger=SyncRun.Trigger.API, run=run, over_at=timezone.now())


def find(asked_id):
    """The sync asked for under this id; None if there was none, or it is no longer kept."""
    return find_all().filter(pk=str(asked_id)).first()


def find_all():
    return AskedSync.objects.filter(asked_at__gt=timezone.now() - KEPT).select_related("run")
