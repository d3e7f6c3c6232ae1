"""What a later version asks of a school beyond what it has agreed to: nothing of it is read until a lead agrees.

Whoever does not answer goes on as before. Only a purpose that cannot do without a new field stops, thirty days after
the school was first shown it; class lists never do.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from schools.models import AskedAnew, School
from schools.sharing import keys, purposes
from sync.notices import tell
from sync.people.purposes import switch

TO_ANSWER = timedelta(days=30)
UNANSWERED = "It needs more than the school has agreed to, and nobody agreed in thirty days."


@dataclass(frozen=True)
class More:
    """One field, and when the school was first shown that it is asked for."""

    purpose: purposes.Purpose
    asked: purposes.Asked
    shown_at: datetime

    @property
    def stops_at(self):
        """When its purpose stops without it; None where it goes on."""
        return self.shown_at + TO_ANSWER if self.purpose.cannot_do_without(self.asked) else None


def of_schools(pks, now):
    """{school's id: [`More`]} of those of the schools `pks` that are asked for more; two queries at most. What nobody
    has been shown yet is shown `now`."""
    said = keys.of_schools(pks)
    more = {pk: found for pk, (on, agreed) in said.items() if (found := purposes.more_asked(on, agreed))}
    if not more:
        return {}
    rows = AskedAnew.objects.filter(school__in=more).values_list("school", "name", "shown_at")
    shown = {(pk, name): at for pk, name, at in rows}
    return {
        pk: [
            More(purposes.PURPOSES[key], asked, shown.get((pk, asked.name), now))
            for key, fields in found.items()
            for asked in fields
        ]
        for pk, found in more.items()
    }


def show(pks, now):
    """Note when each of the schools `pks` was first shown what more is asked for."""
    AskedAnew.objects.bulk_create(
        [
            AskedAnew(school_id=pk, name=more.asked.name, shown_at=more.shown_at)
            for pk, found in of_schools(pks, now).items()
            for more in found
        ],
        ignore_conflicts=True,
    )


def stop_unanswered(now=None):
    """By the clock: switch off every purpose that waited thirty days for an answer it cannot do without. Returns how
    many."""
    now, stopped = now or timezone.now(), 0
    late = AskedAnew.objects.filter(shown_at__lte=now - TO_ANSWER).order_by().values("school")
    for school in School.objects.filter(pk__in=late, revoked_at=None).order_by("pk"):
        found = of_schools([school.pk], now).get(school.pk, [])
        for purpose in {
            more.purpose.key: more.purpose for more in found if more.stops_at and more.stops_at <= now
        }.values():
            with transaction.atomic():
                switch(school, purpose.key, on=False, by=None, reason=UNANSWERED)
                tell.purpose_stopped(school, purpose)
            stopped += 1
    return stopped
