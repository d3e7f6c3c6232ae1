"""What every admin list shares: it shows only what the viewer has a right to, is read-only unless it says otherwise,
keeps searches out of the address, shows people one school at a time, and writes an audit entry each time a child's
record is opened."""

from functools import wraps

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import SEARCH_VAR
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from schools.access import looking, rights
from schools.desk.asking import ask_reason
from schools.desk.change_lists import OneSchoolChangeList, SupportChangeList
from schools.desk.chosen import chosen_school
from schools.desk.filters import SchoolFilter
from schools.models import AuditEntry, Task
from schools.models.named import like
from schools.web import searches


def task_action(task, description, *, is_grave=False):
    """A list action, offered to those who hold `task` and applied only to rows of schools they hold it for.

    description: what its button says; is_grave: whether the button stands apart, as one that nothing takes back
    """

    def decorate(function):
        @admin.action(description=description, permissions=[task.value])
        @wraps(function)
        def acted(model_admin, request, queryset):
            return function(model_admin, request, model_admin.within(request, queryset, task))

        acted.is_grave = is_grave
        return acted

    return decorate


def _holds(task):
    """What Django asks an admin before it offers an action made by `task_action`."""
    return lambda self, request, obj=None: self.holds(request, task, obj)


class SupportAdmin(admin.ModelAdmin):
    """Anyone who holds `task` for a school may read its rows here; each admin says what else they may do. The site has
    already checked that this is support, with a second factor."""

    task = Task.LOOK
    school_path = "school"  # path from a row to its school
    has_decide_permission = _holds(Task.DECIDE)
    has_look_permission = _holds(Task.LOOK)
    has_sign_ins_permission = _holds(Task.SIGN_INS)
    has_tokens_permission = _holds(Task.TOKENS)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    search_names = ()  # folded name columns, searched for names; `search_fields` are for everything else
    search_inside = False  # whether typed words may match anywhere in a name
    held_as = ""  # of people: the kind under which all that is held about one is exported
    to_add = ""  # what the button says that adds a row
    if_none = {}  # what a column or a fact says where there is nothing: {its name: words}
    actions_selection_counter = False

    def holds(self, request, task, obj=None):
        """Whether the viewer may do `task` to `obj`; without one, to anything at all."""
        if obj is None:
            return rights.anywhere(request.user, task)
        return rights.may(request.user, task, self.school_of(obj))

    def within(self, request, queryset, task):
        """The rows of `queryset` to which the viewer may do `task`."""
        return rights.within(queryset, request.user, task, self.school_path)

    def get_queryset(self, request):
        return self.within(request, super().get_queryset(request), self.task)

    def get_object(self, request, object_id, from_field=None):
        obj = super().get_object(request, object_id, from_field)
        if obj:
            self.prepare([obj])
        return obj

    def prepare(self, rows):
        """Look up, for all rows of a page at once, what their columns say of other rows."""

    def links(self, request, obj):
        """What else the viewer may open or begin from the page of `obj`: (address, label, whether it is grave)."""
        return []

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return self.holds(request, self.task, obj)

    def has_view_or_change_permission(self, request, obj=None):
        """Django opens a list to anyone who may change its rows; we ask that they may see them too."""
        return self.has_view_permission(request, obj)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def lookup_allowed(self, lookup, value, request=None):
        """Only what a filter of this list offers, so that no person's name or email can be looked up through the
        URL."""
        offered = [one[0] if isinstance(one, tuple) else one for one in self.list_filter]
        return any(
            lookup in {one, f"{one}__exact", f"{one}__isnull"} if isinstance(one, str) else lookup == one.parameter_name
            for one in offered
        )

    def get_changelist(self, request, **kwargs):
        return SupportChangeList

    def changelist_view(self, request, extra_context=None):
        if request.method == "POST" and "search_for" in request.POST:
            return self.search_again(request)
        if request.method == "POST" and "action" in request.POST and ACTION_CHECKBOX_NAME not in request.POST:
            self.message_user(request, "Nothing was ticked, so nothing was done.", messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        context = {"deeds": self.deeds(request), "school": chosen_school(request, self.task), "to_add": self.to_add}
        return super().changelist_view(request, context | (extra_context or {}))

    def deeds(self, request):
        """The actions offered, as buttons; the grave ones last."""
        offered = [
            {"name": name, "label": label, "is_grave": getattr(function, "is_grave", False)}
            for function, name, label in self.get_actions(request).values()
        ]
        return sorted(offered, key=lambda deed: deed["is_grave"])

    def search_again(self, request):
        """Redirect a posted search to the same list, with a key in place of what was typed."""
        params = request.GET.copy()
        for name in (SEARCH_VAR, "p"):
            params.pop(name, None)
        if term := request.POST["search_for"].strip():
            params[SEARCH_VAR] = searches.remember(request.user, term)
        return HttpResponseRedirect(f"{request.path}?{params.urlencode()}")

    def get_search_results(self, request, queryset, search_term):
        found, duplicates = super().get_search_results(request, queryset, search_term)
        for name in self.search_names:
            found = found | queryset.filter(like(search_term, name, inside=self.search_inside))
        return found, duplicates

    def named(self, obj):
        """What the page of one row is called."""
        return str(obj)

    def render_change_form(self, request, context, obj=None, **kwargs):
        school = self.school_of(obj) if obj else None
        context |= {
            "title": self.named(obj) if obj else self.to_add,
            "kind": capfirst(self.opts.verbose_name) if obj else "",
            "school": school,
            "zone": school.zone if school else timezone.get_current_timezone(),
            "links": self.links(request, obj) if obj else [],
            "held_as": self.held_as if obj and self.holds(request, Task.EXPORT, obj) else "",
            "back": self.list_address(request, school),
            "back_to": capfirst(self.opts.verbose_name_plural),
        }
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def list_address(self, request, school):
        """The list that led to a row, narrowed as it was; else the list of the row's school."""
        of_school = f"school={school.pk}" if school and SchoolFilter in self.list_filter else ""
        kept = request.GET.get("_changelist_filters", of_school)
        return f"{reverse(f'admin:{self.opts.app_label}_{self.opts.model_name}_changelist')}?{kept}".rstrip("?")

    def response_add(self, request, obj, post_url_continue=None):
        self.message_user(request, "Added.", messages.SUCCESS)
        return HttpResponseRedirect(self._address_of(obj))

    def response_change(self, request, obj):
        self.message_user(request, "Saved.", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    def response_delete(self, request, obj_display, obj_id):
        self.message_user(request, f"Deleted: {obj_display}.", messages.SUCCESS)
        return HttpResponseRedirect(self.list_address(request, None))

    def delete_view(self, request, object_id, extra_context=None):
        """Its way back is the row."""
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        context = {"title": f"Delete {self.named(obj)}?", "back": self._address_of(obj), "back_to": self.named(obj)}
        return super().delete_view(request, object_id, context)

    def _address_of(self, obj):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])

    def history_view(self, request, object_id, extra_context=None):
        raise Http404  # Django's log copies names; we have the audit instead

    def log_addition(self, request, obj, message):
        self.audit(request, "added", obj)

    def log_change(self, request, obj, message):
        changed = [field for part in message for field in part.get("changed", {}).get("fields", ())]
        self.audit(request, "changed", obj, ", ".join(changed))

    def log_deletions(self, request, queryset):
        for obj in queryset:
            self.audit(request, "removed", obj)

    def audit(self, request, verb, obj, reason=""):
        AuditEntry.objects.note(request.user, verb, obj, self.school_of(obj), reason)

    def school_of(self, obj):
        return obj.school


class ReadOnlyInline(admin.TabularInline):
    """Rows that belong to the one shown: to look at, never to change here.

    if_empty: what is said if there are none; if_none: what is said for nothing, as in `SupportAdmin`
    """

    if_empty = ""
    if_none = {}

    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return request.user.is_staff


class OneSchoolAdmin(SupportAdmin):
    """A list of one school's rows: no list spans schools."""

    list_filter = [SchoolFilter]

    def get_changelist(self, request, **kwargs):
        return OneSchoolChangeList


class ChildrenAdmin(OneSchoolAdmin):
    """Children's records: support says why once an hour for each school, and every record opened is noted with the
    reason."""

    def changelist_view(self, request, extra_context=None):
        school = chosen_school(request, self.task)
        if school and not looking.reason(request, school):
            return ask_reason(request, school)
        return super().changelist_view(request, extra_context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not (reason := looking.reason(request, obj.school)):
            return ask_reason(request, obj.school)
        self.audit(request, "opened", obj, reason)
        return super().change_view(request, object_id, form_url, extra_context)
