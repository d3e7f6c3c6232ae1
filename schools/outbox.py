"""How mails about signing in are written."""

from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from schools.mail import mails
from schools.mail.outgoing import letter
from schools.mail.wire import Mail
from schools.models import Acceptance, School
from schools.sharing import asked, receipts
from schools.staff import invitations
from schools.templatetags.sharing import moment_said

WAITED_FOR = timedelta(hours=4)  # somebody is waiting at their inbox; later on they will have asked again


@letter("invitation", settle=invitations.settle, good_for=invitations.OPEN_FOR)
def invitation(row):
    """Contains a secret that is made now and is kept nowhere else."""
    found = invitations.begin(row.about)
    if found is None:
        return None
    made, secret = found
    link = settings.SITE_URL + reverse("schools:invitation_link", args=[secret])
    context = {"invitation": made, "school": made.school, "link": link, "days": invitations.OPEN_FOR.days}
    row.content["token_hash"] = made.token_hash
    return mails.message("invitation", made.email, context)


@letter("moved")
def moved(row):
    """Tells both addresses that somebody now signs in with another one."""
    link = settings.SITE_URL + reverse("account_login")
    context = {"school": row.school, "address": row.content["address"], "link": link}
    return mails.message("moved", row.address or row.user.email, context)


@letter("receipt", good_for=timedelta(days=14))
def receipt(row):
    """What a school agreed to, for each of its leads and authorisers, and for support."""
    to = receipts.reader(row)
    found = Acceptance.objects.select_related("school", "agreement").filter(pk=row.about).first()
    if to is None or found is None:
        return None
    at = moment_said(found.at, found.school.zone)
    link = settings.SITE_URL + reverse("schools:receipt", args=[found.school.code, found.pk])
    purposes = [(one, asked.in_words(one)) for one in found.asked if one["on"]]
    context = {"receipt": found, "school": found.school, "at": at, "link": link, "purposes": purposes}
    return mails.message("receipt", to, context)


@letter("new-password", good_for=WAITED_FOR)
def new_password(row):
    """The link for setting a new password; it is made now, so that no row or queue ever holds one."""
    user = row.user
    if not user.is_active:
        return None
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    link = settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key)
    days = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT).days
    schools = list(School.objects.visible_to(user).in_order())
    return mails.message("new-password", user.email, {"link": link, "days": days, "schools": schools})


@letter("account", good_for=WAITED_FOR)
def account(row):
    """Any other allauth mail, as it was written during the request; it contains no secret."""
    return Mail(row.content["subject"], row.content["text"], to=[row.address])
