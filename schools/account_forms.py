"""allauth's forms in our words: its labels are In Title Case."""

from allauth.account import forms


class ChangePasswordForm(forms.ChangePasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _call(self, oldpassword="Current password", password1="New password", password2="New password again")


class ResetPasswordKeyForm(forms.ResetPasswordKeyForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _call(self, password1="New password", password2="New password again")


def _call(form, **labels):
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].widget.attrs.pop("placeholder", None)
