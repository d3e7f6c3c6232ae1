"""How mails about the weekly mail are written; the weekly mail itself is in `parents.mail.emails`."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from parents.mail import preview, tokens
from parents.mail.words import words_of
from parents.models import Contact, MailHold, MailSettings
from parents.rules import answers, choices
from schools.mail import mails
from schools.mail.outgoing import letter, put, reader
from schools.models import OutgoingMail, School
from schools.text.addresses import mailbox

ONCE_IN = timedelta(minutes=10)


@transaction.atomic
def ask_again(school, link):
    """Send the link that starts the weekly mail again to the address itself; at most once in ten minutes."""
    School.objects.select_for_update(no_key=True).get(pk=school.pk)  # two may ask at the same moment
    about = f"{link.mark}:{link.key_number}"
    lately = OutgoingMail.objects.filter(letter="again", about=about, made_at__gt=timezone.now() - ONCE_IN)
    if not lately.filter(school=school).exists():
        put("again", school=school, about=about)


@letter("again")
def again(row):
    """To the address with this mark, if the school still has it."""
    mark, key_number = row.about.split(":")
    address = choices.address_of(row.school_id, mark)
    if address is None or row.school.revoked_at:
        return None
    settings_of_mail = MailSettings.objects.filter(school=row.school).first()
    words = words_of(settings_of_mail.language if settings_of_mail else "en", row.school)
    token = tokens.sign(tokens.MailLink(row.school_id, mark, int(key_number), 0), tokens.Purpose.AGAIN)
    link = f"{settings.SITE_URL}{reverse('parents:again')}?t={token}"
    context = {"school": row.school, "words": words.page(), "link": link, "lang": words.language}
    return mails.message("again", mailbox(address), context)


@letter(answers.LETTER, settle=answers.heard)
def to_answer(row):
    """To the address for parents' answers, while it is that: says what will come, and shows us that mail arrives."""
    if not MailSettings.objects.filter(school=row.school, reply_to=row.address).exists():
        return None
    return mails.message("answers", row.address, {"school": row.school})


@letter("not-mine")
def not_mine(row):
    """Says that somebody answered “This is not my child”; the mail names nobody."""
    to = reader(row)
    link = f"{settings.SITE_URL}{reverse('parents:overview', args=[row.school.code])}#correct"
    return to and mails.message("not-mine", to, {"school": row.school, "link": link})


@letter("mail-held")
def mail_held(row):
    """Tells support that mail is held, as long as it is."""
    hold = MailHold.objects.standing().select_related("school").filter(pk=row.about).first()
    if hold is None:
        return None
    link = f"{settings.SITE_URL}{reverse('admin:parents_mailhold_change', args=[hold.pk])}"
    return mails.message("mail-held", settings.SUPPORT_EMAIL, {"hold": hold, "link": link})


@letter("weekly-copy")
def weekly_copy(row):
    """A family's weekly mail as it is now, to the person in support who asked for it."""
    contact = Contact.objects.shown().select_related("school").filter(pk=row.about, school=row.school).first()
    may_see = row.user.is_active and row.user.is_staff
    return preview.family_mail(contact, to=row.user.email) if contact and may_see else None
