"""What a sync in which somebody has vanished asks Wonde beside: whether the MIS has deleted them."""

from datetime import timedelta

from django.db import connection
from django.db.models import OuterRef, Subquery

from sync.facts.kinds import BY_THEMSELVES, PEOPLE
from sync.models import SyncRun
from sync.wonde import deletions
from sync.wording.sentences import MODELS

EARLIER = timedelta(days=2)  # what the bound compares is not known, so it overlaps generously

# Whom the last sync had: neither held as missing since, nor perhaps hidden.
_READ_BEFORE = " UNION ALL ".join(
    f"SELECT '{name}', string_agg(wonde_id, chr(10)) FROM {kind.table} t WHERE school_id = %(school)s "
    f"AND left_at IS NULL AND wonde_id IS NOT NULL {'AND perhaps_hidden_since IS NULL' if name in PEOPLE else ''} "
    f"AND NOT EXISTS (SELECT FROM sync_hold WHERE school_id = %(school)s AND kind = '{name}' AND row_id = t.id)"
    for name, kind in BY_THEMSELVES.items()
    if name in deletions.TYPES
)


def ask(school, snapshot):
    """What Wonde says of those whom the last sync had and this one has not: a `Deleted`; None where that is nobody."""
    kinds = _vanished(school, snapshot)
    if not kinds:
        return None
    before = SyncRun.objects.complete().filter(school=school).first()
    known = [moment for moment in (before and before.started_at, before and before.wonde_newest) if moment]
    return deletions.named(school, kinds, min(known) - EARLIER) if known else None


def note(run, deleted):
    """Note of what `run` is the first to hold, and the MIS does not list, whether Wonde calls it deleted."""
    if deleted is None:
        return
    missing = run.holds.listed().missing()
    for kind in set(missing.values_list("kind", flat=True)):
        wonde_id = Subquery(MODELS[kind].objects.filter(pk=OuterRef("row_id")).values("wonde_id"))
        of_kind = missing.filter(kind=kind).annotate(wonde_id=wonde_id)
        of_kind.filter(wonde_id__in=deleted.ids).update(deleted_in_mis=True)
        if deleted.are_all:
            of_kind.exclude(wonde_id__in=deleted.ids).update(deleted_in_mis=False)


def _vanished(school, snapshot):
    """The kinds of which somebody, or a class, is missing who was not before."""
    with connection.cursor() as cursor:
        cursor.execute(_READ_BEFORE, {"school": school.pk})
        known = {kind: set(ids.split("\n")) for kind, ids in cursor if ids}
    return {kind for kind, ids in known.items() if kind not in snapshot.denied and ids - _listed(snapshot, kind)}


def _listed(snapshot, kind):
    source = snapshot.source(kind)
    return source.rows.keys() | source.unreadable
