"""What belongs to a person and goes with them: found by following foreign keys, so that no new table is forgotten."""

from django.apps import apps
from django.db import models


def model_of(table):
    """The model behind a table's name."""
    return next(model for model in apps.get_models() if model._meta.db_table == table)


def hanging(model, keep=()):
    """(model, field) of every foreign key to `model`, except from the tables in `keep`.

    What must outlive the person (a block, an unsubscribed address) has no foreign key to them, only hashes and ids.
    """
    return [
        (other, field)
        for other in apps.get_models(include_auto_created=True)
        for field in other._meta.local_fields
        if field.remote_field and field.remote_field.model is model and other._meta.db_table not in keep
    ]


def let_go(model, pks, keep=()):
    """Delete what belongs to these rows of `model`, or detach what may stand alone. Returns {table: number}."""
    gone = {}
    for other, field in hanging(model, keep):
        rows = other._base_manager.filter(**{f"{field.name}__in": pks})
        if field.remote_field.on_delete is models.SET_NULL:
            rows.update(**{field.name: None})
        elif number := rows.delete()[0]:
            gone[other._meta.db_table] = number
    return gone


def blank(field):
    """What an erased column holds: null if allowed, else the empty value of its type."""
    if field.null:
        return None
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.CharField | models.TextField):
        return ""
    raise TypeError(f"{field} can't be blanked: let it be null, or say here what an erased row holds.")
