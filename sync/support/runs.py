"""Runs with what they changed, and what is held, as support sees them. Schools are in `sync.support.schools`."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from classes.models import SchoolClass
from schools.desk.change_lists import OneSchoolChangeList
from schools.desk.filters import OneRowFilter, SchoolFilter, ValuesOfSchoolFilter
from schools.desk.lists import ChildrenAdmin, SupportAdmin
from schools.models import Employee
from students.models import Student
from sync.models import Change, Hold, SyncRun
from sync.wording.sentences import summary
from sync.wording.waiting import sentence


class NamedChangeList(OneSchoolChangeList):
    """Rows that tell of other rows by kind and id, with the names of a page fetched in one query a kind."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        names = {}
        for kind, model in NAMED.items():
            ids = {row.row_id for row in self.result_list if row.kind == kind}
            if ids:
                names |= {(kind, obj.pk): str(obj) for obj in model.objects.filter(school=self.school, pk__in=ids)}
        for row in self.result_list:
            row.row_name = names.get((row.kind, row.row_id), "")


NAMED = {"students": Student, "employees": Employee, "classes": SchoolClass}


class NamedRowsAdmin(ChildrenAdmin):
    def get_changelist(self, request, **kwargs):
        return NamedChangeList

    @admin.display(description="who or what")
    def named(self, row):
        model = NAMED.get(row.kind)
        if model is None:
            return row.row_id
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.row_id])
        return format_html('<a href="{}">{}</a>', url, getattr(row, "row_name", "") or row.row_id)


class OneRunFilter(OneRowFilter):
    title = parameter_name = "run"
    field = "run_id"


@admin.register(SyncRun)
class SyncRunAdmin(SupportAdmin):
    """Of every school, newest first: a run tells numbers and kinds, no names."""

    list_display = ["started_at", "school", "status", "trigger", "took", "changed", "waits", "message"]
    list_select_related = ["school"]
    list_filter = [SchoolFilter, "status", "trigger"]
    ordering = ["-started_at", "-pk"]
    search_fields = ["=pk", "message"]
    search_help_text = "The number of a sync, or words of its message."
    fields = [
        "school", "status", "message", "waits", "trigger", "asked_by", "started_at", "ended_at", "step", "changed",
        "ledger_table", "notes", "as_of", "mis_offline", "wonde_newest", "took", "fingerprint", "task_id",
    ]  # fmt: skip
    readonly_fields = ["waits", "changed", "ledger_table", "notes", "as_of", "mis_offline", "wonde_newest", "took"]

    @admin.display(description="took")
    def took(self, run):
        return f"{(run.ended_at - run.started_at).total_seconds():.1f} s" if run.ended_at else None

    @admin.display(description="waits for a person")
    def waits(self, run):
        return format_html_join("", "<p>{}</p>", ((sentence(item),) for item in run.waiting)) or None

    @admin.display(description="changes")
    def changed(self, run):
        said = "; ".join(summary(run))
        url = reverse("admin:sync_change_changelist")
        return format_html('<a href="{}?school={}&run={}">{}</a>', url, run.school_id, run.pk, said) if said else "none"

    @admin.display(description="ledger")
    def ledger_table(self, run):
        """Per kind one line; every number as the run wrote it."""
        rows = format_html_join("", "<tr><th scope=row>{}</th><td>{}</td></tr>", (
            (kind, _sentence(entry)) for kind, entry in run.ledger.items()
        ))  # fmt: skip
        return format_html("<table>{}</table>", rows) if rows else None


def _sentence(value):
    """JSON of a run as people read it: "read 1200, imported 1187, withheld (left 13)"."""
    if isinstance(value, dict):
        return ", ".join(
            f"{key} ({_sentence(inner)})" if isinstance(inner, dict) else f"{key} {_sentence(inner)}".strip()
            for key, inner in value.items()
            if inner not in ({}, [], None)
        )
    return ", ".join(map(_sentence, value)) if isinstance(value, list) else str(value)


@admin.register(Change)
class ChangeAdmin(NamedRowsAdmin):
    list_display = ["kind", "named", "verb", "cause", "reason", "run"]
    list_select_related = ["run"]
    list_filter = [*ChildrenAdmin.list_filter, OneRunFilter, ("kind", ValuesOfSchoolFilter), "verb", "cause"]
    ordering = ["-run", "kind", "verb", "pk"]
    search_fields = ["=row_id", "=reason"]
    search_help_text = "The number of a row, or a reason."
    fields = ["run", "school", "kind", "named", "verb", "cause", "reason", "values"]
    readonly_fields = ["named"]

    def get_queryset(self, request):
        return super().get_queryset(request).of_runs()


@admin.register(Hold)
class HoldAdmin(NamedRowsAdmin):
    list_display = ["kind", "named", "limit", "since", "run"]
    list_select_related = ["run"]
    list_filter = [*ChildrenAdmin.list_filter, ("kind", ValuesOfSchoolFilter)]
    ordering = ["-since", "kind", "pk"]
    search_fields = ["=row_id", "=limit"]
    search_help_text = "The number of a row, or a limit."
    fields = ["school", "kind", "named", "limit", "since", "run"]
    readonly_fields = ["named"]
