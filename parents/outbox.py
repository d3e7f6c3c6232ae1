"""How the mails are written that concern the weekly mail; that itself is `parents.emails`."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from parents import choices, preview, tokens
from parents.models import Contact, MailHold, MailSettings
from parents.words import words_of
from schools import mail
from schools.addresses import mailbox
from schools.models import OutgoingMail, School
from schools.outgoing import letter, put, reader

ONCE_IN = timedelta(minutes=10)


@transaction.atomic
def ask_again(school, link):
    """Have the link that starts the weekly mail again sent to the address itself; once in ten minutes."""
    School.objects.select_for_update(no_key=True).get(pk=school.pk)  # two who ask at one moment
    about = f"{link.mark}:{link.key_number}"
    lately = OutgoingMail.objects.filter(letter="again", about=about, made_at__gt=timezone.now() - ONCE_IN)
    if not lately.filter(school=school).exists():
        put("again", school=school, about=about)


@letter("again")
def again(row):
    """To the address with this mark, where the school still has it."""
    mark, key_number = row.about.split(":")
    address = choices.address_of(row.school_id, mark)
    if address is None or row.school.revoked_at:
        return None
    settings_of_mail = MailSettings.objects.filter(school=row.school).first()
    words = words_of(settings_of_mail.language if settings_of_mail else "en", row.school)
    token = tokens.sign(tokens.Link(row.school_id, mark, int(key_number), 0), tokens.Purpose.AGAIN)
    link = f"{settings.SITE_URL}{reverse('parents:again')}?t={token}"
    return mail.message("again", mailbox(address), {"words": words.page(), "link": link, "lang": words.language})


@letter("not-mine")
def not_mine(row):
    """That somebody answered “This is not my child”; no name is in the mail."""
    to = reader(row)
    return to and mail.message("not-mine", to, {"school": row.school})


@letter("mail-held")
def mail_held(row):
    """To support: that mail is held, while it is."""
    hold = MailHold.objects.standing().select_related("school").filter(pk=row.about).first()
    if hold is None:
        return None
    link = f"{settings.SITE_URL}{reverse('admin:parents_mailhold_change', args=[hold.pk])}"
    return mail.message("mail-held", settings.SUPPORT_EMAIL, {"hold": hold, "link": link})


@letter("weekly-copy")
def weekly_copy(row):
    """A family's weekly mail as it is now, to whoever of support asked for it."""
    contact = Contact.objects.shown().select_related("school").filter(pk=row.about, school=row.school).first()
    may_see = row.user.is_active and row.user.is_staff
    return preview.family_mail(contact, to=row.user.email) if contact and may_see else None
