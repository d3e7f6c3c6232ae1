"""What lists are narrowed by: a school, one row that others belong to, the values a column has in a school."""

from django.contrib import admin

from schools.desk.chosen import chosen_school
from schools.web.ids import as_id


class SchoolFilter(admin.SimpleListFilter):
    """Names the chosen school. Schools are chosen on their own list, as there may be thousands."""

    title = "school"
    parameter_name = "school"

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
