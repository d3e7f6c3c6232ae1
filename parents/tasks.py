"""Celery: who is due, and sending. A school waits in the queue once, however long that is; a task that is lost on the
way is made again ten minutes later."""

import logging
from datetime import timedelta

from anymail.exceptions import AnymailAPIError
from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from parents import choices, dispatch, sending, tokens
from parents.models import MailSettings, WeeklyMail
from parents.words import words_of
from schools.mail import message
from schools.models import School, User
from students.models import WeeklyProgress

log = logging.getLogger(__name__)
KEPT = timedelta(days=397)  # thirteen months
LOST_AFTER_S = 600
AGAIN_LINK_S = 600


@shared_task
def queue_weekly_mail():
    """Once a minute: make the mails of schools whose hour has come, and send what is due."""
    now = timezone.now()
    for school_id in dispatch.due_schools(now):
        _queue(make_weekly_mail, school_id)
    for school_id in sending.schools_to_serve(now):
        _queue(send_weekly_mail, school_id)


def _queue(task, school_id):
    """Unless it waits for a worker already."""
    if cache.add(_waits(task, school_id), True, LOST_AFTER_S):
        task.delay(school_id)


def _waits(task, school_id):
    return f"{task.name}:{school_id}"


@shared_task
def make_weekly_mail(school_id):
    """Make the rows of a school's week, then send them."""
    cache.delete(_waits(make_weekly_mail, school_id))
    if dispatch.make_mails(school_id):
        send_weekly_mail.delay(school_id)


@shared_task
def send_weekly_mail(school_id):
    """Send what is due of one school, for a minute at most; the next round goes on."""
    cache.delete(_waits(send_weekly_mail, school_id))
    try:
        sending.send_due(school_id)
    except (OSError, AnymailAPIError) as error:
        log.warning("school %s: the mail server is away (%s); its mail stays due", school_id, type(error).__name__)


def forget_old_mail():
    """Delete mail rows and weekly progress after thirteen months."""
    WeeklyMail.objects.filter(made_at__lt=timezone.now() - KEPT).delete()
    WeeklyProgress.objects.filter(updated_at__lt=timezone.now() - KEPT).delete()


@shared_task
def send_again_link(school_id, mark, key_number):
    """Send the link that starts the weekly mail again to the address itself, where the school still has it; once in ten
    minutes."""
    address, school = choices.address_of(school_id, mark), School.objects.get(pk=school_id)
    if address is None or school.revoked_at or not cache.add(f"again-link:{school_id}:{mark}", True, AGAIN_LINK_S):
        return
    settings_of_mail = MailSettings.objects.filter(school=school).first()
    words = words_of(settings_of_mail.language if settings_of_mail else "en", school)
    token = tokens.sign(tokens.Link(school_id, mark, key_number, 0), tokens.Purpose.AGAIN)
    link = f"{settings.SITE_URL}{reverse('parents:again')}?t={token}"
    message("again", address, {"words": words.page(), "link": link, "lang": words.language}).send()


@shared_task
def tell_not_mine(school_id):
    """Tell a school's leads and support that somebody answered “This is not my child”; no name is in the mail."""
    school = School.objects.get(pk=school_id)
    leads = User.objects.with_access().filter(lead_rights__school=school).values_list("email", flat=True)
    for address in [*leads, settings.SUPPORT_EMAIL]:
        message("not-mine", address, {"school": school}).send()
