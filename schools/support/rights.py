"""Which support staff may do what: rights beside a login, and groups of schools. Superusers give them, but not to
themselves."""

from django import forms
from django.contrib import admin

from schools.access import rights
from schools.desk.codes_field import CodesField
from schools.desk.lists import SupportAdmin
from schools.models import AuditEntry, SchoolGroup, SupportRight, Task

GROUP_LIMIT = 5000


class RightForm(forms.ModelForm):
    """One more right. Our own fields: Django's would offer to change and add groups in a window of their own."""

    task = forms.ChoiceField(
        label="right",
        choices=[("", "Choose a right"), *((task.value, task.label.capitalize()) for task in Task)],
        widget=forms.Select(attrs={"class": "input", "aria-label": "Right"}),
    )
    group = forms.ModelChoiceField(
        label="for the schools of",
        queryset=SchoolGroup.objects.all(),
        required=False,
        empty_label="Every school",
        widget=forms.Select(attrs={"class": "input", "aria-label": "For the schools of"}),
    )


class RightInline(admin.TabularInline):
    """What a support login may do, right by right; seen by anyone who sees the login."""

    model = SupportRight
    form = RightForm
    if_none = {"group": "Every school", "granted_by": "The operator"}
    fk_name = "user"
    fields = ["task", "group", "granted_by", "granted_at"]
    readonly_fields = ["granted_by", "granted_at"]
    extra = 1
    verbose_name = "right"
    verbose_name_plural = "rights"
    to_delete = "Take away"
    if_empty = "None: nothing is open to this login."

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("group", "granted_by").order_by("group__name", "task")

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return request.user.is_superuser and (obj is None or rights.may_settle(request.user, obj))

    def has_change_permission(self, request, obj=None):
        return False  # take one and give another, so that each says who gave it and when

    def has_delete_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)


def save_rights(request, formset):
    """Save what was ticked and added beside a login, each with an audit entry."""
    for form in formset.deleted_forms:
        right = form.instance
        rights.take(right.user, [right.task], right.group, request.user)
    for right in formset.save(commit=False):
        rights.grant(right.user, [right.task], right.group, request.user)


class GroupForm(forms.ModelForm):
    codes = CodesField(
        limit=GROUP_LIMIT,
        beyond="for more, give the right for every school",
        label="Its schools",
        help_text="Their short codes, one a line.",
    )

    class Meta:
        model = SchoolGroup
        fields = ["name"]

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, instance=instance, **kwargs)
        if instance:
            self.initial["codes"] = "\n".join(instance.schools.order_by("code").values_list("code", flat=True))


@admin.register(SchoolGroup)
class SchoolGroupAdmin(SupportAdmin):
    form = GroupForm
    to_add = "Add a group of schools"
    list_display = ["name", "size"]
    list_select_related = True
    ordering = ["name", "pk"]
    search_fields = ["name"]
    search_help_text = "Part of the name."
    fields = ["name", "codes"]

    def holds(self, request, task, obj=None):
        return request.user.is_superuser

    def within(self, request, queryset, task):
        return queryset if request.user.is_superuser else queryset.none()

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        """Not while somebody's right depends on it: taking rights away is a step of its own, with an audit entry."""
        return request.user.is_superuser and not (obj and obj.rights.exists())

    def get_actions(self, request):
        return {}

    def school_of(self, obj):
        return None

    @admin.display(description="schools")
    def size(self, group):
        return group.schools.count()

    def save_related(self, request, form, formsets, change):
        """Each school added or taken out gets an audit entry: other people in support may look at it now."""
        super().save_related(request, form, formsets, change)
        before, after = set(form.instance.schools.all()), set(form.cleaned_data["codes"])
        form.instance.schools.set(after)
        for verb, schools in (("put into a group", after - before), ("took out of a group", before - after)):
            for school in schools:
                AuditEntry.objects.note(request.user, verb, form.instance, school, form.instance.name)
