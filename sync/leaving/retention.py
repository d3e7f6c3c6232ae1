"""Deletes what was recorded about syncs and people's decisions, once it is too old."""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from schools.keeping import THIRTEEN_MONTHS, TWO_YEARS
from schools.models import ApiRead, AuditEntry, Erasure, PersonBlock, ProductSignIn
from sync.models import AccessRequest, Change, SyncRun

AT_ONCE = 500


def purge(now=None):
    """Delete runs after 13 months, with their changes, and who read what through the API or went on to the product;
    audit entries, erasure notes and who was left out and what copies were asked for after 24.

    A school's last complete sync stays, whatever its age, and so does a run while something it held still waits.
    """
    now = now or timezone.now()
    newer = SyncRun.objects.complete().filter(school=OuterRef("school"), started_at__gt=OuterRef("started_at"))
    old = SyncRun.objects.filter(~SyncRun.COMPLETE | Exists(newer), started_at__lt=now - THIRTEEN_MONTHS, holds=None)
    while pks := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        SyncRun.objects.filter(pk__in=pks).delete()
    Change.objects.filter(run=None, at__lt=now - THIRTEEN_MONTHS).delete()
    for read in (ApiRead, ProductSignIn):
        read.objects.filter(day__lt=timezone.localdate(now - THIRTEEN_MONTHS)).delete()
    AuditEntry.objects.filter(at__lt=now - TWO_YEARS).delete()
    Erasure.objects.filter(at__lt=now - TWO_YEARS).delete()
    AccessRequest.objects.filter(closed_at__lt=now - TWO_YEARS).delete()
    PersonBlock.objects.over_before(now - TWO_YEARS).delete()
