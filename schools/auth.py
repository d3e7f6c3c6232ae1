"""Who gets in: staff and support by email and password, for a working day, and only while they have a reason to.

Every request asks the database again (`StaffBackend.get_user`), so a session ends with the access it was made for.
"""

import base64
import hashlib

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.account.signals import password_reset
from allauth.account.utils import filter_users_by_email
from allauth.idp.oidc.models import Token
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from schools.mail import outgoing
from schools.models import User
from schools.sign_in import devices, sessions, tries
from schools.sign_in.hashing import TooBusyError
from schools.web.context_processors import product

SECOND_FACTOR_SET_UP = "second_factor_set_up"
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]  # recovery codes alone don't count: they run out


class StaffBackend(AuthenticationBackend):
    """Staff and support sign in with email and password; students have a door of their own."""

    def user_can_authenticate(self, user):
        return User.objects.with_access().filter(pk=user.pk).exists()

    def get_user(self, user_id):
        return User.objects.with_access().filter(pk=user_id).first()


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is not right.",
    }

    def is_open_for_signup(self, request):
        """Nobody signs up: staff are invited, students come from the MIS."""
        return False

    def send_password_reset_mail(self, user, email, context):
        """Goes to the address we have, whatever was typed; a worker makes the link."""
        outgoing.put("new-password", to=user, about=user.pk)

    def send_mail(self, template_prefix, email, context):
        """Writes allauth's other mails; a worker sends them, so no page waits for a mail server."""
        context = product(self.request) | {"request": self.request, "email": email} | context
        written = self.render_mail(template_prefix, email, context)
        outgoing.put("account", to=email, subject=written.subject, text=written.body)

    def pre_login(self, request, user, **kwargs):
        """allauth accepts the right password and checks `is_active` only here; here we check access too."""
        if not User.objects.with_access().filter(pk=user.pk).exists():
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def authenticate(self, request, **credentials):
        """allauth's, with our own limit on tries, including when somebody signed in is asked for the password again.

        Raises ValidationError for somebody who must wait.
        """
        account = request.user if request.user.is_authenticated else _account(credentials["email"])
        key = password_key(request, account, credentials.get("email", ""))
        wait(key, tries.free_at(request))
        try:
            user = super().authenticate(request, **credentials)
        except TooBusyError:
            tries.give_back(key)
            raise
        if user:
            tries.forget(key)
        else:
            tries.failed_from(request)
        return user

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user)
        return response

    def get_login_redirect_url(self, request):
        return reverse("admin:index") if request.user.is_staff else super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request):
        return super().get_login_redirect_url(request)


def password_key(request, account, typed=""):
    """What tries at a password are counted by: the account (separately in a browser where it signed in before), or what
    was typed if there is none."""
    if account is None:
        return tries.key("address of staff", typed.strip().lower())
    return tries.key("password", account.pk, devices.known(request, account))


def wait(key, free=tries.FREE, otherwise=", or set a new password"):
    """Take a try, or raise a ValidationError that says how long to wait, and what to do `otherwise`."""
    if seconds := tries.take(key, free):
        raise ValidationError(f"Too many tries. Wait {seconds} seconds, then try again{otherwise}.")


def _account(email):
    return next(iter(filter_users_by_email(email, prefer_verified=True)), None)


@receiver(password_reset)
def end_the_wait(request, user, **kwargs):
    """Somebody who has just set a new password through their mail need not wait for other people's wrong tries."""
    tries.forget(password_key(request, user), tries.key("password", user.pk, None))


class MFAAdapter(DefaultMFAAdapter):
    """Second factors: secrets are encrypted at rest with a key made from DJANGO_SECRET_KEY; support must have one."""

    def encrypt(self, text):
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator):
        """Support must keep one factor; the second of two may be removed."""
        return not authenticator.user.is_staff or factors_of(authenticator.user).exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user, type):
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def get_public_key_credential_rp_entity(self):
        return super().get_public_key_credential_rp_entity() | {"name": settings.PRODUCT_NAME}


def _cipher():
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor" + key.encode()).digest())) for key in keys]
    )


def has_second_factor(user):
    """Whether `user` has set up an authenticator app or a passkey."""
    return is_mfa_enabled(user, FACTORS)


def factors_of(user):
    """The apps and passkeys of `user`, a login or an `OuterRef` to one."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS)


def remove_factors(user):
    """Remove all second factors of `user`, with the recovery codes, and end the sessions they opened. Returns whether
    there were any."""
    if not Authenticator.objects.filter(user=user).delete()[0]:
        return False
    sign_out_everywhere(user)
    return True


def where_it_is_given(user):
    """The name of the page that asks `user`, already signed in, for the second factor."""
    by_code = factors_of(user).filter(type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn"


def gave_second_factor(request):
    """Whether the second factor was given in this session: used to sign in, or set up in it."""
    if not has_second_factor(request.user):
        return False
    if request.session.get(SECOND_FACTOR_SET_UP) == request.user.pk:
        return True
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


@receiver(authenticator_added)
def remember_set_up(request, user, authenticator, **kwargs):
    """Setting up the first factor counts as giving it; adding another says nothing about who adds it."""
    if authenticator.type in FACTORS and not factors_of(user).exclude(pk=authenticator.pk).exists():
        request.session[SECOND_FACTOR_SET_UP] = user.pk


@receiver(user_logged_in)
def remember_when(request, **kwargs):
    sessions.begin(request)


OF_FACTORS = (
    "mfa_activate",
    "mfa_deactivate",
    "mfa_add",
    "mfa_edit",
    "mfa_remove",
    "mfa_view",
    "mfa_generate",
    "mfa_download",
)


class StaffPagesMiddleware:
    """allauth's pages are for email logins: students have pages of their own and none of these. Anyone with a second
    factor must give it before they see or change one: a password alone must not add a passkey or read recovery
    codes."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        name = request.resolver_match.url_name or ""
        of_staff = name.startswith(("account_", "mfa_")) and name != "account_logout"
        if of_staff and request.user.is_authenticated and request.user.email is None:
            raise Http404
        if name.startswith(OF_FACTORS) and has_second_factor(request.user) and not gave_second_factor(request):
            return redirect(f"{reverse(where_it_is_given(request.user))}?{urlencode({'next': request.path})}")


def end_sessions(get_response):
    """Middleware: a session ends one working day after signing in, however busy it is, or when its owner signs out
    everywhere."""

    def middleware(request):
        if request.user.is_authenticated and sessions.is_over(request.session, request.user):
            logout(request)
        return get_response(request)

    return middleware


def sign_out_everywhere(user):
    """End every session of `user`, this one included, what the product may still ask about them, and the marks of the
    browsers they signed in from."""
    user.signed_out_at = timezone.now()
    user.save(update_fields=["signed_out_at"])
    user.sessions.all().delete()
    Token.objects.filter(user=user).delete()
