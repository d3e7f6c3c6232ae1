"""What a sync that had to hold somebody asks Wonde beside: whether the MIS has deleted them. Kept with each hold."""

from datetime import timedelta

from django.db.models import OuterRef, Subquery

from sync.models import SyncRun
from sync.wonde import deletions
from sync.wording.sentences import MODELS

EARLIER = timedelta(days=2)  # what the bound compares is not known, so it overlaps generously


def note(run):
    """Note of what `run` was the first to hold, and the MIS does not list, whether Wonde calls it deleted."""
    missing = run.holds.listed().removals().filter(reason="")
    kinds = set(missing.values_list("kind", flat=True))
    if not kinds:
        return
    before = SyncRun.objects.complete().filter(school=run.school_id, started_at__lt=run.started_at).first()
    known = [moment for moment in (before and before.started_at, before and before.wonde_newest) if moment]
    named, complete = deletions.named(run.school, kinds, min(known, default=run.started_at) - EARLIER)
    for kind in kinds:
        model = MODELS[kind]
        of_kind = missing.filter(kind=kind).annotate(
            wonde_id=Subquery(model.objects.filter(pk=OuterRef("row_id")).values("wonde_id"))
        )
        of_kind.filter(wonde_id__in=named).update(deleted_in_mis=True)
        if complete:
            of_kind.exclude(wonde_id__in=named).update(deleted_in_mis=False)
