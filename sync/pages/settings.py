"""The lead's page for what the school settles itself: who sees what, who is invited, when parents are written to."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from parents.models import MailSettings
from schools.access.visits import for_lead_or_support
from schools.models import AuditEntry, School, Task
from sync.models import SyncSettings


class PeopleForm(forms.ModelForm):
    class Meta:
        model = School
        fields = ["teachers_see_all_classes", "invites_teachers", "students_choose_passwords"]
        labels = {
            "teachers_see_all_classes": "Teachers see every class of the school",
            "invites_teachers": "Invite teachers by mail when they arrive",
            "students_choose_passwords": "Students choose a password",
        }
        help_texts = {
            "invites_teachers": "Staff who teach a class that is in, once each. Off: you invite them under “Staff”.",
        }


class ClassesForm(forms.ModelForm):
    class Meta:
        model = SyncSettings
        fields = ["asks_first"]
        labels = {"asks_first": "Ask me before a new class comes in"}
        help_texts = {"asks_first": "A class that fits waits under “Bring in classes”. Off: it comes in by itself."}


class MailForm(forms.ModelForm):
    hour = forms.TypedChoiceField(
        label="Hour",
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(6, 22)],
        help_text="By your own clock.",
    )

    class Meta:
        model = MailSettings
        fields = ["day", "hour", "language"]


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request, school, reason):
    """What has the school settled? By POST: settle it otherwise."""
    mail = MailSettings.objects.filter(school=school).first() or MailSettings(school=school)
    posted = request.POST or None
    people = PeopleForm(posted, instance=school)
    classes = ClassesForm(posted, instance=school.sync_settings)
    weekly = MailForm(posted, instance=mail)
    forms_here = [people, classes, weekly]
    are_valid = [form.is_valid() for form in forms_here]  # each is asked, so that each says what is wrong
    if request.method == "POST" and all(are_valid):
        changed = [str(form.fields[name].label) for form in forms_here for name in form.changed_data]
        with transaction.atomic():
            School.objects.filter(pk=school.pk).update(**people.cleaned_data)
            SyncSettings.objects.filter(school=school).update(**classes.cleaned_data)
            if weekly.has_changed():
                MailSettings.objects.update_or_create(school=school, defaults=weekly.cleaned_data)
            if changed:
                AuditEntry.objects.note(request.user, "changed", school, school, ", ".join(changed))
        messages.success(request, "Saved." if changed else "Nothing was different.")
        return redirect("sync:settings", school.code)
    context = {"school": school, "people": people, "classes": classes, "weekly": weekly, "mail_is_on": mail.enabled}
    return render(request, "sync/settings.html", context)
