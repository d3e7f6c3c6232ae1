"""Lists as Django's admin makes them, with searches kept out of the address and times in the right zone."""

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.utils import timezone
from django.utils.text import capfirst

from schools.desk.chosen import chosen_school
from schools.web import searches


class SupportChangeList(ChangeList):
    """A list whose `q` is the key of a search, not the words typed."""

    term = ""
    search_ended = False
    needs_school = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = capfirst(self.opts.verbose_name_plural)

    @property
    def zone(self):
        """Times are those of the one school shown, else our own."""
        return self.school.zone if self.school else timezone.get_current_timezone()

    def get_queryset(self, request, exclude_parameters=None):
        self.school = chosen_school(request, self.model_admin.task)
        if not self.query:
            return super().get_queryset(request, exclude_parameters)
        key, term = self.query, searches.recall(request.user, self.query)
        self.term, self.search_ended, self.query = term or "", term is None, term or ""
        found = super().get_queryset(request, exclude_parameters)
        self.query = key
        return found.none() if self.search_ended else found

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.model_admin.prepare(self.result_list)

    @property
    def without_search(self):
        return self.get_query_string(remove=[SEARCH_VAR])


class OneSchoolChangeList(SupportChangeList):
    """Empty until a school is chosen."""

    needs_school = True

    def get_queryset(self, request, exclude_parameters=None):
        found = super().get_queryset(request, exclude_parameters)
        return found if self.school else found.none()
