"""Webhooks that Wonde sent, as support sees them: what came, when, and what came of it."""

from django.contrib import admin

from schools.desk.filters import CalledFilter, SchoolFilter
from schools.desk.lists import SupportAdmin
from sync.hooks import hints
from sync.models import Hook

SAID = {
    hints.APPROVED: "A school approves us",
    hints.DECLINED: "A school declines",
    hints.REVOKED: "A school ends our access",
    hints.MIGRATION: "A school changes its MIS",
    "writeback": "Something was written to an MIS",
    "": "Not said, or not to be read",
}


class CameOfItFilter(CalledFilter):
    called = "what came of it"


@admin.register(Hook)
class HookAdmin(SupportAdmin):
    """Of every school, newest first; those that name no school of ours are for support for every school."""

    list_display = ["what", "school", "wonde_id", "last_at", "times", "outcome"]
    list_select_related = ["school"]
    list_filter = [SchoolFilter, ("outcome", CameOfItFilter)]
    ordering = ["-last_at", "-pk"]
    search_fields = ["=wonde_id"]
    search_help_text = "A school’s whole Wonde id."
    fields = ["what", "wonde_id", "received_at", "last_at", "times", "outcome"]
    readonly_fields = ["what"]
    if_none = {"school": "Not one of ours", "wonde_id": "Not said"}

    def named(self, hook):
        return self.what(hook)

    @admin.display(description="what Wonde told us", ordering="type")
    def what(self, hook):
        return SAID.get(hook.type, f"“{hook.type}”, which we do not know")
