"""How notices are written (`sync.notices.tell` says what they tell)."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from schools.mail import mails
from schools.mail.outgoing import letter, reader
from sync.needs import queue

LATE = timedelta(hours=1)


@letter("notice")
def notice(row):
    """As it was found to be. One that could not be sent for a while says of when it is."""
    to = reader(row)
    if to is None:
        return None
    is_late = timezone.now() - row.made_at > LATE
    context = row.content | {
        "school": row.school,
        "link": settings.SITE_URL + row.content["path"],
        "of": row.made_at.astimezone(row.school.zone) if is_late else None,
    }
    return mails.message("notice", to, context)


@letter("needs", good_for=timedelta(hours=12))
def needs(row):
    """Of what was to be told, what still waits when the mail leaves."""
    to = reader(row)
    waiting = [each for each in queue.of_school(row.school) if each.need.code in row.content["codes"]]
    if to is None or not waiting:
        return None
    context = {
        "school": row.school,
        "waiting": waiting,
        "link": settings.SITE_URL + reverse("sync:school", args=[row.school.code]),
    }
    return mails.message("needs", to, context)
