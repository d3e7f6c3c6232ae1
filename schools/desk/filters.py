"""What lists are narrowed by: a school, one row that others belong to, the values a column has in a school."""

from django.contrib import admin

from schools.desk.chosen import chosen_school
from schools.templatetags.words import year_words
from schools.web.ids import as_id
from schools.web.tables import IN_SCHOOL_ORDER


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


class UsualFilter(admin.SimpleListFilter):
    """Shows what is `usual`, in a word, unless something else is asked for."""

    usual = ""

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": self.usual}, *others]


class CalledFilter(admin.ChoicesFieldListFilter):
    """A column's choices, under a name of their own: `called`."""

    called = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = self.called


class YesNoFilter(admin.BooleanFieldListFilter):
    """A yes or no under a name and in words of its own."""

    called, yes, no = "", "yes", "no"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = self.called

    def choices(self, changelist):
        words = {"1": self.yes, "0": self.no}
        for value, choice in zip((None, "1", "0"), super().choices(changelist), strict=False):
            yield choice | {"display": words.get(value, choice["display"])}


class OneRowFilter(admin.SimpleListFilter):
    """Shows what belongs to one row, reached from that row's page. `parameter_name` is its parameter in the URL,
    `field` the column that points at the row."""

    field = ""

    def lookups(self, request, model_admin):
        asked, school = as_id(request.GET.get(self.parameter_name, "")), chosen_school(request, model_admin.task)
        return [(asked, self.called(school, asked))] if asked and school else []

    def called(self, school, pk):
        """What the row `pk` of `school` is called."""
        raise NotImplementedError

    def queryset(self, request, queryset):
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class ValuesOfSchoolFilter(admin.AllValuesFieldListFilter):
    """The values a column has in the chosen school: looking through all schools would take longer than the list
    itself."""

    def __init__(self, field, request, params, model, model_admin, field_path):
        super().__init__(field, request, params, model, model_admin, field_path)
        self.lookup_choices = self.lookup_choices.filter(school=chosen_school(request, model_admin.task))

    def choices(self, changelist):
        everything, *others = super().choices(changelist)
        yield everything
        for value, choice in zip(self.lookup_choices, others, strict=False):
            yield choice | {"display": self.said(value) if value else "none"}

    def said(self, value):
        """A value in words."""
        return value


class YearFilter(ValuesOfSchoolFilter):
    """Year groups, in the order of school life."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lookup_choices = self.lookup_choices.order_by(IN_SCHOOL_ORDER)

    def said(self, value):
        return year_words(value)
