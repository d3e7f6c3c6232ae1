"""Schools as support sees them: the list, most urgent first, and the pages of one school."""

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_protect

from schools.access import rights
from schools.desk.change_lists import SupportChangeList
from schools.desk.lists import SupportAdmin, task_action
from schools.models import AuditEntry, School, Task
from schools.templatetags.words import count_of
from sync import tasks
from sync.models import Need
from sync.needs import queue
from sync.needs.states import STATES
from sync.support import access, school_page
from sync.support.add_school import add_school_view
from sync.support.school_settings import LeadInline, SchoolForm, SyncSettingsInline
from sync.wording import freshness
from sync.wording.access import TITLES

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


class AccessFilter(admin.SimpleListFilter):
    """Schools by how they stand in Wonde."""

    title, parameter_name = "in Wonde", "access"

    def lookups(self, request, model_admin):
        return list(TITLES.items())

    def queryset(self, request, queryset):
        return queryset.filter(access__state=self.value()) if self.value() else queryset


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
    list_filter = [NeedFilter, AccessFilter, "mis"]
    readonly_fields = ["wonde_id", "name", "mis", "urn", "phase", "domain", "added_at"]
    fieldsets = [
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

    def get_urls(self):
        def view(function):
            return self.admin_site.admin_view(csrf_protect(function))

        own = [
            path("<id:pk>/settings/", view(self.settings_view), name="schools_school_settings"),
            path("<id:pk>/leads/", view(self.settings_view), name="schools_school_leads"),
            path("<id:pk>/find/", view(self.find_view), name="schools_school_find"),
            path("<id:pk>/access/", view(self.access_view), name="schools_school_access"),
        ]
        return own + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The school's page: how it stands. Its settings and its leads are tabs."""
        return school_page.overview(request, self.get_object(request, object_id))

    def settings_view(self, request, pk):
        """Django's own form, with the settings or with the leads."""
        return super().change_view(request, str(pk))

    def find_view(self, request, pk):
        return school_page.find(request, self.get_object(request, str(pk)))

    def access_view(self, request, pk):
        return access.in_wonde(request, self.get_object(request, str(pk)))

    def search_again(self, request):
        """A search that means one school opens it."""
        schools = School.objects.supported_by(request.user)
        found, _ = self.get_search_results(request, schools, request.POST["search_for"].strip())
        first = found.order_by("pk")[:2] if request.POST["search_for"].strip() else ()
        return (
            redirect("admin:schools_school_change", first[0].pk) if len(first) == 1 else super().search_again(request)
        )

    def render_change_form(self, request, context, obj=None, **kwargs):
        response = super().render_change_form(request, context, obj=obj, **kwargs)
        what = "Leads" if _is_about_leads(request) else "Settings"
        address = reverse("admin:schools_school_change", args=[obj.pk])
        response.context_data |= {"title": what, "kind": "", "back": address, "back_to": obj.name}
        return response

    def get_inlines(self, request, obj):
        return [LeadInline] if _is_about_leads(request) else [SyncSettingsInline]

    def get_fieldsets(self, request, obj=None):
        return [] if _is_about_leads(request) else super().get_fieldsets(request, obj)

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


def _is_about_leads(request):
    return request.resolver_match.url_name == "schools_school_leads"
