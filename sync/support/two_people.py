"""Actions for two people in the admin: what waits, and the page where a second person confirms or refuses."""

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst

from schools.access import rights
from schools.desk.filters import UsualFilter
from schools.desk.lists import SupportAdmin
from schools.models import Employee, Proposal, School
from sync.people import two_people
from sync.wording import sentences

Act = Proposal.Act


class WaitingFilter(UsualFilter):
    """What waits, unless something else is asked for."""

    title, parameter_name, usual = "state", "state", "waiting"

    def lookups(self, request, model_admin):
        return [("settled", "settled"), ("all", "all")]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        open_now = Q(state__in=[Proposal.State.WAITING, Proposal.State.CONFIRMED])
        return queryset.exclude(open_now) if self.value() == "settled" else queryset.filter(open_now)


class RefusalForm(forms.Form):
    why = forms.CharField(
        min_length=4,
        max_length=200,
        label="Why not?",
        error_messages={"required": "Say why."},
        help_text="The school’s leads read it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@admin.register(Proposal)
class ProposalAdmin(SupportAdmin):
    list_display = ["act", "school", "asked_by", "asked_at", "due_at", "state", "settled_by"]
    list_select_related = ["school", "login", "asked_by", "settled_by"]
    list_filter = [WaitingFilter, "act"]
    ordering = ["-asked_at", "-pk"]
    search_fields = ["=asked_by__email"]
    search_names = ["school__sort_name"]
    search_help_text = "School, or who asked, by their whole address."

    def holds(self, request, task, obj=None):
        if obj is None:
            return any(rights.anywhere(request.user, task) for task in two_people.TASKS.values()) or self._settles(
                request
            )
        return self.within(request, Proposal.objects.filter(pk=obj.pk), task).exists()

    def within(self, request, queryset, task):
        """Each for those who may confirm it, and for whoever asked."""
        seen = Q(asked_by=request.user)
        for act, of_act in two_people.TASKS.items():
            if rights.everywhere(request.user, of_act) or (act == Act.REMOVE_FACTOR and self._settles(request)):
                seen |= Q(act=act)
            else:
                seen |= Q(act=act, school__in=School.objects.supported_by(request.user, of_act).values("pk"))
        return queryset.filter(seen)

    def _settles(self, request):
        return request.user.is_superuser

    def change_view(self, request, object_id, form_url="", extra_context=None):
        proposal = self.get_object(request, object_id)
        if proposal is None:
            raise Http404
        form = RefusalForm(request.POST if request.POST.get("do") == "refuse" else None)
        if request.POST.get("do") == "confirm":
            return self._answered(request, proposal, form, two_people.confirm, proposal.pk, request.user)
        if form.is_valid():
            why = form.cleaned_data["why"]
            return self._answered(request, proposal, form, two_people.refuse, proposal.pk, request.user, why)
        return self._page(request, proposal, form)

    def _answered(self, request, proposal, form, deed, *given):
        try:
            settled = deed(*given)
        except two_people.RefusedError as error:
            proposal.refresh_from_db()
            return self._page(request, proposal, form, str(error))
        level = messages.WARNING if settled.state == Proposal.State.FAILED else messages.SUCCESS
        self.message_user(request, f"{settled.get_state_display().capitalize()}. {settled.said}".strip(), level)
        return HttpResponseRedirect(request.path)

    def _page(self, request, proposal, form, refused=""):
        is_own = proposal.asked_by_id == request.user.pk
        form.fields["why"].label = "Why is it called off?" if is_own else "Why not?"
        context = self.admin_site.each_context(request) | {
            "title": capfirst(self._what(proposal)), "opts": self.opts, "proposal": proposal,
            "back": self.list_address(request, None), "back_to": capfirst(self.opts.verbose_name_plural),
            "school": proposal.school, "what": self._what(proposal), "form": form, "refused": refused,
            "is_own": is_own, "can_answer": two_people.may(request.user, proposal),
            "zone": proposal.school.zone if proposal.school else timezone.get_current_timezone(),
        }  # fmt: skip
        return TemplateResponse(request, "admin/proposal.html", context, status=409 if refused else 200)

    def _what(self, proposal):
        """The deed with whom it is about; of a person the Wonde id alone, as their name takes a reason for looking."""
        about = proposal.about
        if proposal.act == Act.EXPORT:
            kind, model = sentences.ONE[about["kind"]], sentences.MODELS[about["kind"]]
            wonde_id = model.objects.filter(pk=about["pk"]).values_list("wonde_id", flat=True).first()
            return f"export everything held about the {kind} {wonde_id or 'without a Wonde id'}"
        if proposal.act == Act.GIVE_LEAD:
            whom = about.get("email") or Employee.objects.filter(pk=about.get("employee")).first() or "somebody"
            return f"make {whom} a school lead"
        if proposal.act == Act.REMOVE_FACTOR:
            return f"take away the second factor of {proposal.login}"
        return f"erase everybody of {proposal.school}"
