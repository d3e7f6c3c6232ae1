"""Celery: who is due, and sending. A school waits in the queue once, however long that is; a task that is lost on the
way is made again ten minutes later."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from parents import choices, dispatch, sending, tokens
from parents.models import MailHold, MailSettings, WeeklyMail
from parents.words import words_of
from schools import mail
from schools.addresses import mailbox
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
    except mail.NOT_TAKEN as error:
        log.warning("school %s: the mail server is away (%s); its mail stays due", school_id, type(error).__name__)


def forget_old_mail():
    """Delete mail rows, holds that have ended and weekly progress after thirteen months."""
    WeeklyMail.objects.filter(made_at__lt=timezone.now() - KEPT).delete()
    MailHold.objects.filter(ended_at__lt=timezone.now() - KEPT).delete()
    WeeklyProgress.objects.filter(updated_at__lt=timezone.now() - KEPT).delete()


@shared_task(bind=True)
def send_again_link(self, school_id, mark, key_number):
    """Send the link that starts the weekly mail again to the address itself, where the school still has it; once in ten
    minutes."""
    address, school = choices.address_of(school_id, mark), School.objects.get(pk=school_id)
    if address is None or school.revoked_at:
        return
    if not self.request.retries and not cache.add(f"again-link:{school_id}:{mark}", True, AGAIN_LINK_S):
        return
    settings_of_mail = MailSettings.objects.filter(school=school).first()
    words = words_of(settings_of_mail.language if settings_of_mail else "en", school)
    token = tokens.sign(tokens.Link(school_id, mark, key_number, 0), tokens.Purpose.AGAIN)
    link = f"{settings.SITE_URL}{reverse('parents:again')}?t={token}"
    context = {"words": words.page(), "link": link, "lang": words.language}
    again = mail.message("again", mailbox(address), context)
    mail.hand_over(self, again.send, f"school {school.wonde_id}")


@shared_task
def tell_not_mine(school_id):
    """Tell a school's leads and support that somebody answered “This is not my child”; no name is in the mail."""
    leads = User.objects.with_access().filter(lead_rights__school=school_id).values_list("email", flat=True)
    for address in [*leads, settings.SUPPORT_EMAIL]:
        send_not_mine.delay(school_id, address)  # each by itself: one that is refused stops no other


@shared_task(bind=True)
def send_not_mine(self, school_id, address):
    """Send one."""
    school = School.objects.get(pk=school_id)
    mail.hand_over(self, mail.message("not-mine", address, {"school": school}).send, f"school {school.wonde_id}")
