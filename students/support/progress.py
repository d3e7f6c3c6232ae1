"""Weekly progress as support sees it, and the CSV file that fills it."""

from datetime import date

from django import forms
from django.contrib import admin, messages
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.csrf import csrf_protect

from schools.desk.chosen import chosen_school
from schools.desk.lists import ChildrenAdmin
from schools.models import AuditEntry, Task
from schools.templatetags.words import date_words
from students.models import WeeklyProgress
from students.progress import ROWS_LIMIT, ProgressRefusedError, upsert_csv

LARGEST_BYTES = 2_000_000
ERRORS_SHOWN = 50


class CsvForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        error_messages={"required": "Choose a file."},
        help_text="First line: week, one of student_id, wonde_id, username, and any of tasks_set, tasks_done, minutes, "
        f"points, note. Up to {ROWS_LIMIT:,} rows. The file is read and not kept.",
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_BYTES:
            raise forms.ValidationError("The file is larger than 2 MB. Send it in parts.")
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is not UTF-8. Save it as “CSV UTF-8” and try again.") from None


@admin.register(WeeklyProgress)
class WeeklyProgressAdmin(ChildrenAdmin):
    list_display = ["name", "week", "tasks", "minutes", "points", "updated_at"]
    list_select_related = ["student"]
    ordering = ["-iso_year", "-iso_week", "student__sort_name", "pk"]
    search_names = ["student__sort_name"]
    search_fields = ["=student__wonde_id"]
    search_help_text = "Name or Wonde id of the student."
    fields = ["student", "week", "tasks", "minutes", "points", "note", "updated_at"]
    readonly_fields = ["week", "tasks"]

    def get_urls(self):
        view = self.admin_site.admin_view(csrf_protect(self.import_view))
        return [path("import/", view, name="students_weeklyprogress_import"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        may_import = chosen_school(request, Task.DECIDE) is not None
        return super().changelist_view(request, {"may_import": may_import})

    def named(self, progress):
        return f"{progress.student.list_name}, week of {date_words(self.week(progress).isoformat())}"

    @admin.display(description="student", ordering="student__sort_name")
    def name(self, progress):
        return progress.student.list_name

    @admin.display(description="week of", ordering="iso_week")
    def week(self, progress):
        return date.fromisocalendar(progress.iso_year, progress.iso_week, 1)

    @admin.display(description="tasks done")
    def tasks(self, progress):
        return f"{progress.tasks_done} of {progress.tasks_set}"

    def import_view(self, request):
        """Save a CSV file's rows for the school in `?school=`; rows that cannot be right are listed."""
        school = chosen_school(request, Task.DECIDE)
        if school is None:
            raise Http404
        form, saved = CsvForm(request.POST or None, request.FILES or None), None
        if request.method == "POST" and form.is_valid():
            try:
                saved = upsert_csv(school, form.cleaned_data["file"])
            except ProgressRefusedError as error:
                form.add_error("file", str(error))
            else:
                told = f"{saved.written} new or changed, {saved.unchanged} as before, {len(saved.errors)} left out"
                AuditEntry.objects.note(request.user, "imported progress", school, school, told)
                self.message_user(request, f"{told}.", messages.WARNING if saved.errors else messages.SUCCESS)
        context = self.admin_site.each_context(request) | {
            "title": f"Import weekly progress of {school}", "opts": self.opts, "form": form, "school": school,
            "errors": saved.errors[:ERRORS_SHOWN] if saved else [],
        }  # fmt: skip
        return TemplateResponse(request, "admin/progress_import.html", context)
