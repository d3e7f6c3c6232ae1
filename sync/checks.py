"""`manage.py check --database default`: what is kept sealed can be opened again."""

from itertools import chain

from django.core.checks import Error, Tags, register
from django.db import ProgrammingError

from schools.sealing import SealError, unseal
from sync.models import AccessCopy, Wcbs


@register(Tags.database)
def what_is_sealed_can_be_opened(app_configs, databases, **kwargs):
    if not databases:
        return []
    secrets = Wcbs.objects.exclude(secret_sealed=None).values_list("secret_sealed", flat=True)
    copies = AccessCopy.objects.values_list("sealed", flat=True)
    try:
        lost = sum(not _opens(sealed) for sealed in chain(secrets.iterator(), copies.iterator(chunk_size=1)))
    except ProgrammingError:
        return []  # not migrated yet
    if not lost:
        return []
    return [
        Error(
            f"SEALING_KEYS lacks the key of {lost} client secrets or copies: nobody can be handed them.",
            hint="Put the key back from your secrets. docs/operations.md says when one may go.",
            id="sync.E001",
        )
    ]


def _opens(sealed):
    try:
        unseal(sealed)
    except SealError:
        return False
    return True
