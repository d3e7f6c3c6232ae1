"""Staff, logins, invitations and the audit, as support sees them. Schools are in `sync.support.schools`."""

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.csrf import csrf_protect

from schools.access import rights
from schools.auth import factors_of
from schools.desk.chosen import chosen_school
from schools.desk.filters import SchoolFilter
from schools.desk.lists import OneSchoolAdmin, SupportAdmin, task_action
from schools.models import AuditEntry, Employee, Invitation, LeadRight, OutgoingMail, Proposal, School, Task, User
from schools.staff import invitations
from schools.support.rights import RightInline, save_rights
from schools.templatetags.words import count_of
from schools.text.addresses import cleaned
from sync.pages import second_person

# allauth registers its own; but an invitation proves an address, and nobody may see a secret.
for model in (EmailAddress, Authenticator, Group, Client, Token):
    admin.site.unregister(model)


@admin.register(Employee)
class EmployeeAdmin(OneSchoolAdmin):
    list_display = ["list_name", "email", "login", "is_current", "wonde_id"]
    list_select_related = ["user"]
    ordering = ["sort_name", "pk"]
    search_names = ["sort_name"]
    search_fields = ["=email", "=wonde_id"]
    search_help_text = "Name, address or Wonde id. What you type stays out of the address of the page."
    fields = ["title", "forename", "surname", "email", "login", "left_at", "wonde_id", "school", "created_at"]
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

    @admin.display(description="current", boolean=True)
    def is_current(self, employee):
        return employee.left_at is None

    @task_action(Task.SIGN_INS, "Invite by mail")
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


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="Email address",
        help_text="A school lead decides what comes in; they need not teach.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


