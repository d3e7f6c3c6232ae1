"""API tokens, made and revoked by support with the right. A secret is shown once, in the answer that makes it."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from schools.access import rights
from schools.desk.codes_field import CodesField
from schools.desk.lists import SupportAdmin, task_action
from schools.models import ApiToken, AuditEntry, School, Task
from schools.models.token import in_a_year
from schools.templatetags.words import and_list

SCHOOLS_LIMIT = 200
NAMED = 3  # schools of a token that are named in the list


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        help_text="Who uses it, for example: times tables, nightly job.",
        error_messages={"required": "Say who uses it."},
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.label.capitalize()) for scope in ApiToken.Scope],
        label="It may",
        error_messages={"required": "Tick what it may do."},
        widget=forms.CheckboxSelectMultiple,
    )
    every_school = forms.BooleanField(required=False, help_text="Also schools that are added later.")
    codes = CodesField(
        limit=SCHOOLS_LIMIT,
        beyond="for more, choose every school",
        label="Only these schools",
        help_text="Their short codes, one a line. Empty where it is for every school.",
    )
    expires_on = forms.DateField(
        initial=lambda: timezone.localdate(in_a_year()),
        error_messages={"required": "Say until when."},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, by, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_every_school(self):
        if self.cleaned_data["every_school"] and not rights.everywhere(self.by, Task.TOKENS):
            raise forms.ValidationError("Your right is for some schools: name those the token is for.")
        return self.cleaned_data["every_school"]

    def clean_codes(self):
        """The schools named, all of which must be within the maker's rights."""
        named = self.cleaned_data["codes"]
        mine = set(School.objects.supported_by(self.by, Task.TOKENS).filter(pk__in=[school.pk for school in named]))
        if others := sorted(school.code for school in named if school not in mine):
            raise forms.ValidationError(f"You have no right to make tokens for {', '.join(others)}.")
        return named

    def clean_expires_on(self):
        if self.cleaned_data["expires_on"] <= timezone.localdate():
            raise forms.ValidationError("Give a day to come.")
        return self.cleaned_data["expires_on"]

    def clean(self):
        cleaned = super().clean()
        if {"codes", "every_school"} <= cleaned.keys() and bool(cleaned["codes"]) == cleaned["every_school"]:
            self.add_error("codes", "Name schools, or choose every school: one of the two.")
        return cleaned


@admin.register(ApiToken)
class ApiTokenAdmin(SupportAdmin):
    """A token belongs to all its schools: looking after it needs the right for each of them."""

    task = Task.TOKENS
    to_add = "Make an API token"
    list_display = ["name", "begins", "may", "of_schools", "standing", "expires_at", "last_used_at"]
    list_select_related = ["made_by"]
    ordering = ["name", "pk"]
    search_fields = ["name", "=prefix"]
    search_help_text = "Part of the name, or the eight figures after rb_."
    fields = ["standing", "begins", "may", "of_schools", "made_by", "made_at", "expires_at", "last_used_at"]
    readonly_fields = ["begins", "may", "of_schools", "standing"]
    actions = ["revoke"]

    def holds(self, request, task, obj=None):
        return super().holds(request, task) and (obj is None or self._mine(request).filter(pk=obj.pk).exists())

    def within(self, request, queryset, task):
        return queryset.filter(pk__in=self._mine(request).values("pk"))

    def _mine(self, request):
        if rights.everywhere(request.user, Task.TOKENS):
            return ApiToken.objects.all()
        mine = School.objects.supported_by(request.user, Task.TOKENS)
        others = ApiToken.schools.through.objects.exclude(school__in=mine.values("pk")).values("apitoken")
        return ApiToken.objects.filter(every_school=False).exclude(pk__in=others)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("schools")

    def has_add_permission(self, request):
        return self.holds(request, Task.TOKENS)

    def school_of(self, obj):
        return None

    @admin.display(description="may")
    def may(self, token):
        return token.scopes_in_words.capitalize()

    @admin.display(description="of")
    def of_schools(self, token):
        if token.every_school:
            return "Every school"
        names = [school.name for school in token.schools.all()]
        more = [f"{len(names) - NAMED:,} more"] if len(names) > NAMED else []
        return and_list(names[:NAMED] + more)

    @admin.display(description="begins with", ordering="prefix")
    def begins(self, token):
        return f"rb_{token.prefix}"

    @admin.display(description="state")
    def standing(self, token):
        return token.state.capitalize()

    def named(self, token):
        return token.name

    @method_decorator(never_cache)
    def add_view(self, request, form_url="", extra_context=None):
        """Make a token and show its secret, in an answer that no cache on the way keeps."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TokenForm(request.user, request.POST or None)
        context = self.admin_site.each_context(request) | {
            "title": self.to_add,
            "opts": self.opts,
            "back": self.list_address(request, None),
            "back_to": "API tokens",
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
            AuditEntry.objects.note(by, "made API token", token, school, token.scopes_in_words)
        return token, secret

    @task_action(Task.TOKENS, "Revoke the ticked tokens at once", is_grave=True)
    def revoke(self, request, queryset):
        for token in queryset.filter(revoked_at=None):
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            for school in token.schools.all() or [None]:
                AuditEntry.objects.note(request.user, "revoked API token", token, school)
        self.message_user(request, "Revoked: from now on they are refused.", messages.SUCCESS)
