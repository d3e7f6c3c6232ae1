"""Remakes folded names, for migrations: when `schools.text.names` folds differently, what is stored follows."""

from typing import Any

from schools.text.names import sort_name

AT_ONCE = 1000


def refold(model: Any, *names: str) -> None:
    """Give each row of a migration's `model` the `sort_name` of its columns `names`; only what differs is written."""
    limit, changed = model._meta.get_field("sort_name").max_length, []
    for row in model.objects.only("sort_name", *names).iterator(AT_ONCE):
        folded = sort_name(*(getattr(row, name) for name in names))[:limit]
        if folded != row.sort_name:
            row.sort_name = folded
            changed.append(row)
        if len(changed) == AT_ONCE:
            model.objects.bulk_update(changed, ["sort_name"])
            changed = []
    model.objects.bulk_update(changed, ["sort_name"])
