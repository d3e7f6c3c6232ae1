"""Wonde ids written down outside the rows they belong to, where somebody erased could still be found by id."""

from django.db import connection

from classes.models import Choice
from sync.models import Migration, SyncRun

ERASED = "(erased)"
IDS_AT_ONCE = 500  # in one regular expression


def batched(rows, size):
    """`rows` in lists of at most `size`."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def forget_ids(school, wonde_ids):
    """Take the Wonde ids of people who are erased out of messages, lists of members, choices and settled changes."""
    if not wonde_ids:
        return
    with connection.cursor() as cursor:
        for some in batched(wonde_ids, IDS_AT_ONCE):
            any_of = rf"\y({'|'.join(some)})\y"
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
    _of_runs(school, set(wonde_ids))
    _of_changes_of_mis(school, set(wonde_ids))


def _of_runs(school, gone):
    """Students in two classes who were new that night stand there by their Wonde id."""
    changed = []
    for run in SyncRun.objects.filter(school=school).exclude(second_classes=[]).only("pk", "second_classes"):
        kept = [pair for pair in run.second_classes if not gone & set(map(str, pair))]
        if len(kept) != len(run.second_classes):
            run.second_classes = kept
            changed.append(run)
    SyncRun.objects.bulk_update(changed, ["second_classes"], batch_size=500)


def _of_changes_of_mis(school, gone):
    for migration in Migration.objects.filter(school=school):
        kept = {kind: {wonde_id: pk for wonde_id, pk in pairs.items() if wonde_id not in gone}
                for kind, pairs in migration.pairs.items()}  # fmt: skip
        if kept != migration.pairs:
            migration.pairs = kept
            migration.save(update_fields=["pairs"])
