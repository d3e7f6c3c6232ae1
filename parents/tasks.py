"""Celery tasks: who is due, and sending. A school is in the queue only once, however long that is; a task lost on the
way is queued again ten minutes later."""

import logging

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from parents.mail import dispatch, sending
from parents.models import MailHold, WeeklyMail
from schools.keeping import THIRTEEN_MONTHS
from schools.mail import mails
from students.models import WeeklyProgress

log = logging.getLogger(__name__)
LOST_AFTER_S = 600


@shared_task
def queue_weekly_mail():
    """Once a minute: make the mails of schools whose hour has come, and send what is due."""
    now = timezone.now()
    for school_id in dispatch.due_schools(now):
        _queue(make_weekly_mail, school_id)
    for school_id in sending.schools_to_serve(now):
        _queue(send_weekly_mail, school_id)


def _queue(task, school_id):
    """Queue it, unless it is already waiting for a worker."""
    if cache.add(_waits(task, school_id), True, LOST_AFTER_S):
        task.delay(school_id)


def _waits(task, school_id):
    return f"{task.name}:{school_id}"


@shared_task
def make_weekly_mail(school_id):
    """Make a school's rows for the week, then send them."""
    cache.delete(_waits(make_weekly_mail, school_id))
    if dispatch.make_mails(school_id):
        send_weekly_mail.delay(school_id)


@shared_task
def send_weekly_mail(school_id):
    """Send what is due for one school, for at most a minute; the next round carries on."""
    cache.delete(_waits(send_weekly_mail, school_id))
    try:
        sending.send_due(school_id)
    except mails.NOT_TAKEN as error:
        log.warning("school %s: the mail server is away (%s); its mail stays due", school_id, type(error).__name__)


def forget_old_mail():
    """Delete mail rows, holds that have ended and weekly progress after thirteen months."""
    WeeklyMail.objects.filter(made_at__lt=timezone.now() - THIRTEEN_MONTHS).delete()
    MailHold.objects.filter(ended_at__lt=timezone.now() - THIRTEEN_MONTHS).delete()
    WeeklyProgress.objects.filter(updated_at__lt=timezone.now() - THIRTEEN_MONTHS).delete()
