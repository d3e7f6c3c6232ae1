"""The daily mail to leads while something at their school needs a person: once each school morning, never who."""

from datetime import time, timedelta

from django.db import transaction
from django.utils import timezone

from schools.mail import outgoing
from schools.models import School
from sync.models import Need, Reminder, SyncSettings
from sync.needs import queue

MORNING = time(7, 30)
SATURDAY = 5
LASTS_AFTER = timedelta(hours=20)  # what a mail of its own told last night waits for the next morning


def tell(now=None):
    """Tell leads on each school day, from half past seven by their school's clock, what still waits for them. Returns
    how many schools were told."""
    now, told = now or timezone.now(), 0
    waiting = School.objects.filter(pk__in=Need.objects.values("school"), revoked_at=None, sync_settings__isnull=False)
    for school in waiting.select_related("sync_settings").order_by("pk"):
        local = now.astimezone(school.zone)
        is_told = school.sync_settings.needs_mailed_on == local.date()
        if local.weekday() < SATURDAY and local.time() >= MORNING and not is_told:
            told += _tell(school, now, local.date())
    return told


@transaction.atomic
def _tell(school, now, today):
    """Whether somebody was told; of each school it is asked once a day."""
    fresh = SyncSettings.objects.filter(school=school).exclude(needs_mailed_on=today)
    if not fresh.update(needs_mailed_on=today):
        return False
    waiting = [
        each for each in queue.of_school(school) if each.need.since <= now - LASTS_AFTER or not each.state.told_at_once
    ]
    later = set(Reminder.objects.filter(school=school, on__gt=today).values_list("user", "code"))
    readers = {lead: [one for one in waiting if (lead.pk, one.need.code) not in later]
               for lead in outgoing.leads_told(school)}  # fmt: skip
    for lead, needs in readers.items():
        if needs:
            outgoing.put("needs", school=school, to=lead, codes=[one.need.code for one in needs])
        for one in needs:
            if one.state.again_after:
                remind_on(school, lead, one.need.code, today + one.state.again_after)
    return any(readers.values())


def remind_on(school, user, code, on):
    """Leave one thing out of a lead's daily mail until the day `on`; then it is in it again, if it still waits."""
    Reminder.objects.update_or_create(school=school, user=user, code=code, defaults={"on": on})


def forget():
    """Forget reminders whose day has come."""
    Reminder.objects.filter(on__lte=timezone.localdate() - timedelta(days=1)).delete()
