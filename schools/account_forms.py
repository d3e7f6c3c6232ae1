"""allauth's forms in our words, where its labels are In Title Case, and with our limits on tries (`schools.tries`)."""

from allauth.account import forms
from allauth.account.utils import filter_users_by_email
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from django.core.exceptions import ValidationError

from schools import devices, tries
from schools.auth import password_key, wait

MAILS = 3  # asked for at any speed; then one after 5 seconds, 10, and so on, up to
LONGEST_WAIT_FOR_MAIL_S = 60 * 60


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
        """Counted by the account, so that another spelling is no other address; alike where there is none."""
        typed = super().clean_email()
        account = next(iter(filter_users_by_email(typed)), None)
        key = tries.key("mail to", account.pk if account else typed.strip().lower())
        if seconds := tries.take(key, MAILS, LONGEST_WAIT_FOR_MAIL_S):
            raise ValidationError(f"This address was just written to. Look there, or try again in {seconds} seconds.")
        return typed


class ResetPasswordKeyForm(forms.ResetPasswordKeyForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _call(self, password1="New password", password2="New password again")


class _SecondFactor:
    """A code of the second factor can be guessed too: six figures."""

    def clean_code(self):
        key = tries.key("second factor", self.user.pk, devices.known(context.request, self.user))
        wait(key, otherwise="")
        typed = super().clean_code()
        tries.forget(key)
        return typed


class SecondFactorForm(_SecondFactor, mfa_forms.AuthenticateForm):
    pass


class SecondFactorAgainForm(_SecondFactor, mfa_forms.ReauthenticateForm):
    pass


def _call(form, **labels):
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].widget.attrs.pop("placeholder", None)
