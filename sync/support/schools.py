"""Schools with their connection and their leads, as support sees and changes them."""

from datetime import date
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from schools.access import rights
from schools.desk.change_lists import SupportChangeList
from schools.desk.lists import SupportAdmin, task_action
from schools.models import AuditEntry, LeadRight, School, Task
from schools.staff.overview import StaffRefusedError, refuse_without_a_lead
from schools.templatetags.words import count_of
from sync import tasks
from sync.models import Need, SyncSettings
from sync.needs import queue
from sync.needs.states import STATES
from sync.support.add_school import add_school_view, lines
from sync.wording import freshness


class LinesField(SimpleArrayField):
    """A list of words, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

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
        ("Absences that pass unasked", {"fields": [("kind_share", "kind_free"), ("class_share", "class_free")]}),
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
    fields = readonly_fields = ["user", "granted_by", "granted_at"]
    extra = 0
    verbose_name = "school lead"

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


# Where a school's page leads, by the task each is for: {task: {label: name}}.
LISTS = {
    Task.LOOK: {
        "Students": "students_student", "Classes": "classes_schoolclass", "Staff": "schools_employee",
        "Memberships": "classes_enrolment", "Syncs": "sync_syncrun", "What waits": "sync_hold",
        "Parents and carers": "parents_contact", "Weekly mail": "parents_mailsettings", "Mails": "parents_weeklymail",
        "Blocks": "parents_block", "Progress": "students_weeklyprogress", "Audit": "schools_auditentry",
    },
    Task.SIGN_INS: {"Invitations": "schools_invitation"},
    Task.REQUESTS: {"Requests": "classes_importrequest"},
}  # fmt: skip
PAGES = {
    Task.LOOK: {
        "Overview": "sync:school", "Why?": "sync:why", "Waiting": "sync:held", "History": "sync:history",
        "Student list": "students:list", "Left": "sync:left", "Wrong tries": "students:wrong_tries",
    },
    Task.SIGN_INS: {"Sign-ins and leads": "sync:staff"},
}  # fmt: skip
OURS = ["code", "timezone", "teachers_see_all_classes", "invites_teachers", "students_choose_passwords"]


class NeedFilter(admin.SimpleListFilter):
    """Schools where one state waits for a person."""

    title, parameter_name = "needs a person", "needs"

    def lookups(self, request, model_admin):
        return [("any", "Any"), *((code, state.title) for code, state in STATES.items())]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        needs = Need.objects.filter(code__in=STATES if self.value() == "any" else [self.value()])
        return queryset.filter(pk__in=needs.values("school"))


class Overview(SupportChangeList):
    """Who needs a person first, as `sync.needs.states` ranks it."""

    def get_ordering(self, request, queryset):
        return super().get_ordering(request, queryset) if ORDER_VAR in self.params else ["rank", "name", "pk"]


@admin.register(School)
class SchoolAdmin(SupportAdmin):
    """Open to whoever holds any right for a school: it is where every task starts, and names nobody but its leads."""

    school_path = "pk"
    form = SchoolForm
    to_add = "Add a school"
    list_display = ["name", "needs_a_person", "mis", "reads", "as_of", "read_at", "newest", "offline", "due_at"]
    list_select_related = ["sync_settings"]
    ordering = ["name", "pk"]
    search_names = ["sort_name"]
    search_fields = ["=wonde_id", "=urn", "code"]
    search_help_text = "Name, short code, Wonde id or URN."
    list_filter = [NeedFilter, "mis"]
    inlines = [SyncSettingsInline, LeadInline]
    readonly_fields = ["go_to", "wonde_id", "name", "mis", "urn", "phase", "domain", "added_at"]
    fieldsets = [
        (None, {"fields": ["go_to"]}),
        ("As Wonde has it", {"fields": [("name", "wonde_id"), ("mis", "phase", "urn"), ("domain", "added_at")]}),
        ("Ours", {"fields": OURS}),
    ]
    actions = ["preview", "sync_now"]

    def get_queryset(self, request):
        # Annotated first: Django's own get_queryset would order by a column that is not there yet.
        schools = queue.with_rank(freshness.with_standing(School.objects.supported_by(request.user)))
        return schools.prefetch_related("needs").order_by(*self.get_ordering(request))

    def get_changelist(self, request, **kwargs):
        return Overview

    def has_view_permission(self, request, obj=None):
        if obj is None:
            return bool(request.user.support_tasks)
        return School.objects.supported_by(request.user).filter(pk=obj.pk).exists()

    def has_add_permission(self, request):
        return rights.everywhere(request.user, Task.SIGN_INS)

    def has_change_permission(self, request, obj=None):
        """Its settings, or its leads: each inline and field asks again."""
        return self.holds(request, Task.DECIDE, obj) or self.holds(request, Task.SIGN_INS, obj)

    def get_readonly_fields(self, request, obj=None):
        fixed = super().get_readonly_fields(request, obj)
        return fixed if self.holds(request, Task.DECIDE, obj) else [*fixed, *OURS]

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return add_school_view(request, self.admin_site, self.opts)

    def school_of(self, obj):
        return obj

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        for right in getattr(formset, "deleted_objects", ()):
            AuditEntry.objects.note(request.user, "withdrew the lead right of", right.user, right.school)

    @task_action(Task.LOOK, "Preview sync (changes nothing)")
    def preview(self, request, queryset):
        for school in queryset:
            tasks.queue_preview(school, request.user)
            self.audit(request, "asked for a preview of", school)
        self.message_user(request, f"Queued {count_of(len(queryset), 'preview')}. A preview changes nothing.")

    @task_action(Task.DECIDE, "Sync now")
    def sync_now(self, request, queryset):
        for school in queryset:
            tasks.queue_sync(school, request.user)
            self.audit(request, "asked for a sync of", school)
        self.message_user(request, f"Queued {count_of(len(queryset), 'sync')}. Follow them under Syncs.")

    @admin.display(description="needs a person", ordering="rank")
    def needs_a_person(self, school):
        waiting = queue.in_order(school, school.needs.all())
        if not waiting:
            return None
        words = ", ".join(each.short for each in waiting)
        return format_html('<strong class="needs-{}">{}</strong>', waiting[0].state.urgency, words)

    @admin.display(description="newest change in Wonde", ordering="newest")
    def newest(self, school):
        return school.newest

    @admin.display(description="MIS link down", boolean=True, ordering="offline")
    def offline(self, school):
        return True if school.offline else None

    @admin.display(description="synced every night", boolean=True, ordering="sync_settings__enabled")
    def reads(self, school):
        return school.sync_settings.enabled

    @admin.display(description="data as of", ordering="as_of")
    def as_of(self, school):
        return school.as_of

    @admin.display(description="last complete sync", ordering="read")
    def read_at(self, school):
        return school.read

    @admin.display(description="next sync due", ordering="sync_settings__due_at")
    def due_at(self, school):
        return school.sync_settings.due_at

    @admin.display(description="Of this school")
    def go_to(self, school):
        """Its lists and pages, those that are open to whoever looks."""
        rows = [
            (f"{reverse(f'admin:{name}_changelist')}?school={school.pk}", label)
            for task, lists in LISTS.items()
            for label, name in lists.items()
            if task in school.tasks
        ]
        rows += [
            (reverse(name, args=[school.code]), label)
            for task, pages in PAGES.items()
            for label, name in pages.items()
            if task in school.tasks
        ]
        return format_html_join(" · ", '<a href="{}">{}</a>', rows) or "No list of this school is open to you."

    def get_object(self, request, object_id, from_field=None):
        """With the `tasks` of whoever looks."""
        school = super().get_object(request, object_id, from_field)
        if school:
            school.tasks = rights.tasks_at(request.user, school)
        return school
