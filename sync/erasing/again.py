"""Erasing again whom a restored backup has brought back, as the log's lines tell (`sync.erasing.lines`)."""

from collections import Counter

from django.db import transaction
from django.utils import timezone

from schools.erasing import blank, model_of
from schools.locks import lock_school
from schools.models import Erasure, School
from sync.erasing import rows
from sync.erasing.lines import LinesError
from sync.facts.kinds import KINDS, LINKS
from sync.models import SyncRun


def erase_again(lines, now=None):
    """Erase what `lines` tell of and this database still, or again, holds. Returns {school's Wonde id: how many rows}.

    Raises LinesError, before anything is erased, where a school has been synced after an erasure that this database
    does not know: a number may by then belong to somebody else.
    """
    now = now or timezone.now()
    theirs = School.objects.filter(wonde_id__in={line.school for line in lines})
    schools = {school.wonde_id: school for school in theirs}
    lost = [line for line in lines if line.school in schools and not _is_known(line, schools[line.school])]
    for line in lost:
        if SyncRun.objects.filter(school=schools[line.school], started_at__gt=line.at).exists():
            raise LinesError(
                f"{line.school} was synced after erasure {line.erasure}, and by now a number may mean somebody else. "
                "Nothing was erased. Restore the backup anew and erase before the worker is started, or erase by hand."
            )
    done = Counter()
    for line in lost:
        with transaction.atomic():
            lock_school(schools[line.school].pk)
            ids = {name: _still_held(schools[line.school], name, pks) for name, pks in line.ids.items()}
            why = f"erased before, as number {line.erasure}: the database was restored from an older backup"
            rows.erase(schools[line.school], ids, now, Erasure.Cause.ASKED, reason=why)
            done[line.school] += sum(map(len, ids.values()))
    return dict(done)


def _is_known(line, school):
    """Whether this database already had the erasure when the backup was made."""
    return Erasure.objects.filter(pk=line.erasure, school=school, at=line.at).exists()


def _still_held(school, name, pks):
    """Those of `pks` that say something."""
    kind, _, column = name.partition(".")
    model = model_of(KINDS[kind].table)
    there = model._base_manager.filter(school=school, pk__in=pks)
    if column:
        there = there.exclude(**{column: blank(model._meta.get_field(column))})
    elif kind not in LINKS:
        there = there.filter(rows.something_held(kind, model))
    return list(there.order_by("pk").values_list("pk", flat=True))
