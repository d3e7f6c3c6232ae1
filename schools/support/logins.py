"""Logins of staff and of support, as support sees them."""

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.views.decorators.csrf import csrf_protect

from schools.access import rights
from schools.auth import factors_of
from schools.desk.filters import YesNoFilter
from schools.desk.lists import SupportAdmin
from schools.models import AuthoriserRight, Employee, LeadRight, Proposal, School, Task, User
from schools.support.rights import RightInline, save_rights
from sync.pages import second_person

# allauth registers its own; but an invitation proves an address, and nobody may see a secret.
for model in (EmailAddress, Authenticator, Group, Client, Token):
    admin.site.unregister(model)


class UserForm(forms.ModelForm):
    class Meta:
        labels = {"is_active": "Can sign in", "is_staff": "Works for support"}
        help_texts = {"is_active": "Off: every page is closed to this login, at once.", "is_staff": ""}


class WhoseFilter(YesNoFilter):
    called, yes, no = "for", "support", "a school"


class ActiveFilter(YesNoFilter):
    called = "can sign in"


@admin.register(User)
class UserAdmin(SupportAdmin):
    """Logins of staff at the viewer's schools, and of support. Students are found under their school."""

    task = Task.SIGN_INS

    form = UserForm
    list_display = ["email", "works_for", "second_factor", "last_login", "can_sign_in"]
    ordering = ["email"]
    list_select_related = True
    search_fields = ["email"]
    search_help_text = "Part of the address."
    list_filter = [("is_staff", WhoseFilter), ("is_active", ActiveFilter)]
    fields = ["belongs_to", "second_factor", "last_login", "created_at", "is_active", "is_staff"]

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
        agrees = AuthoriserRight.objects.filter(user=OuterRef("pk"), school__in=mine)
        return queryset.filter(Exists(leads) | Exists(agrees) | Exists(works))

    def has_change_permission(self, request, obj=None):
        """You cannot change your own login here, nor one that opens schools that are not yours; only a superuser can
        change support's."""
        return self.has_view_permission(request) if obj is None else rights.may_settle(request.user, obj)

    def get_object(self, request, object_id, from_field=None):
        """With those of its schools that may be shown: the viewer's."""
        user = super().get_object(request, object_id, from_field)
        if user:
            every = request.user.is_superuser
            user.shown = School.objects.all() if every else School.objects.supported_by(request.user, self.task)
        return user

    def save_formset(self, request, form, formset, change):
        save_rights(request, formset)

    def get_inlines(self, request, obj):
        return [RightInline] if obj and obj.is_staff else []

    def get_readonly_fields(self, request, obj=None):
        fixed = ["belongs_to", "second_factor", "last_login", "created_at"]
        return fixed if request.user.is_superuser else [*fixed, "is_staff"]

    def school_of(self, obj):
        return None

    @admin.display(description="for", ordering="is_staff")
    def works_for(self, user):
        return "Support" if user.is_staff else "A school"

    @admin.display(description="can sign in", ordering="is_active", boolean=True)
    def can_sign_in(self, user):
        return user.is_active

    @admin.display(description="second factor", boolean=True)
    def second_factor(self, user):
        return user.has_factor

    @admin.display(description="belongs to")
    def belongs_to(self, user):
        leads, works = user.lead_rights.select_related("school"), user.employees.select_related("school")
        rows = [(right.school.pk, right.school.name, "Leads") for right in leads.filter(school__in=user.shown)]
        agrees = user.authoriser_rights.select_related("school").filter(school__in=user.shown)
        rows += [(right.school.pk, right.school.name, "Agrees for") for right in agrees]
        rows += [
            (row.school.pk, row.school.name, "Left" if row.left_at else "Works at")
            for row in works.filter(school__in=user.shown)
        ]
        return format_html_join(
            ", ", '{} <a href="{}">{}</a>',
            ((what, reverse("admin:schools_school_change", args=[pk]), name) for pk, name, what in rows),
        ) or "No school"  # fmt: skip

    def get_urls(self):
        view = self.admin_site.admin_view(csrf_protect(self.factor_view))
        return [path("<id:pk>/second-factor/", view, name="schools_user_factor"), *super().get_urls()]

    def links(self, request, user):
        if not (user.has_factor and rights.may_settle(request.user, user)):
            return []
        return [(reverse("admin:schools_user_factor", args=[user.pk]), "Take the second factor away", True)]

    def factor_view(self, request, pk):
        """Ask for a second factor to be removed, so that its owner can sign in by password and set up another."""
        user = self.get_queryset(request).filter(pk=pk).first()
        if user is None or not rights.may_settle(request.user, user):
            raise Http404
        schools = list(rights.schools_of(user))
        school = schools[0] if len(schools) == 1 else None
        proposal = Proposal(act=Proposal.Act.REMOVE_FACTOR, school=school, login=user)
        effect = f"Take away the second factor of {user}"
        context = self.admin_site.each_context(request) | {
            "title": effect, "opts": self.opts, "back_to": str(user),
            "back": reverse("admin:schools_user_change", args=[user.pk]),
        }  # fmt: skip
        return second_person.ask(request, proposal, effect, "admin/second_person.html", context)
