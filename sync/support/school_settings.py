"""The forms of a school's settings and of its leads."""

from datetime import date
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField

from schools.access import rights
from schools.models import LeadRight, Task
from schools.staff.overview import StaffRefusedError, refuse_without_a_lead
from sync.models import SyncSettings
from sync.support.add_school import lines


class LinesField(SimpleArrayField):
    """A list of words, one a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, **kwargs):
        kwargs.pop("base_field", None)
        super().__init__(forms.CharField(max_length=100), delimiter="\n", widget=self.widget, **kwargs)

    def clean(self, value):
        return super().clean("\n".join(lines(value)))


class ConnectionForm(forms.ModelForm):
    class Meta:
        model = SyncSettings
        fields = "__all__"
        field_classes = {"subjects": LinesField, "year_groups": LinesField}
        widgets = dict.fromkeys(["night_starts", "night_ends"], forms.TimeInput({"type": "time"}, "%H:%M"))

    def clean_year_starts(self):
        return _month_and_day(self.cleaned_data["year_starts"], "09-01")

    def clean_year_ends(self):
        ends = self.cleaned_data["year_ends"]
        return ends and _month_and_day(ends, "07-20")


def _month_and_day(text, example):
    try:
        date.fromisoformat(f"2024-{text}")
    except ValueError as error:
        raise forms.ValidationError(f"Month and day in figures, for example {example}.") from error
    return text


class SchoolForm(forms.ModelForm):
    def clean_timezone(self):
        if self.cleaned_data["timezone"] not in available_timezones():
            raise forms.ValidationError("No time zone of this name. One is called Europe/London.")
        return self.cleaned_data["timezone"]


class SyncSettingsInline(admin.StackedInline):
    """How the school is read: switch, policy, limits, night; and how it stands."""

    model = SyncSettings
    form = ConnectionForm
    can_delete = False
    readonly_fields = ["due_at", "tries", "night", "rolled_at"]
    fieldsets = [
        (None, {"fields": ["enabled", ("due_at", "tries", "night")]}),
        ("What comes in", {"fields": ["subjects", "year_groups", "asks_first"]}),
        ("Its academic year", {"fields": [("year_starts", "year_ends"), ("rolled_year", "rolled_at")]}),
        ("Absences that pass without asking", {"fields": [("kind_share", "kind_free"), ("class_share", "class_free")]}),
        ("Its night", {"fields": [("night_starts", "night_ends")]}),
        ("How long data is kept", {"fields": [("retention_days", "frozen_days")]}),
    ]

    def has_add_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return True

    def has_change_permission(self, request, obj=None):
        return rights.may(request.user, Task.DECIDE, obj)


class LeadFormSet(forms.BaseInlineFormSet):
    def add_fields(self, form, index):
        super().add_fields(form, index)
        if form.instance.pk:
            form.fields["DELETE"].widget.attrs["aria-label"] = f"Withdraw the right of {form.instance}"

    def clean(self):
        super().clean()
        going = [form.instance.pk for form in self.forms if form.cleaned_data.get("DELETE")]
        try:
            if going:
                refuse_without_a_lead(self.instance.pk, going)
        except StaffRefusedError as error:
            how = "Invitations → Invite a school lead: they lead once they accept."
            raise forms.ValidationError(f"{error} {how}") from error


class LeadInline(admin.TabularInline):
    """Who leads the school. Withdrawn here, given by invitation."""

    model = LeadRight
    formset = LeadFormSet
    fields = readonly_fields = ["lead", "given_by", "since"]
    extra = 0
    verbose_name = "school lead"
    to_delete = "Withdraw the right"
    if_empty = "Nobody leads this school yet."

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "granted_by").order_by("granted_at")

    def has_add_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return True

    def has_change_permission(self, request, obj=None):
        return self.has_delete_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return rights.may(request.user, Task.SIGN_INS, obj)

    @admin.display(description="school lead")
    def lead(self, right):
        return right.user

    @admin.display(description="given by")
    def given_by(self, right):
        return right.granted_by

    @admin.display(description="since")
    def since(self, right):
        return right.granted_at
