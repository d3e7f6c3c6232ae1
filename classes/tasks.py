"""The end of what was made by hand, kept out of the sync's way."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from classes.models import ImportDraft
from classes.own_list import handmade
from schools.mail import outgoing

WARNED_BEFORE = timedelta(days=14)


def look_after_handmade():
    """Once a day: erase what was made by hand and is still unmatched 90 days after a school's first import; tell its
    leads two weeks before."""
    now = timezone.now()
    for draft in ImportDraft.objects.filter(first_import_at__lte=now - handmade.KEPT + WARNED_BEFORE).select_related(
        "school"
    ):
        students, classes = handmade.unmatched(draft.school)
        if not students and not classes:
            continue
        if draft.first_import_at <= now - handmade.KEPT:
            handmade.erase(draft.school)
        elif draft.warned_at is None:
            _warn(draft, now)


@transaction.atomic
def _warn(draft, now):
    draft.warned_at = now
    draft.save(update_fields=["warned_at"])
    for lead in outgoing.leads_of(draft.school):
        outgoing.put("handmade", school=draft.school, to=lead, about=draft.pk)
