"""What a student types: to find the school, to sign in, and to choose a password; and what staff type for them."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from students.auth import password_rules
from students.sign_in import usernames
from students.sign_in.spelling import as_typed, refusal

AS_TYPED = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}


class TypedUsername(forms.CharField):
    """Folded here and nowhere later: the student is found, and their tries counted, by the same text."""

    def to_python(self, value):
        return as_typed(super().to_python(value))


class FindSchoolForm(forms.Form):
    school = forms.CharField(
        max_length=100,
        min_length=3,
        label="What is your school called?",
        help_text="The name, or the school code on your card.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class SignInForm(forms.Form):
    username = TypedUsername(
        max_length=40,
        help_text="It is on your card.",
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "username"}),
        error_messages={"required": "Type your username. It is on your card."},
    )
    secret = forms.CharField(
        max_length=200,
        strip=False,
        label="Password, or the three words on your card",
        widget=forms.PasswordInput(attrs=AS_TYPED | {"autocomplete": "current-password"}),
        error_messages={"required": "Type your password, or the three words on your card."},
    )


class AskForACardForm(forms.Form):
    username = TypedUsername(
        max_length=40,
        help_text="It is on your card.",
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "username"}),
        error_messages={"required": "Type your username. If you do not know it, ask your teacher."},
    )


class OwnPasswordForm(forms.Form):
    password = forms.CharField(
        max_length=200,
        strip=False,
        label="Your new password",
        help_text="At least 8 letters or numbers. Three words that only you would put together are good.",
        widget=forms.PasswordInput(attrs=AS_TYPED | {"autocomplete": "new-password"}),
        error_messages={"required": "Type a password."},
    )
    again = forms.CharField(
        max_length=200,
        strip=False,
        label="The same again",
        widget=forms.PasswordInput(attrs=AS_TYPED | {"autocomplete": "new-password"}),
        error_messages={"required": "Type the password a second time."},
    )

    def __init__(self, user, *args):
        super().__init__(*args)
        self.user = user

    def clean_password(self):
        validate_password(self.cleaned_data["password"], self.user, password_rules())
        return self.cleaned_data["password"]

    def clean(self):
        typed = super().clean()
        if typed.get("password") and typed.get("again") and typed["password"] != typed["again"]:
            self.add_error("again", "The two are not the same. Type both once more.")
        return typed


class UsernameForm(forms.Form):
    """Another username for a student, chosen by staff."""

    username = forms.CharField(
        help_text="Letters from a to z, figures, dots and hyphens; a letter first. Capitals make no difference.",
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "off", "maxlength": 40}),
        error_messages={"required": "Type a username."},
    )

    def __init__(self, student, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.student = student

    def clean_username(self):
        typed = self.cleaned_data["username"]
        why = refusal(
            typed,
            usernames.taken(self.student.school_id, but=self.student),
            [self.student.forename, self.student.surname],
        )
        if why:
            raise ValidationError(why)
        return typed
