"""Notes of erasures, of schools that have ended our access too, found by their number as somebody reads it out."""

from django.contrib import admin
from django.urls import reverse

from schools.desk.filters import SchoolFilter
from schools.desk.lists import SupportAdmin
from schools.models import Erasure
from schools.sharing.receipts import tidied_number
from sync.erasing import notes, rows
from sync.wording.kinds import all_counted


@admin.register(Erasure)
class ErasureAdmin(SupportAdmin):
    list_display = ["number", "school", "what", "cause", "at"]
    list_select_related = ["school"]
    list_filter = [SchoolFilter, "cause"]
    ordering = ["-at", "-pk"]
    search_fields = ["=number"]
    search_help_text = "The whole number of a note."
    fields = ["school", "what", "cause", "reason", "by", "at", "checked", "empty"]
    readonly_fields = ["what", "checked", "empty"]
    if_none = {"reason": "No reason was given"}

    def get_search_results(self, request, queryset, search_term):
        number = tidied_number(search_term) if search_term else ""
        return super().get_search_results(request, queryset, number or search_term)

    def named(self, note):
        return f"Note {note.number}"

    def links(self, request, note):
        return [(reverse("sync:erasure", args=[note.school.code, note.pk]), "Open the note", False)]

    @admin.display(description="what")
    def what(self, note):
        return all_counted(note.counts)

    @admin.display(description="unchanged since it was written", boolean=True)
    def checked(self, note):
        return notes.is_unchanged(note)

    @admin.display(description="its rows are still empty", boolean=True)
    def empty(self, note):
        return not rows.filled_again(note)
