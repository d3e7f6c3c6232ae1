"""Removes Wonde ids written outside the rows they belong to, where somebody erased could still be found by id."""

import re

from django.db import connection

from classes.models import Choice
from sync.models import ChangeOfMis, Recognition, SyncRun

ERASED = "(erased)"
IDS_AT_ONCE = 500  # ids in one regular expression


def batched(rows, size):
    """`rows` in lists of at most `size`."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def forget_ids(school, wonde_ids):
    """Take the Wonde ids of erased people out of messages, lists of members, choices, settled changes and what was said
    about them."""
    if not wonde_ids:
        return
    with connection.cursor() as cursor:
        for some in batched(wonde_ids, IDS_AT_ONCE):
            any_of = rf"(?<!\w)({'|'.join(map(re.escape, some))})(?!\w)"
            cursor.execute(
                "UPDATE sync_syncrun SET message = regexp_replace(message, %s, %s, 'g') "
                "WHERE school_id = %s AND message ~ %s",
                [any_of, ERASED, school.pk, any_of],
            )
        cursor.execute(
            "UPDATE classes_schoolclass SET member_ids = "
            "ARRAY(SELECT id FROM unnest(member_ids) id WHERE id <> ALL(%s::text[])) "
            "WHERE school_id = %s AND member_ids::text[] && %s::text[]",
            [wonde_ids, school.pk, wonde_ids],
        )
    Choice.objects.filter(school=school, wonde_id__in=wonde_ids).delete()
    Recognition.objects.filter(school=school, wonde_id__in=wonde_ids).delete()
    _of_runs(school, set(wonde_ids))
    _of_changes_of_mis(school, set(wonde_ids))


def _of_runs(school, gone):
    """Runs name people who were new that night by Wonde id: students in two classes, people like nobody we had."""
    listed, changed = ("second_classes", "unlike"), []
    for run in SyncRun.objects.filter(school=school).exclude(second_classes=[], unlike=[]).only("pk", *listed):
        kept = {name: [entry for entry in getattr(run, name) if not gone & set(map(str, entry))] for name in listed}
        if any(len(kept[name]) != len(getattr(run, name)) for name in listed):
            run.second_classes, run.unlike = kept["second_classes"], kept["unlike"]
            changed.append(run)
    SyncRun.objects.bulk_update(changed, listed, batch_size=500)


def _of_changes_of_mis(school, gone):
    for change_of_mis in ChangeOfMis.objects.filter(school=school):
        kept = {kind: {wonde_id: pk for wonde_id, pk in pairs.items() if wonde_id not in gone}
                for kind, pairs in change_of_mis.pairs.items()}  # fmt: skip
        if kept != change_of_mis.pairs:
            change_of_mis.pairs = kept
            change_of_mis.save(update_fields=["pairs"])
