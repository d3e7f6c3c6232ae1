"""Why support is looking at a school: asked once an hour for each school, noted for its leads, kept in the session."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from schools.models import AuditEntry

LASTS = timedelta(hours=1)
TO_SEND = timedelta(minutes=15)  # how much longer a form filled in while the reason counted may still be sent
KEY = "looks_at"


class LookingForm(forms.Form):
    looking = forms.CharField(
        max_length=200,
        min_length=4,
        label="Why are you looking?",
        help_text="A ticket number or a few words, without anybody’s name. The school’s leads read it.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    was_sending = forms.CharField(required=False, widget=forms.HiddenInput)


def reason(request, school):
    """What was said within the last hour, or ""."""
    said, at = request.session.get(KEY, {}).get(str(school.pk), ("", 0))
    lasts = LASTS + (TO_SEND if request.method == "POST" else timedelta(0))
    return said if timezone.now().timestamp() < at + lasts.total_seconds() else ""


def ask(request, school):
    """The form that asks for a reason; None once it has been answered and noted: the reason counts from now.

    The last reason is offered again: after an hour the question is whether it still holds. was_sending: a button was
    pressed and nothing came of it, so there is no page at that address to go on to.
    """
    answered = "looking" in request.POST
    before, _ = request.session.get(KEY, {}).get(str(school.pk), ("", 0))
    initial = {"looking": before, "was_sending": "yes" if request.method == "POST" else ""}
    form = LookingForm(request.POST if answered else None, initial=initial)
    if not form.is_valid():
        return form
    say(request.session, school, form.cleaned_data["looking"])
    AuditEntry.objects.note(request.user, "began to look", school, school, form.cleaned_data["looking"])
    return None


def say(session, school, said):
    """Remember a reason, from now."""
    session[KEY] = session.get(KEY, {}) | {str(school.pk): (said, timezone.now().timestamp())}


def goes_on_to(request, otherwise):
    """Where an answered form leads: the page asked for, or `otherwise` if a button was pressed."""
    return otherwise if request.POST.get("was_sending") else request.get_full_path()
