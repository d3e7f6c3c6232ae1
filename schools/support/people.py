"""Staff, as support sees them. Schools are in `sync.support.schools`."""

from django.contrib import admin, messages

from schools.desk.lists import OneSchoolAdmin, task_action
from schools.models import Employee, Task
from schools.staff import invitations
from schools.templatetags.words import count_of


@admin.register(Employee)
class EmployeeAdmin(OneSchoolAdmin):
    held_as = "employees"
    list_display = ["list_name", "email", "login", "left_at", "wonde_id"]
    list_select_related = ["user"]
    ordering = ["sort_name", "pk"]
    search_names = ["sort_name"]
    search_fields = ["=email", "=wonde_id"]
    search_help_text = "Name, address or Wonde id."
    fields = ["title", "forename", "surname", "email", "login", "created_at", "left_at", "wonde_id"]
    readonly_fields = ["login"]
    actions = ["invite"]

    def get_queryset(self, request):
        return super().get_queryset(request).shown()

    @admin.display(description="name", ordering="sort_name")
    def list_name(self, employee):
        return employee.list_name

    @admin.display(description="signs in as")
    def login(self, employee):
        return employee.user

    @task_action(Task.SIGN_INS, "Invite the ticked by mail")
    def invite(self, request, queryset):
        sent = 0
        for employee in queryset.select_related("school"):
            try:
                invitations.invite(employee.school, employee.email, by=request.user, employee=employee)
            except invitations.InvitationRefusedError as error:
                self.message_user(request, f"{employee}: {error}", messages.WARNING)
            else:
                sent += 1
        self.message_user(request, f"Queued {count_of(sent, 'invitation')}.")
