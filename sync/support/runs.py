"""Syncs with what they changed, and what waits, as support sees them. Schools are in `sync.support.schools`."""

from django.contrib import admin
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from schools.desk.chosen import chosen_school
from schools.desk.filters import CalledFilter, OneRowFilter, SchoolFilter, ValuesOfSchoolFilter
from schools.desk.lists import ChildrenAdmin, SupportAdmin
from schools.desk.told import moment
from schools.models.named import like
from schools.templatetags.states import STATES
from sync.models import Change, Hold, SyncRun
from sync.wording import sentences
from sync.wording.kinds import many
from sync.wording.syncs import ledger
from sync.wording.waiting import sentence


class KindFilter(ValuesOfSchoolFilter):
    def said(self, value):
        return many(value)


class OneRunFilter(OneRowFilter):
    title = parameter_name = "sync"
    field = "run_id"

    def called(self, school, pk):
        run = school.runs.filter(pk=pk).first()
        return f"the one of {moment(run.started_at, school.zone)}" if run else "one that is no longer held"


class OutcomeFilter(CalledFilter):
    called = "outcome"


class BeganFilter(CalledFilter):
    called = "how it began"


@admin.register(SyncRun)
class SyncRunAdmin(SupportAdmin):
    """Of every school, newest first: a sync tells numbers and kinds, no names."""

    list_display = ["started", "school", "outcome", "began", "changed", "waits", "message"]
    list_select_related = ["school"]
    list_filter = [SchoolFilter, ("status", OutcomeFilter), ("trigger", BeganFilter)]
    ordering = ["-started_at", "-pk"]
    search_fields = ["message"]
    search_help_text = "Words of its message."
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "outcome", "message", "waits", "began", "asked_by", "started_at", "took", "changed", "notes",
                    "as_of", "wonde_newest", "link_down",
                ]
            },
        ),
        ("Where everything went", {"fields": ["ledger_table"]}),
        ("For engineers", {"fields": ["task_id", "fingerprint"]}),
    ]  # fmt: skip
    readonly_fields = ["outcome", "began", "waits", "changed", "ledger_table", "notes", "took", "link_down"]

    def named(self, run):
        return f"Sync of {moment(run.started_at, run.school.zone)}"

    def links(self, request, run):
        return [(reverse("sync:run", args=[run.school.code, run.pk]), "As the school sees it", False)]

    @admin.display(description="started", ordering="started_at")
    def started(self, run):
        return run.started_at

    @admin.display(description="outcome", ordering="status")
    def outcome(self, run):
        return STATES["sync"][run.outcome][2]

    @admin.display(description="how it began", ordering="trigger")
    def began(self, run):
        return run.get_trigger_display().capitalize()

    @admin.display(description="took")
    def took(self, run):
        return _duration((run.ended_at - run.started_at).total_seconds()) if run.ended_at else ""

    @admin.display(description="waits for a person")
    def waits(self, run):
        return format_html_join(" ", "{}", ((sentence(item),) for item in run.waiting))

    @admin.display(description="changes")
    def changed(self, run):
        said = "; ".join(sentences.summary(run))
        if not said:
            return "Nothing"
        address = f"{reverse('admin:sync_change_changelist')}?school={run.school_id}&sync={run.pk}"
        return format_html('<a href="{}">{}</a>', address, said)

    @admin.display(description="not offered by the MIS")
    def notes(self, run):
        return " ".join(run.notes)

    @admin.display(description="link to the MIS")
    def link_down(self, run):
        return "Wonde said that it was down." if run.mis_offline else ""

    @admin.display(description="ledger")
    def ledger_table(self, run):
        """Per kind one line that adds up."""
        lines = ledger.lines(run.ledger)
        return render_to_string("admin/sync/ledger.html", {"ledger": lines}) if lines else ""


def _duration(seconds):
    """ "41 seconds", "3 minutes"."""
    return f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _page(model, pk):
    """The desk's page of the row `pk` of `model`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


class NamedRowsAdmin(ChildrenAdmin):
    """Rows that tell of other rows by kind and id: what those are called is looked up for a page at once."""

    search_fields = ["row_id"]  # which opens the search; `get_search_results` says where it looks
    search_help_text = "A name: of a student, a class, a member of staff, a parent or carer."

    def get_search_results(self, request, queryset, search_term):
        """Rows about whoever or whatever has this name."""
        if not search_term:
            return queryset, False
        school, about = chosen_school(request, self.task), Q()
        for kind, model in sentences.MODELS.items():
            called = model.objects.shown().filter(like(search_term, "sort_name"), school=school)
            about |= Q(kind=kind, row_id__in=called.values("pk"))
        return queryset.filter(about), False

    def links(self, request, row):
        """The record it is about, if it is still held, and the sync."""
        model = sentences.MODELS.get(row.kind)
        links = []
        if model and model.objects.shown().filter(pk=row.row_id).exists():
            links.append((_page(model, row.row_id), "Open the record", False))
        if row.run_id:
            links.append((_page(SyncRun, row.run_id), "The sync", False))
        return links

    def named(self, row):
        return f"{capfirst(row.told.kind)}: {row.told.who.text}"

    @admin.display(description="who or what")
    def who(self, row):
        return row.told.who.text

    @admin.display(description="kind", ordering="kind")
    def what(self, row):
        return capfirst(row.told.kind)

    @admin.display(description="why")
    def why(self, row):
        return capfirst(row.told.why)

    @admin.display(description="sync", ordering="run")
    def sync(self, row):
        """The sync it belongs to, by when it began."""
        return row.run.started_at if row.run else None


@admin.register(Change)
class ChangeAdmin(NamedRowsAdmin):
    list_display = ["who", "what", "verb", "why", "sync"]
    list_select_related = ["run"]
    list_filter = [*ChildrenAdmin.list_filter, OneRunFilter, ("kind", KindFilter), "verb", "cause"]
    ordering = ["-run", "kind", "verb", "pk"]
    fields = ["verb", "why", "was", "sync"]
    readonly_fields = ["why", "was", "sync"]

    def get_queryset(self, request):
        return super().get_queryset(request).of_runs()

    def prepare(self, rows):
        for told in sentences.changes(rows):
            told.row.told = told

    @admin.display(description="what changed")
    def was(self, row):
        words = ((label, before or "nothing", after or "nothing") for label, before, after in row.told.was)
        return format_html_join(", ", "{}: {} → {}", words)


@admin.register(Hold)
class HoldAdmin(NamedRowsAdmin):
    list_display = ["who", "what", "why", "since", "sync"]
    list_select_related = ["run", "kept_by"]
    list_filter = [*ChildrenAdmin.list_filter, ("kind", KindFilter)]
    ordering = ["-since", "kind", "pk"]
    fields = ["why", "since", "sync"]
    readonly_fields = ["why", "sync"]

    def prepare(self, rows):
        for told in sentences.holds(rows):
            told.row.told = told
