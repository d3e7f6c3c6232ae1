"""Receipts of every school, found by their number as somebody reads it out."""

from django.contrib import admin
from django.urls import reverse

from schools.desk.filters import SchoolFilter
from schools.desk.lists import SupportAdmin
from schools.models import Acceptance
from schools.sharing import receipts


@admin.register(Acceptance)
class ReceiptAdmin(SupportAdmin):
    list_display = ["receipt_no", "school", "version", "name", "position", "at"]
    list_select_related = ["school", "agreement"]
    list_filter = [SchoolFilter]
    ordering = ["-at", "-pk"]
    search_fields = ["=receipt_no"]
    search_help_text = "The whole number of a receipt."
    fields = ["school", "version", "name", "position", "at", "signed_on", "kept_where", "checked"]
    readonly_fields = ["version", "checked"]
    if_none = {"signed_on": "Agreed here", "kept_where": "Agreed here"}

    def get_search_results(self, request, queryset, search_term):
        number = receipts.tidied_number(search_term) if search_term else ""
        return super().get_search_results(request, queryset, number or search_term)

    def named(self, receipt):
        return f"Receipt {receipt.receipt_no}"

    def links(self, request, receipt):
        return [(reverse("schools:receipt", args=[receipt.school.code, receipt.pk]), "Open the receipt", False)]

    @admin.display(description="version", ordering="agreement")
    def version(self, receipt):
        return receipt.agreement.version

    @admin.display(description="unchanged since it was made", boolean=True)
    def checked(self, receipt):
        return receipts.is_unchanged(receipt)
