"""What a school on PASS or 3sys types for Wonde, as it comes out of a browser, a mail or a printed guide."""

import re
from urllib.parse import unquote

from django import forms

from schools.outside import OutsideError, Reason, place_of
from schools.text.tidy import CONTROL, UNSEEN
from sync.guide.typed import Typed
from sync.wcbs.address import bases

SHORTEST = 6  # a shorter secret stands in an address by chance
_BLANK = re.compile(rf"[\s{CONTROL}{UNSEEN}]+")
_LOGIN = re.compile(r"^(\w+://)?[^/@]*@")
_LOOKS_LIKE_ONE = {"I", "l", "|"}


def in_one_piece(text):
    """`text` as one word: copied along come line breaks, spaces and what nobody sees."""
    return _BLANK.sub("", text)


def address_alone(text):
    """The address in `text`, without what may be a secret: a login before the host, a query, a fragment."""
    return _LOGIN.sub(r"\1", re.split(r"[?#]", in_one_piece(text))[0])


def word(label, most, required, **kwargs):
    widget = kwargs.pop("widget", forms.TextInput)
    attrs = {"class": "input", "autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
    too_long = f"{label}: that is more than {most} characters. Copy the value alone."
    return forms.CharField(
        label=label,
        max_length=most,
        error_messages={"required": required, "max_length": too_long},
        widget=widget(attrs=attrs),
        **kwargs,
    )


class ValuesForm(forms.Form):
    """Three of the four values. What is shown again after a mistake never has the secret in it."""

    address = word(
        "WCBS URL",
        300,
        "Enter the address of your WCBS API.",
        help_text="For example https://pass.school.example/Wcbs.API. Anything after it may stay: we cut it off.",
    )
    client_id = word("Client ID", 200, "Enter the client ID.")
    client_secret = word(
        "Client secret",
        500,
        "Enter the client secret.",
        help_text="It is sealed at once, can be shown only once, and is wiped by itself.",
        widget=forms.PasswordInput,
    )

    def __init__(self, data=None, **kwargs):
        super().__init__(data and _tidied(data), **kwargs)

    def clean_address(self):
        found = next(iter(bases(self.cleaned_data["address"])), "")
        try:
            place_of(found)
        except OutsideError as error:
            if error.reason in {Reason.UNREADABLE, Reason.PRIVATE, Reason.NUMBER}:
                wrong = "That is no address. It begins with https:// and the name of a server, pass.school.example."
                raise forms.ValidationError(wrong) from None
        return found

    def clean(self):
        cleaned = super().clean()
        secret = cleaned.get("client_secret", "")
        if _is_in(secret, cleaned.get("client_id", "")):
            self.add_error("client_id", "The client secret stood here. Copy each of the two from WCBS on its own.")
        if _is_in(secret, cleaned.get("address", "")):
            self.add_error("address", "The client secret stood in the address. Enter the address alone.")
        self.data |= {name: "" for name in ("address", "client_id") if name in self.errors}
        return cleaned

    @property
    def typed(self):
        """What was typed, once it is valid."""
        return Typed(*(self.cleaned_data[name] for name in ("address", "client_id", "client_secret")))


class SchoolIdForm(forms.Form):
    """The school's id in WCBS, typed by hand."""

    school_id = word(
        "School ID",
        20,
        "Enter the school ID.",
        help_text="Usually 1. Where the printed guide says “(e.g. I)”, it most likely means the digit 1.",
    )

    def __init__(self, data=None, **kwargs):
        super().__init__(data and {"school_id": in_one_piece(data.get("school_id", ""))}, **kwargs)

    def clean_school_id(self):
        typed = self.cleaned_data["school_id"]
        if typed in _LOOKS_LIKE_ONE:
            raise forms.ValidationError(f"“{typed}” looks like the digit 1, which it most likely is. Type the digit.")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", typed):
            raise forms.ValidationError("A school ID has only letters, digits and dashes.")
        return typed


def _tidied(data):
    return {
        "address": address_alone(data.get("address", "")),
        "client_id": in_one_piece(data.get("client_id", "")),
        "client_secret": in_one_piece(data.get("client_secret", "")),
    }


def _is_in(secret, text):
    return len(secret) >= SHORTEST and (secret in text or secret in unquote(text))
