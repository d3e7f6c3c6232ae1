"""Many wrong tries at a school's sign-in within an hour: its leads and support hear about it while it is going on."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Min, Sum
from django.utils import timezone

from schools.models import AuditEntry, School
from students.models import WrongTries
from sync.notices.tell import wrong_tries

MANY = 200  # within an hour by the clock: a large school makes fewer on the first day of its cards
TOLD_AGAIN_AFTER, TOLD = timedelta(days=1), "told of wrong tries"


def tell(now=None):
    """Mail leads and support of each school with many, at most once a day. Returns how many schools. The audit entry
    records it, and lets the school read about it later."""
    now, told = now or timezone.now(), 0
    lately = WrongTries.objects.filter(hour__gt=now - timedelta(hours=2)).order_by()
    hours = lately.values("school", "hour").annotate(number=Sum("number"), first=Min("first_at"), last=Max("last_at"))
    for found in hours.filter(number__gte=MANY).order_by("school", "hour"):
        with transaction.atomic():
            school = School.objects.select_for_update().get(pk=found["school"])
            if AuditEntry.objects.filter(school=school, verb=TOLD, at__gt=now - TOLD_AGAIN_AFTER).exists():
                continue
            first, last = (f"{found[at].astimezone(school.zone):%H:%M}" for at in ("first", "last"))
            AuditEntry.objects.note(None, TOLD, school, school, f"{found['number']} between {first} and {last}")
            wrong_tries(school, found["number"], first, last)
        told += 1
    return told
