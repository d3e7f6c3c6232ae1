"""Invitations, as support sees them, and the page that invites a school lead."""

from django import forms
from django.contrib import admin
from django.http import Http404
from django.template.response import TemplateResponse

from schools.desk.chosen import chosen_school
from schools.desk.lists import OneSchoolAdmin, task_action
from schools.models import Invitation, Proposal, Task
from schools.staff import invitations
from schools.templatetags.words import and_list
from schools.text.addresses import cleaned
from sync.pages import second_person

STATES = {  # of an `Invitation`
    "accepted": "Signed in",
    "sent": "Not in yet",
    "waiting to be sent": "About to leave",
    "expired": "Has run out",
    "refused by the mail server": "Refused by the mail server",
}


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="Email address",
        help_text="A school lead decides what comes in; they need not teach.",
        error_messages={"required": "Enter their address."},
    )


@admin.register(Invitation)
class InvitationAdmin(OneSchoolAdmin):
    task = Task.SIGN_INS
    to_add = "Invite a school lead"
    if_none = {"invited_by": "The school, by itself"}
    list_display = ["email", "role", "state", "sent_at", "accepted_at", "invited_by"]
    list_select_related = ["invited_by"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["=email"]
    search_help_text = "The whole address."
    fields = ["email", "role", "state", "employee", "invited_by", "made_at", "sent_at", "expires_at", "accepted_at"]
    readonly_fields = ["role", "state"]
    actions = ["send_again"]

    def named(self, invitation):
        return invitation.email

    @admin.display(description="invited as", ordering="as_lead")
    def role(self, invitation):
        roles = {"School lead": invitation.as_lead, "Authoriser": invitation.as_authoriser}
        return and_list([role for role, is_so in roles.items() if is_so] or ["Teacher"])

    @admin.display(description="state")
    def state(self, invitation):
        return STATES[invitation.state]

    def has_add_permission(self, request):
        return chosen_school(request, self.task) is not None

    def add_view(self, request, form_url="", extra_context=None):
        """Invite a school lead, through `invite`, which keeps one waiting invitation for each address."""
        school, form = chosen_school(request, self.task), InviteForm(request.POST or None)
        if school is None:
            raise Http404
        if form.is_valid():
            email = cleaned(form.cleaned_data["email"])
            proposal = Proposal(act=Proposal.Act.GIVE_LEAD, school=school, about={"employee": None, "email": email})
            effect = f"Invite {email} as a school lead of {school}"
            context = self.admin_site.each_context(request) | {"title": effect, "opts": self.opts}
            return second_person.ask(request, proposal, effect, "admin/second_person.html", context)
        context = self.admin_site.each_context(request) | {
            "title": f"Invite a school lead of {school}",
            "opts": self.opts,
            "form": form,
            "school": school,
        }
        return TemplateResponse(request, "admin/invite.html", context)

    @task_action(Task.SIGN_INS, "Send the ticked again")
    def send_again(self, request, queryset):
        for row in queryset.waiting().select_related("school", "employee"):
            invitations.invite(row.school, row.email, by=request.user, employee=row.employee, as_lead=row.as_lead)
        self.message_user(request, "Queued. The links of the earlier mails do not work any more.")
