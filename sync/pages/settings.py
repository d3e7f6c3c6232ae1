"""The lead's page for what the school settles itself: who sees what, who is invited, when parents are written to."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from parents.models import MailSettings
from parents.rules import answers
from schools.access.visits import for_lead_or_support
from schools.models import AuditEntry, LeadRight, School, Task
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
        fields = ["day", "hour", "language", "reply_to"]
        labels = {"reply_to": "Where parents’ answers go"}
        help_texts = {
            "reply_to": "An address of the school that somebody reads, such as the office’s. It stands in every weekly "
            "mail, which is not switched on without one. We write to it once, to see that it takes mail."
        }


class TellForm(forms.Form):
    """Which leads get mail about the school; for a lead, until when they are away, and who is told instead."""

    told = forms.MultipleChoiceField(
        label="Mail about what needs a person goes to",
        help_text="At once where it is urgent, then on each school morning while it waits.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Somebody has to hear of it: tick at least one lead."},
    )
    away_until = forms.DateField(
        label="You are away until",
        required=False,
        help_text="The last day. Until then your mail goes to whom you choose below.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    cover = forms.TypedChoiceField(label="Meanwhile it goes to", required=False, coerce=int, empty_value=None)

    def __init__(self, posted, school, user):
        self.rights = list(LeadRight.objects.filter(school=school).with_names())
        self.own = next((right for right in self.rights if right.user_id == user.pk), None)
        mine = {"away_until": self.own.away_until, "cover": self.own.cover_id} if self.own else {}
        told = [right.user_id for right in self.rights if right.gets_mail]
        super().__init__(posted, initial={"told": told, **mine})
        self.fields["told"].choices = [(right.user_id, right.user.email) for right in self.rights]
        others = [(right.user_id, right.user.email) for right in self.rights if right is not self.own]
        self.fields["cover"].choices = [("", "Nobody else: the other leads hear of it anyway"), *others]
        if self.own is None:  # support, which is told by other ways
            del self.fields["away_until"], self.fields["cover"]

    def save(self):
        told = set(self.cleaned_data["told"])
        for right in self.rights:
            right.gets_mail = str(right.user_id) in told
            if right is self.own:
                right.away_until, right.cover_id = self.cleaned_data["away_until"], self.cleaned_data["cover"]
        LeadRight.objects.bulk_update(self.rights, ["gets_mail", "away_until", "cover"])


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request, school, reason):
    """What has the school settled? By POST: settle it otherwise."""
    mail = MailSettings.objects.filter(school=school).first() or MailSettings(school=school)
    posted = request.POST or None
    people = PeopleForm(posted, instance=school)
    classes = ClassesForm(posted, instance=school.sync_settings)
    weekly = MailForm(posted, instance=mail)
    tell = TellForm(posted, school, request.user)
    forms_here = [people, classes, weekly, tell]
    are_valid = [form.is_valid() for form in forms_here]  # each is asked, so that each says what is wrong
    if request.method == "POST" and all(are_valid):
        changed = [str(form.fields[name].label) for form in forms_here for name in form.changed_data]
        with transaction.atomic():
            School.objects.filter(pk=school.pk).update(**people.cleaned_data)
            SyncSettings.objects.filter(school=school).update(**classes.cleaned_data)
            if weekly.has_changed():
                MailSettings.objects.update_or_create(school=school, defaults=weekly.cleaned_data)
            if weekly.cleaned_data["reply_to"] or "reply_to" in weekly.changed_data:
                answers.settled(school, is_another="reply_to" in weekly.changed_data)
            if tell.has_changed():
                tell.save()
            if changed:
                AuditEntry.objects.note(request.user, "changed", school, school, ", ".join(changed))
        messages.success(request, "Saved." if changed else "Nothing was different.")
        return redirect("sync:settings", school.code)
    context = {
        "school": school,
        "people": people,
        "classes": classes,
        "weekly": weekly,
        "tell": tell,
        "mail": mail,
        "mail_has_stopped": mail.stops_at is not None and mail.stops_at <= timezone.now(),
    }
    return render(request, "sync/settings.html", context)
