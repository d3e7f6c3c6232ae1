"""Where parents' answers to the weekly mail go: to an address of the school, once it has taken a mail of ours.

`MailSettings.clean` says which address may be given, and `recipients.why_not_now` that no mail leaves without one for
long.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from parents.models import MailSettings
from schools.mail import outgoing
from schools.models import OutgoingMail

LETTER = "answers"


@transaction.atomic
def settled(school, *, is_another):
    """Somebody saved the settings of the school's mail: write to the address they give for answers, unless it has taken
    our mail before. is_another: it is not the one that they gave last."""
    row = MailSettings.objects.select_for_update().get(school=school)
    if is_another:
        row.unanswered_since = row.unanswered_since or timezone.now()
        row.save(update_fields=["unanswered_since"])
    if row.reply_to and row.unanswered_since:
        outgoing.put(LETTER, school=school, to=row.reply_to, about=row.pk)


def missing():
    """Settings of mail that is on without an address known to take answers, and none just being written to."""
    asked = OutgoingMail.objects.waiting().filter(letter=LETTER, school=OuterRef("school"))
    return MailSettings.objects.filter(~Exists(asked), enabled=True, unanswered_since__isnull=False)


def heard(mail, state):
    """Our mail to an address for answers has ended in `state`: it works from now on if the mail was taken."""
    if state == OutgoingMail.State.SENT:
        MailSettings.objects.filter(school=mail.school_id, reply_to=mail.address).update(unanswered_since=None)
