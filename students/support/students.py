"""Students, as support sees them: read-only, one school at a time, with each record opened noted. No UPN, no UPI."""

from django.contrib import admin
from django.db.models import Prefetch
from django.template.loader import render_to_string

from classes.models import Enrolment
from parents.mail import preview
from schools.desk.filters import UsualFilter, YearFilter
from schools.desk.lists import ChildrenAdmin, ReadOnlyInline
from schools.templatetags.words import year_words
from schools.web.tables import IN_SCHOOL_ORDER
from students.models import Student


class EnrolmentInline(ReadOnlyInline):
    """The classes they were in, newest first."""

    model = Enrolment
    fields = readonly_fields = ["school_class", "joined_at", "left_at"]
    verbose_name_plural = "classes"
    if_empty = "They have been in no class yet."

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("school_class").order_by("-joined_at")


class HereFilter(UsualFilter):
    """Leavers stay out of the list unless asked for."""

    title, parameter_name, usual = "in the school", "here", "now"

    def lookups(self, request, model_admin):
        return [("left", "left"), ("all", "everyone kept")]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.exclude(left_at=None) if self.value() == "left" else queryset.filter(left_at=None)


@admin.register(Student)
class StudentAdmin(ChildrenAdmin):
    held_as = "students"
    list_display = ["name", "year", "school_class", "username", "left_at", "wonde_id"]
    list_select_related = ["user"]
    list_filter = [*ChildrenAdmin.list_filter, HereFilter, ("year_group", YearFilter)]
    ordering = ["sort_name", "pk"]
    search_names = ["sort_name"]
    search_fields = ["user__username", "=wonde_id", "=upn"]
    search_help_text = "Name, username, Wonde id or UPN."
    fieldsets = [
        (None, {"fields": ["forename", "surname", "year", "username", "created_at", "left_at", "wonde_id"]}),
        ("Parents and carers", {"fields": ["parents_and_carers"]}),
    ]
    readonly_fields = ["year", "username", "parents_and_carers"]
    inlines = [EnrolmentInline]

    def get_queryset(self, request):
        now = Prefetch("enrolments", Enrolment.objects.current().select_related("school_class"), to_attr="stays_now")
        return super().get_queryset(request).shown().prefetch_related(now)

    @admin.display(description="name", ordering="sort_name")
    def name(self, student):
        return student.list_name or student.wonde_id

    @admin.display(description="year group", ordering=IN_SCHOOL_ORDER)
    def year(self, student):
        return year_words(student.year_group)

    @admin.display(description="class")
    def school_class(self, student):
        return ", ".join(stay.school_class.name for stay in student.stays_now)

    @admin.display(description="username", ordering="user__username")
    def username(self, student):
        return student.user.username if student.user else None

    @admin.display(description="parents and carers")
    def parents_and_carers(self, student):
        """Each of them, with the reason why they are or are not mailed."""
        rows = preview.standings(student.school, [student.pk])[student.pk]
        context = {"rows": rows, "not_now": preview.school_stands(student.school)}
        return render_to_string("admin/parents/family.html", context)
