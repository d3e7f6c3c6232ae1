"""`manage.py check --database default`: every key that made one of our marks is still known."""

from django.core.checks import Error, Tags, register
from django.db import ProgrammingError

from parents.models import AddressChoice, Block
from schools.marks import marks
from schools.models import PersonBlock


@register(Tags.database)
def keys_are_only_added(app_configs, databases, **kwargs):
    if not databases:
        return []
    try:
        used = {
            number
            for model in (AddressChoice, Block, PersonBlock)
            for number in model.objects.standing().order_by().values_list("key_number", flat=True).distinct()
        }
    except ProgrammingError:
        return []  # not migrated yet
    lost = sorted(used - marks().keys.keys())
    if not lost:
        return []
    return [
        Error(
            f"ADDRESS_KEYS lacks key {', '.join(map(str, lost))}: who unsubscribed under it would get mail again, and "
            "who was left out would come back.",
            hint="Put the key back from your secrets. Keys are only ever added.",
            id="parents.E001",
        )
    ]
