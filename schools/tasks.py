"""Invitations, out of the way of requests and of the sync."""

import logging
from functools import partial

from celery import shared_task
from django.db import transaction

from schools import invitations, mail
from schools.models import School

log = logging.getLogger(__name__)
TRIES = 6


@shared_task
def invite_teachers(school_id):
    """After a sync's commit: make the invitations that are due, and send every one that waits."""
    with transaction.atomic():
        for invitation_id in invitations.invite_teachers(School.objects.get(pk=school_id)):
            queue(invitation_id)


@shared_task(bind=True, max_retries=TRIES)
def send_invitation(self, invitation_id):
    """Send one; a mail server that is away, or refuses us, is asked again for about an hour. It is believed only where
    it says that there is no such mailbox."""
    try:
        invitations.send(invitation_id)
    except mail.NOT_TAKEN as error:
        if mail.nobody_there(error):
            log.warning("invitation %s: there is no such mailbox", invitation_id)
            invitations.give_up(invitation_id)
            return
        log.warning("invitation %s not sent: %s", invitation_id, type(error).__name__)
        if self.request.retries >= TRIES:
            return  # it stays unsent, and goes with the next night's
        raise self.retry(countdown=60 * 2**self.request.retries, exc=error) from error


def queue(invitation_id):
    """Send it when what made it is committed."""
    transaction.on_commit(partial(send_invitation.delay, invitation_id))


@shared_task(bind=True, max_retries=TRIES)
def tell_moved(self, school_id, to, address):
    """Tell somebody, at the old and the new address, that they sign in with `address` from now on."""
    school = School.objects.get(pk=school_id)
    try:
        mail.message("moved", to, {"school": school, "address": address}).send()
    except mail.NOT_TAKEN as error:
        log.warning("school %s: a moved sign-in could not be told: %s", school.wonde_id, type(error).__name__)
        raise self.retry(countdown=60 * 2**self.request.retries, exc=error) from error
