"""Holds on the weekly mail as support sees them, for every school: why, since when, and how to end one."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect

from parents.mail import holds
from parents.models import MailHold
from schools.desk.filters import SchoolFilter
from schools.desk.lists import SupportAdmin
from schools.desk.told import server_code
from schools.models import Task


class EndForm(forms.Form):
    reason = forms.CharField(
        min_length=4,
        max_length=200,
        error_messages={"required": "Say why."},
        label="What was wrong, and is right now?",
        help_text="The school's leads read it.",
    )
    believe = forms.BooleanField(
        required=False,
        label="The refusals are right",
        help_text="The addresses of that send are wrong: stop each that is refused. The school sees them listed.",
    )

    def __init__(self, hold, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if hold.cause != MailHold.Cause.SHARE:
            del self.fields["believe"]


@admin.register(MailHold)
class MailHoldAdmin(SupportAdmin):
    list_display = ["whose", "cause", "refusal", "since", "until", "tries", "ended_at"]
    list_select_related = ["school", "ended_by"]
    list_filter = [SchoolFilter, "cause"]
    ordering = ["-since", "-pk"]
    search_fields = ["detail"]
    search_help_text = "A refusal, as SMTP 554."
    fields = [
        "whose", "cause", "since", "refused_at", "refusal", "until", "tries", "go_on", "ended_at", "ended_by",
        "end_reason", "is_believed",
    ]  # fmt: skip
    readonly_fields = ["whose", "refusal", "go_on"]

    def get_urls(self):
        view = self.admin_site.admin_view(csrf_protect(partial(end_hold, self)))
        return [path("<id:pk>/end/", view, name="parents_mailhold_end"), *super().get_urls()]

    def named(self, hold):
        return f"Hold on the mail of {hold.school or 'every school'}"

    @admin.display(description="mail of", ordering="school__name")
    def whose(self, hold):
        return hold.school or "Every school"

    @admin.display(description="last refusal", ordering="detail")
    def refusal(self, hold):
        return server_code(hold.detail)

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, search_term.strip().lower().replace(" ", "_"))

    def links(self, request, hold):
        if hold.ended_at or not self.has_decide_permission(request, hold):
            return []
        return [(reverse("admin:parents_mailhold_end", args=[hold.pk]), "Let the mail go on now", False)]

    @admin.display(description="who can end it")
    def go_on(self, hold):
        return "" if hold.ended_at else "Somebody who may decide for these schools; or it ends by itself."


def end_hold(model_admin, request, pk):
    """End a hold now, with a reason."""
    mine = model_admin.within(request, MailHold.objects.standing(), Task.DECIDE)
    hold = mine.select_related("school").filter(pk=pk).first()
    if hold is None:
        raise Http404
    form = EndForm(hold, request.POST if request.method == "POST" else None)
    back = reverse("admin:parents_mailhold_change", args=[hold.pk])
    if form.is_valid():
        reason, believe = form.cleaned_data["reason"], form.cleaned_data.get("believe", False)
        holds.end(hold, request.user, reason, believe=believe)
        verb = "let mail go on, believing the refusals" if believe else "let mail go on"
        model_admin.audit(request, verb, hold, reason)
        model_admin.message_user(request, "The mail goes on within a minute.", messages.SUCCESS)
        return HttpResponseRedirect(back)
    zone = hold.school.zone if hold.school else timezone.get_current_timezone()
    context = model_admin.admin_site.each_context(request) | {
        "title": "Let the mail go on", "form": form, "hold": hold, "school": hold.school, "opts": model_admin.opts,
        "back": back, "back_to": "The hold", "zone": zone,
    }  # fmt: skip
    return TemplateResponse(request, "admin/parents/end_hold.html", context)
