"""Mail on its way, for every school: what waits and why, and what was given up. Addresses are not shown."""

from django.contrib import admin

from schools.desk.filters import SchoolFilter
from schools.desk.lists import SupportAdmin
from schools.desk.told import server_code
from schools.models import OutgoingMail

LETTERS = {  # sort of mail (`schools.mail.outgoing.letter`) -> what it is
    "account": "About a sign-in",
    "again": "Subscribe again, to a parent or carer",
    "answer": "Answer to a request about classes",
    "answers": "To the address for parents’ answers",
    "handmade": "Warning: a list made by hand is soon erased",
    "invitation": "Invitation",
    "mail-held": "The weekly mail is on hold, to support",
    "moved": "A sign-in has another address",
    "needs": "What needs a person, to the leads",
    "new-password": "Link for a new password",
    "not-mine": "“This is not my child” was answered",
    "notice": "Notice of a sync",
    "receipt": "Receipt of an agreement",
    "weekly-copy": "A weekly mail, to support",
}


@admin.register(OutgoingMail)
class OutgoingMailAdmin(SupportAdmin):
    list_display = ["what", "school", "state", "last_answer", "tries", "made_at", "next_try", "ended_at"]
    list_select_related = ["school"]
    list_filter = [SchoolFilter, "state"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["=answer"]
    search_help_text = "A mail server's answer, as SMTP 550 5.1.1."
    fields = ["state", "last_answer", "tries", "made_at", "next_try", "until", "ended_at"]
    readonly_fields = ["last_answer", "next_try"]

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, search_term.lower().replace(" ", "_"))

    def named(self, mail):
        return LETTERS[mail.letter]

    @admin.display(description="mail", ordering="letter")
    def what(self, mail):
        return LETTERS[mail.letter]

    @admin.display(description="last answer", ordering="answer")
    def last_answer(self, mail):
        return server_code(mail.answer)

    @admin.display(description="next try", ordering="due_at")
    def next_try(self, mail):
        return None if mail.ended_at or mail.state != OutgoingMail.State.WAITING else mail.due_at
