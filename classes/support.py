"""Classes and who is in them, as support sees them: read-only, one school at a time."""

from django.contrib import admin
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.html import format_html

from classes.models import Enrolment, SchoolClass, Teaching
from schools.desk.filters import CalledFilter, OneRowFilter, YearFilter
from schools.desk.lists import ChildrenAdmin, OneSchoolAdmin, ReadOnlyInline
from schools.templatetags.words import year_words
from schools.web.tables import IN_SCHOOL_ORDER
from sync.wording.reasons import IN_WORDS


class TeachingInline(ReadOnlyInline):
    """Who teaches it, and taught it."""

    model = Teaching
    fields = readonly_fields = ["employee", "main", "joined_at", "left_at"]
    verbose_name_plural = "teachers"
    if_empty = "Nobody teaches it, says the MIS."

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("employee").order_by("left_at", "-main", "joined_at")


class StandingFilter(CalledFilter):
    called = "standing"


class KindFilter(CalledFilter):
    called = "kind"


@admin.register(SchoolClass)
class SchoolClassAdmin(OneSchoolAdmin):
    list_display = ["name", "subject", "year", "standing", "in_it", "left_at", "wonde_id"]
    list_select_related = ["decided_by"]
    list_filter = [
        *OneSchoolAdmin.list_filter,
        ("status", StandingFilter),
        ("form", KindFilter),
        ("year_group", YearFilter),
    ]
    ordering = ["sort_name", "pk"]
    search_names = ["sort_name"]
    search_inside = True
    search_fields = ["subject", "=wonde_id"]
    search_help_text = "Class, subject or Wonde id."
    fields = [
        "standing", "status_since", "decided_by", "students_now", "form", "subject", "year", "academic_year", "left_at",
        "wonde_id",
    ]  # fmt: skip
    readonly_fields = ["standing", "students_now", "year"]
    inlines = [TeachingInline]

    def get_queryset(self, request):
        here = Count("enrolments", filter=Q(enrolments__left_at=None))
        return super().get_queryset(request).shown().annotate(students_here=here)

    @admin.display(description="year group", ordering=IN_SCHOOL_ORDER)
    def year(self, school_class):
        return year_words(school_class.year_group)

    @admin.display(description="standing", ordering="status")
    def standing(self, school_class):
        """ "In", or "Out: it is an intervention group"."""
        reason = IN_WORDS.get(school_class.reason)
        words = school_class.get_status_display().capitalize()
        return f"{words}: it {reason.sentence}" if reason else words

    @admin.display(description="students", ordering="students_here")
    def in_it(self, school_class):
        return school_class.students_here

    @admin.display(description="students")
    def students_now(self, school_class):
        """The names are on a list of their own, which asks why you are looking."""
        url = reverse("admin:classes_enrolment_changelist")
        return format_html(
            '<a href="{}?school={}&class={}">{}</a>',
            url, school_class.school_id, school_class.pk, school_class.students_here,
        )  # fmt: skip


class OneClassFilter(OneRowFilter):
    title = parameter_name = "class"
    field = "school_class_id"

    def called(self, school, pk):
        return SchoolClass.objects.shown().filter(school=school, pk=pk).first() or "one that is no longer held"


@admin.register(Enrolment)
class EnrolmentAdmin(ChildrenAdmin):
    list_display = ["student_name", "school_class", "joined_at", "left_at"]
    list_select_related = ["student", "school_class"]
    list_filter = [*ChildrenAdmin.list_filter, OneClassFilter]
    ordering = ["student__sort_name", "-joined_at", "pk"]
    search_names = ["student__sort_name", "school_class__sort_name"]
    search_fields = ["=student__wonde_id"]
    search_help_text = "Student, class or Wonde id. What you type stays out of the address of the page."
    fields = ["student", "school_class", "joined_at", "left_at"]

    def named(self, stay):
        return f"{stay.student.list_name} in {stay.school_class}"

    @admin.display(description="student", ordering="student__sort_name")
    def student_name(self, stay):
        return stay.student.list_name
