"""How mails about signing in are written."""

from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from schools.mail import mails
from schools.mail.outgoing import letter
from schools.staff import invitations
from schools.web.context_processors import product

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
    context = {"school": row.school, "address": row.content["address"]}
    return mails.message("moved", row.address or row.user.email, context)


@letter("new-password", good_for=WAITED_FOR)
def new_password(row):
    """The link for setting a new password; it is made now, so that no row or queue ever holds one."""
    user = row.user
    if not user.is_active:
        return None
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    link = settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key)
    context = product(None) | {"user": user, "password_reset_url": link}
    return get_adapter().render_mail("account/email/password_reset_key", user.email, context)


@letter("account", good_for=WAITED_FOR)
def account(row):
    """Any other allauth mail, as it was written during the request; it contains no secret."""
    return EmailMessage(row.content["subject"], row.content["text"], to=[row.address])
