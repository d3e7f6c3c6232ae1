"""Why somebody does something, in a few words of their own."""

from django import forms

SAY = "Say in a few words why."


class Why(forms.CharField):
    """A reason: long enough to say something, short enough to be read in a list. help_text: who reads it."""

    def __init__(self, help_text):
        super().__init__(
            min_length=4,
            max_length=200,
            label="Why?",
            help_text=help_text,
            error_messages={"required": SAY, "min_length": SAY},
            widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
        )
