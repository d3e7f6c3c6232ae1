"""A school turns its own key of a purpose: what nothing asks for any more is erased with it, in one transaction."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from parents.models import MailSettings
from schools.sharing import keys, purposes
from sync.engine import previews
from sync.erasing import unasked
from sync.models import SyncSettings


def effect(school, key):
    """What would be erased if the purpose `key` were switched off: {kind or field: number of rows}, so "contacts": 87,
    "employees.email": 41. What another purpose asks for too stays."""
    asked = purposes.asked_for(keys.on_at(school) - {key}, keys.agreed_of(school))
    return {name: len(pks) for name, pks in unasked.held(school, asked).items()}


@transaction.atomic
def switch(school, key, on, by, reason=""):
    """Turn the school's key of a purpose on or off. Returns what was erased, counted as by `effect`; None where it was
    so already.

    A sync follows within a minute: it reads what was switched on. For whoever waits for it at a page, queue one in the
    same transaction. Raises ValueError for a purpose that is always on.
    """
    turned = keys.switch_on(school, key, by, reason) if on else keys.switch_off(school, key, by, reason)
    if not turned:
        return None
    SyncSettings.objects.want(school)
    if on:
        return {}
    if key == purposes.WEEKLY_MAIL:
        MailSettings.objects.filter(school=school).update(enabled=False)
    transaction.on_commit(partial(previews.forget, school.pk))
    note = unasked.empty(school, keys.asked_of(school), timezone.now(), by, reason)
    return note.counts if note else {}
