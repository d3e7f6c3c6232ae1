"""allauth's forms in our words, as its labels are In Title Case, and with our limits on tries
(`schools.sign_in.tries`)."""

from allauth.account import forms
from allauth.account.utils import filter_users_by_email
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from django.core.exceptions import ValidationError

from schools.auth import password_key, wait
from schools.sign_in import devices, tries

MAILS = 3  # asked for without waiting; then one after 5 seconds, 10, and so on, up to
LONGEST_WAIT_FOR_MAIL_S = 60 * 60
MAILS_AT_AN_ADDRESS = 60  # from a school, which is one address
STRANGERS = 20  # for all addresses without a sign-in here, which get a mail saying so; then as slowly
BY_CODE = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]


class ChangePasswordForm(forms.ChangePasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _call(self, oldpassword="Current password", password1="New password", password2="New password again")

    def clean_oldpassword(self):
        key = password_key(context.request, self.user)
        wait(key)
        typed = super().clean_oldpassword()
        tries.forget(key)
        return typed


class ResetPasswordForm(forms.ResetPasswordForm):
    def clean_email(self):
        """Counted by account, so that another spelling does not count as another address; likewise if there is no
        account. Slower when many are asked for, as strangers get a mail too."""
        typed = super().clean_email()
        account = next(iter(filter_users_by_email(typed)), None)
        key = tries.key("mail to", account.pk if account else typed.strip().lower())
        if seconds := tries.take(key, MAILS, LONGEST_WAIT_FOR_MAIL_S):
            raise ValidationError(f"This address was just written to. Look there, or try again in {seconds} seconds.")
        if seconds := tries.take_from(context.request, "mail", MAILS_AT_AN_ADDRESS):
            raise ValidationError(f"Many mails were asked for just now. Wait {seconds} seconds, then try again.")
        return typed

    def save(self, request, **kwargs):
        """The page says the same either way; the mail to somebody without a sign-in here may be left out: typing other
        people's addresses must not make us write to the world."""
        strangers = tries.key("mail to strangers")
        if self.users or not tries.take(strangers, STRANGERS, LONGEST_WAIT_FOR_MAIL_S):
            return super().save(request, **kwargs)
        return self.cleaned_data["email"]


class ResetPasswordKeyForm(forms.ResetPasswordKeyForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _call(self, password1="New password", password2="New password again")


class _SecondFactor:
    """A second-factor code can be guessed too: it has six digits. And a used code must not work again: allauth forgets
    it after 30 of the 90 seconds for which a code is right, and needs Redis to remember."""

    def clean_code(self):
        key = tries.key("second factor", self.user.pk, devices.known(context.request, self.user))
        wait(key, otherwise="")
        typed = self.cleaned_data["code"]
        for factor in Authenticator.objects.filter(user=self.user, type__in=BY_CODE).select_related("user"):
            if _is_code(factor, typed):
                self.authenticator = factor
                tries.forget(key)
                return typed
        raise get_adapter().validation_error("incorrect_code")


class SecondFactorForm(_SecondFactor, mfa_forms.AuthenticateForm):
    pass


class SecondFactorAgainForm(_SecondFactor, mfa_forms.ReauthenticateForm):
    pass


def _is_code(factor, typed):
    if factor.type != Authenticator.Type.TOTP:
        return factor.wrap().validate_code(typed)
    is_right = validate_totp_code(get_adapter().decrypt(factor.data["secret"]), typed)
    figures = "".join(sign for sign in typed if sign.isalnum())
    return is_right and tries.is_first(tries.key("used code", factor.user_id, figures))


def _call(form, **labels):
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].widget.attrs.pop("placeholder", None)
