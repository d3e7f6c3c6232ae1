"""What a student types: to find the school, to sign in, and to choose a password; and what staff type for them."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from students.auth import EXAMPLE, password_rules
from students.sign_in import finding, usernames
from students.sign_in.spelling import as_typed, refusal

AS_TYPED = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}


def secret(autocomplete, **kwargs):
    """A field for a secret. A page never repeats what was typed there."""
    widget = forms.PasswordInput(attrs=AS_TYPED | {"autocomplete": autocomplete, "data-secret": ""})
    return forms.CharField(max_length=200, strip=False, widget=widget, **kwargs)


class SecretsForm(forms.Form):
    """A form with secrets, typed as dots or, if `shown`, to be read; then the browser is asked not to remember them."""

    def __init__(self, *args, shown=False):
        super().__init__(*args)
        self.shown = shown
        for field in self.fields.values() if shown else ():
            if isinstance(field.widget, forms.PasswordInput):
                field.widget.input_type = "text"
                field.widget.attrs["autocomplete"] = "off"


class TypedUsername(forms.CharField):
    """Folded here and nowhere later: the student is found, and their tries counted, by the same text."""

    def to_python(self, value):
        return as_typed(super().to_python(value))


class FindSchoolForm(forms.Form):
    school = forms.CharField(
        max_length=100,
        min_length=finding.SHORTEST,
        label="What is your school called?",
        help_text="The name, or the school code on your card.",
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "organization"}),
        error_messages={
            "required": "Type the name of your school, or the code on your card.",
            "min_length": f"Type at least {finding.SHORTEST} letters of the name.",
        },
    )


class SignInForm(SecretsForm):
    username = TypedUsername(
        max_length=40,
        help_text="It is on your card.",
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "username"}),
        error_messages={"required": "Type your username. It is on your card."},
    )
    secret = secret(
        "current-password",
        label="Password, or the three words on your card",
        help_text="Capitals, spaces and hyphens make no difference to the words.",
        error_messages={"required": "Type your password, or the three words on your card."},
    )

    def __init__(self, *args, school, **kwargs):
        super().__init__(*args, **kwargs)
        if not school.students_choose_passwords:
            self.fields["secret"].label = "The three words on your card"
            self.fields["secret"].error_messages["required"] = "Type the three words on your card."


class AskForACardForm(forms.Form):
    username = TypedUsername(
        max_length=40,
        help_text="It is on your card.",
        widget=forms.TextInput(attrs=AS_TYPED | {"autocomplete": "username"}),
        error_messages={"required": "Type your username. If you do not know it, ask your teacher."},
    )


class OwnPasswordForm(SecretsForm):
    password = secret(
        "new-password",
        label="Your new password",
        help_text=f"Three words that only you would put together are good, like “{EXAMPLE}”, but not these.",
        error_messages={"required": "Type a password."},
    )
    again = secret(
        "new-password", label="The same again", error_messages={"required": "Type the password a second time."}
    )

    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self):
        validate_password(self.cleaned_data["password"], self.user, password_rules())
        return self.cleaned_data["password"]

    def clean(self):
        """Whether the two are alike is said together with what is wrong with the first."""
        typed = super().clean()
        if typed.get("again") and self["password"].data and typed["again"] != self["password"].data:
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
