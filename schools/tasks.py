"""Invitations, out of the way of requests and of the sync."""

from functools import partial

from celery import shared_task
from django.db import transaction

from schools import invitations, mail
from schools.models import School


@shared_task
def invite_teachers(school_id):
    """After a sync's commit: make the invitations that are due, and send every one that waits."""
    with transaction.atomic():
        for invitation_id in invitations.invite_teachers(School.objects.get(pk=school_id)):
            queue(invitation_id)


@shared_task(bind=True)
def send_invitation(self, invitation_id):
    """Send one. Where the mail server stays away it stays unsent, and goes with the next night's."""
    handed = mail.hand_over(self, partial(invitations.send, invitation_id), f"invitation {invitation_id}")
    if handed is mail.Handed.REFUSED:
        invitations.give_up(invitation_id)


def queue(invitation_id):
    """Send it when what made it is committed."""
    transaction.on_commit(partial(send_invitation.delay, invitation_id))


@shared_task(bind=True)
def tell_moved(self, school_id, to, address):
    """Tell somebody, at the old and the new address, that they sign in with `address` from now on."""
    school = School.objects.get(pk=school_id)
    moved = mail.message("moved", to, {"school": school, "address": address})
    mail.hand_over(self, moved.send, f"school {school.wonde_id}")
