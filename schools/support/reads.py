"""What each token has read, day by day and school by school."""

from django.contrib import admin
from django.utils.text import capfirst

from schools.desk.filters import SchoolFilter
from schools.desk.lists import SupportAdmin
from schools.models import ApiRead
from sync.leaving.recipients import read_as


@admin.register(ApiRead)
class ApiReadAdmin(SupportAdmin):
    list_display = ["token_name", "school", "what", "day", "requests", "rows", "last_at"]
    list_select_related = ["token", "school"]
    list_filter = [SchoolFilter]
    ordering = ["-day", "token__name", "pk"]
    search_fields = ["token__name"]
    search_help_text = "Part of a token's name."
    fields = ["school", "day", "requests", "rows", "last_at"]

    def named(self, read):
        return f"{read.token.name}: {read_as(read.kind)}"

    @admin.display(description="what", ordering="kind")
    def what(self, read):
        return capfirst(read_as(read.kind))

    @admin.display(description="token", ordering="token__name")
    def token_name(self, read):
        return read.token.name
