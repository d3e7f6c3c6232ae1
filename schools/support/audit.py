"""Who looked at or decided what, when and why, as support reads it."""

from django.contrib import admin
from django.utils.text import capfirst

from schools.desk.lists import OneSchoolAdmin
from schools.models import AuditEntry
from sync.wording import audit


@admin.register(AuditEntry)
class AuditEntryAdmin(OneSchoolAdmin):
    if_none = {"actor": "By itself, or somebody who has left"}
    list_display = ["at", "actor", "what", "reason"]
    list_select_related = ["actor"]
    ordering = ["-at", "-pk"]
    search_fields = ["=actor__email", "reason"]
    search_help_text = "Who, by their whole address, or words of the reason."
    fields = ["actor", "at", "reason"]

    def prepare(self, entries):
        for told in audit.tell(entries):
            told.entry.what = capfirst(f"{told.before}{told.who.text if told.who else ''}{told.after}")

    def named(self, entry):
        return entry.what

    @admin.display(description="what")
    def what(self, entry):
        return entry.what