@admin.register(Invitation)
class InvitationAdmin(OneSchoolAdmin):
    task = Task.SIGN_INS
    to_add = "Invite a school lead"
    list_display = ["email", "as_lead", "state", "sent_at", "accepted_at", "invited_by"]
    list_select_related = ["invited_by"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["=email"]
    search_help_text = "The whole address."
    fields = ["email", "as_lead", "state", "employee", "invited_by", "made_at", "sent_at", "expires_at", "accepted_at"]
    readonly_fields = ["state"]
    actions = ["send_again"]

    def has_add_permission(self, request):
        return chosen_school(request, self.task) is not None

    def add_view(self, request, form_url="", extra_context=None):
        """Invite a school lead, through `invite`, which keeps one waiting invitation for each address."""
        school, form = chosen_school(request, self.task), InviteForm(request.POST or None)
        if school is None:
            raise Http404
        if form.is_valid():
            email = cleaned(form.cleaned_data["email"])
            proposal = Proposal(act=Proposal.Act.GIVE_LEAD, school=school, about={"employee": None, "email": email})
            effect = f"Invite {email} as a school lead of {school}"
            context = self.admin_site.each_context(request) | {"title": effect, "opts": self.opts}
            return second_person.ask(request, proposal, effect, "admin/second_person.html", context)
        context = self.admin_site.each_context(request) | {
            "title": f"Invite a school lead of {school}",
            "opts": self.opts,
            "form": form,
            "school": school,
        }
        return TemplateResponse(request, "admin/invite.html", context)

    @task_action(Task.SIGN_INS, "Send again")
    def send_again(self, request, queryset):
        for row in queryset.waiting().select_related("school", "employee"):
            invitations.invite(row.school, row.email, by=request.user, employee=row.employee, as_lead=row.as_lead)
        self.message_user(request, "Queued. The links of the earlier mails do not work any more.")


@admin.register(OutgoingMail)
class OutgoingMailAdmin(SupportAdmin):
    """Mail on its way, for every school: what waits and why, and what was given up. Addresses are not shown."""

    list_display = ["letter", "school", "state", "answer", "tries", "made_at", "due_at", "ended_at"]
    list_select_related = ["school"]
    list_filter = [SchoolFilter, "state"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["=letter", "=answer"]
    search_help_text = "A sort of mail, as notice, or the code of an answer, as smtp_550_5.1.1."
    fields = ["letter", "school", "state", "answer", "tries", "made_at", "due_at", "until", "ended_at"]


@admin.register(User)
class UserAdmin(SupportAdmin):
    """Logins of staff at the viewer's schools, and of support. Students are found under their school."""

    task = Task.SIGN_INS

    list_display = ["email", "is_staff", "is_active", "second_factor", "last_login"]
    ordering = ["email"]
    list_select_related = True
    search_fields = ["email"]
    search_help_text = "Part of the address. What you type stays out of the address of the page."
    list_filter = ["is_staff", "is_active"]
    fields = ["email", "is_active", "is_staff", "second_factor", "lost_it", "last_login", "created_at", "belongs_to"]

    def get_queryset(self, request):
        return super().get_queryset(request).staff().annotate(has_factor=Exists(factors_of(OuterRef("pk"))))

    def holds(self, request, task, obj=None):
        """Superusers see every login, because they give the rights."""
        if obj is None:
            return request.user.is_superuser or super().holds(request, task)
        return self.within(request, User.objects.filter(pk=obj.pk), task).exists()

    def within(self, request, queryset, task):
        if request.user.is_superuser or rights.everywhere(request.user, task):
            return queryset
        mine = School.objects.supported_by(request.user, task).values("pk")
        leads = LeadRight.objects.filter(user=OuterRef("pk"), school__in=mine)
        works = Employee.objects.filter(user=OuterRef("pk"), school__in=mine)
        return queryset.filter(Exists(leads) | Exists(works))

    def has_change_permission(self, request, obj=None):
        """You cannot change your own login here, nor one that opens schools that are not yours; only a superuser can
        change support's."""
        return self.has_view_permission(request) if obj is None else rights.may_settle(request.user, obj)

    def get_object(self, request, object_id, from_field=None):
        """With those of its schools that may be shown: the viewer's."""
        user = super().get_object(request, object_id, from_field)
        if user:
            user.may_be_settled = rights.may_settle(request.user, user)
            every = request.user.is_superuser
            user.shown = School.objects.all() if every else School.objects.supported_by(request.user, self.task)
        return user

    def save_formset(self, request, form, formset, change):
        save_rights(request, formset)

    def get_inlines(self, request, obj):
        return [RightInline] if obj and obj.is_staff else []

    def get_readonly_fields(self, request, obj=None):
        fixed = ["email", "second_factor", "last_login", "created_at", "belongs_to", "lost_it"]
        return fixed if request.user.is_superuser else [*fixed, "is_staff"]

    def school_of(self, obj):
        return None

    @admin.display(description="second factor", boolean=True)
    def second_factor(self, user):
        return user.has_factor

    @admin.display(description="belongs to")
    def belongs_to(self, user):
        leads, works = user.lead_rights.select_related("school"), user.employees.select_related("school")
        rows = [(right.school.pk, right.school.name, "leads") for right in leads.filter(school__in=user.shown)]
        rows += [
            (row.school.pk, row.school.name, "left" if row.left_at else "works at")
            for row in works.filter(school__in=user.shown)
        ]
        return format_html_join(
            "\n", '<p>{} <a href="{}">{}</a></p>',
            ((what, reverse("admin:schools_school_change", args=[pk]), name) for pk, name, what in rows),
        ) or format_html("<p>{}</p>", "No school.")  # fmt: skip

    def get_urls(self):
        view = self.admin_site.admin_view(csrf_protect(self.factor_view))
        return [path("<id:pk>/second-factor/", view, name="schools_user_factor"), *super().get_urls()]

    @admin.display(description="lost it")
    def lost_it(self, user):
        if not (user.has_factor and user.may_be_settled):
            return "–"
        return format_html(
            '<a href="{}">Take the second factor away, with a second person</a>',
            reverse("admin:schools_user_factor", args=[user.pk]),
        )

    def factor_view(self, request, pk):
        """Ask for a second factor to be removed, so that its owner can sign in by password and set up another."""
        user = self.get_queryset(request).filter(pk=pk).first()
        if user is None or not rights.may_settle(request.user, user):
            raise Http404
        schools = list(rights.schools_of(user))
        school = schools[0] if len(schools) == 1 else None
        proposal = Proposal(act=Proposal.Act.REMOVE_FACTOR, school=school, login=user)
        effect = f"Take away the second factor of {user}"
        context = self.admin_site.each_context(request) | {"title": effect, "opts": self.opts}
        return second_person.ask(request, proposal, effect, "admin/second_person.html", context)


@admin.register(AuditEntry)
class AuditEntryAdmin(OneSchoolAdmin):
    list_display = ["at", "actor", "verb", "kind", "object_id", "reason"]
    list_select_related = ["actor"]
    ordering = ["-at", "-pk"]
    search_fields = ["=actor__email", "=object_id", "reason"]
    search_help_text = "Who (whole address), the number of a row, or words of the reason."
    fields = ["at", "actor", "verb", "kind", "object_id", "reason", "school"]
