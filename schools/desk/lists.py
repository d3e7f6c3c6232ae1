"""What every admin list shares: it shows only what the viewer has a right to, is read-only unless it says otherwise,
keeps searches out of the address, shows people one school at a time, and writes an audit entry each time a child's
record is opened."""

from functools import wraps

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from schools.access import looking, rights
from schools.models import AuditEntry, School, Task
from schools.models.named import like
from schools.web import searches
from schools.web.ids import as_id


class SupportChangeList(ChangeList):
    """A list whose `q` is the key of a search, not the words typed."""

    term = ""
    search_ended = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = capfirst(self.opts.verbose_name_plural)

    def get_queryset(self, request, exclude_parameters=None):
        if not self.query:
            return super().get_queryset(request, exclude_parameters)
        key, term = self.query, searches.recall(request.user, self.query)
        self.term, self.search_ended, self.query = term or "", term is None, term or ""
        found = super().get_queryset(request, exclude_parameters)
        self.query = key
        return found.none() if self.search_ended else found

    @property
    def without_search(self):
        return self.get_query_string(remove=[SEARCH_VAR])


def task_action(task, description):
    """A list action, offered to those who hold `task` and applied only to rows of schools they hold it for."""

    def decorate(function):
        @admin.action(description=description, permissions=[task.value])
        @wraps(function)
        def acted(model_admin, request, queryset):
            return function(model_admin, request, model_admin.within(request, queryset, task))

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
        return super().changelist_view(request, extra_context)

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

    def render_change_form(self, request, context, **kwargs):
        return super().render_change_form(request, context | {"show_save_and_add_another": False}, **kwargs)

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
    """Rows that belong to the one shown: to look at, never to change here."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return request.user.is_staff


def chosen_school(request, task):
    """The school of `?school=`, looked up once a request; None if none is named or the viewer does not hold `task` for
    it."""
    if not hasattr(request, "chosen_school"):
        mine = School.objects.supported_by(request.user)
        request.chosen_school = mine.filter(pk=as_id(request.GET.get("school", ""))).first()
    school = request.chosen_school
    return school if school and rights.may(request.user, task, school) else None


class SchoolFilter(admin.SimpleListFilter):
    """Names the chosen school. Schools are chosen on their own list, as there may be thousands."""

    title = "school"
    parameter_name = "school"
    template = "admin/school_filter.html"

    def __init__(self, request, params, model, model_admin):
        self.school = chosen_school(request, model_admin.task)
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        return [(self.school.pk, self.school.name)] if self.school else []

    def queryset(self, request, queryset):
        return queryset.filter(school=self.school)


class OneRowFilter(admin.SimpleListFilter):
    """Shows what belongs to one row, reached from that row's page. `parameter_name` is its parameter in the URL,
    `field` the column that points at the row."""

    field = ""

    def lookups(self, request, model_admin):
        asked = request.GET.get(self.parameter_name, "")
        return [(asked, f"{self.title} {asked}")] if as_id(asked) else []

    def queryset(self, request, queryset):
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class ValuesOfSchoolFilter(admin.AllValuesFieldListFilter):
    """The values a column has in the chosen school: looking through all schools would take longer than the list
    itself."""

    def __init__(self, field, request, params, model, model_admin, field_path):
        super().__init__(field, request, params, model, model_admin, field_path)
        self.lookup_choices = self.lookup_choices.filter(school=chosen_school(request, model_admin.task))


class OneSchoolChangeList(SupportChangeList):
    """Empty until a school is chosen."""

    needs_school = True

    def get_queryset(self, request, exclude_parameters=None):
        self.school = chosen_school(request, self.model_admin.task)
        found = super().get_queryset(request, exclude_parameters)
        return found if self.school else found.none()


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
            return self.ask_reason(request, school)
        return super().changelist_view(request, extra_context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not (reason := looking.reason(request, obj.school)):
            return self.ask_reason(request, obj.school)
        self.audit(request, "opened", obj, reason)
        return super().change_view(request, object_id, form_url, extra_context)

    def ask_reason(self, request, school):
        form = looking.ask(request, school)
        if form is None:
            otherwise = reverse("admin:schools_school_change", args=[school.pk])
            return HttpResponseRedirect(looking.goes_on_to(request, otherwise))
        context = self.admin_site.each_context(request) | {
            "title": school.name,
            "form": form,
            "school": school,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/reason.html", context)
