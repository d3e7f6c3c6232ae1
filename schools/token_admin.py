"""API tokens, as a superuser makes and revokes them. A secret is shown in the answer that makes it, and never again."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Lower
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from schools.models import ApiToken, AuditEntry, School
from schools.models.token import in_a_year
from schools.support_admin import SupportAdmin

SCHOOLS_LIMIT = 200


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        help_text="Who uses it, for example: times tables, nightly job.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope.choices, label="It may", widget=forms.CheckboxSelectMultiple
    )
    every_school = forms.BooleanField(required=False, help_text="Also schools that are added later.")
    codes = forms.CharField(
        required=False,
        label="Only these schools",
        help_text="Their short codes, one a line. Empty where it is for every school.",
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
    )
    expires_on = forms.DateField(
        initial=lambda: timezone.localdate(in_a_year()),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def clean_codes(self):
        """The schools named."""
        codes = {line.strip().lower() for line in self.cleaned_data["codes"].splitlines() if line.strip()}
        if len(codes) > SCHOOLS_LIMIT:
            raise forms.ValidationError(f"Up to {SCHOOLS_LIMIT} schools by name; for more, choose every school.")
        schools = {
            school.code.lower(): school for school in School.objects.alias(lower=Lower("code")).filter(lower__in=codes)
        }
        if missing := sorted(codes - schools.keys()):
            raise forms.ValidationError(f"No school has the short code {', '.join(missing)}.")
        return list(schools.values())

    def clean_expires_on(self):
        if self.cleaned_data["expires_on"] <= timezone.localdate():
            raise forms.ValidationError("Give a day to come.")
        return self.cleaned_data["expires_on"]

    def clean(self):
        cleaned = super().clean()
        if "codes" in cleaned and bool(cleaned["codes"]) == cleaned["every_school"]:
            self.add_error("codes", "Name schools, or choose every school: one of the two.")
        return cleaned


@admin.register(ApiToken)
class ApiTokenAdmin(SupportAdmin):
    list_display = ["name", "prefix", "may", "of_schools", "state", "expires_at", "last_used_at"]
    list_select_related = ["made_by"]
    ordering = ["name", "pk"]
    search_fields = ["name", "=prefix"]
    search_help_text = "Part of the name, or the eight figures after rb_."
    fields = ["name", "prefix", "may", "of_schools", "state", "made_by", "made_at", "expires_at", "last_used_at"]
    readonly_fields = ["may", "of_schools", "state"]
    actions = ["revoke"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("schools")

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_start_permission(self, request):
        return request.user.is_superuser

    def school_of(self, obj):
        return None

    @admin.display(description="may")
    def may(self, token):
        return ", ".join(token.scopes)

    @admin.display(description="of")
    def of_schools(self, token):
        return "every school" if token.every_school else ", ".join(school.name for school in token.schools.all())

    @method_decorator(never_cache)
    def add_view(self, request, form_url="", extra_context=None):
        """Make one and show its secret, in an answer that nothing on the way keeps."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TokenForm(request.POST or None)
        context = self.admin_site.each_context(request) | {
            "title": "Make an API token",
            "opts": self.opts,
            "form": form,
        }
        if form.is_valid():
            context["token"], context["secret"] = self._make(request.user, form.cleaned_data)
            context["form"] = None
        return TemplateResponse(request, "admin/api_token.html", context)

    def _make(self, by, asked):
        moment = timezone.datetime.combine(asked["expires_on"], timezone.datetime.min.time())
        token, secret = ApiToken.objects.issue(
            name=asked["name"],
            scopes=asked["scopes"],
            every_school=asked["every_school"],
            expires_at=timezone.make_aware(moment),
            made_by=by,
        )
        token.schools.set(asked["codes"])
        for school in asked["codes"] or [None]:
            AuditEntry.objects.note(by, "made API token", token, school, ", ".join(token.scopes))
        return token, secret

    @admin.action(description="Revoke at once", permissions=["start"])
    def revoke(self, request, queryset):
        for token in queryset.filter(revoked_at=None):
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            for school in token.schools.all() or [None]:
                AuditEntry.objects.note(request.user, "revoked API token", token, school)
        self.message_user(request, "Revoked: from now on they are refused.", messages.SUCCESS)
