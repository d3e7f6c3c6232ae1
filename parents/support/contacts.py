"""Parents and carers, blocks, and the weekly mail, as support sees them: one school at a time, addresses masked."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.csrf import csrf_protect

from parents.mail import figures
from parents.models import AddressChoice, Block, Contact, Guardianship, MailSettings, WeeklyMail
from parents.rules import answers, blocks
from parents.rules.marks import marks
from parents.rules.rule import WHY
from parents.support import mail as mail_admin
from schools.access import rights
from schools.desk.chosen import chosen_school
from schools.desk.lists import ChildrenAdmin, OneSchoolAdmin, ReadOnlyInline, task_action
from schools.locks import lock_school
from schools.models import AuditEntry, Task
from schools.templatetags.words import date_said
from schools.text.addresses import masked
from schools.text.names import listed

# The pages of one contact: {name: (the task it needs, its label)}.
PAGES = {
    "mail": (Task.LOOK, "Look at the mail"),
    "reveal": (Task.REVEAL, "Show the address"),
    "switch": (Task.DECIDE, "Switch on or off"),
    "block": (Task.DECIDE, "Block"),
}


class GuardianshipInline(ReadOnlyInline):
    """A contact's students, and since when."""

    model = Guardianship
    fields = readonly_fields = ["student", "relationship", "priority", "responsibility", "joined_at", "left_at"]
    verbose_name_plural = "students"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("student").order_by("-joined_at")


@admin.register(Contact)
class ContactAdmin(ChildrenAdmin):
    list_display = ["name", "address", "is_current", "wonde_id"]
    list_select_related = ["school"]
    ordering = ["sort_name", "pk"]
    search_names = ["sort_name"]
    search_fields = ["=email", "=wonde_id"]
    search_help_text = "Name, whole address or Wonde id. What you type stays out of the address of the page."
    fields = ["title", "forename", "surname", "address", "said", "mail", "left_at", "wonde_id", "school", "created_at"]
    readonly_fields = ["address", "said", "mail"]
    inlines = [GuardianshipInline]

    def get_urls(self):
        def view(function):
            return self.admin_site.admin_view(csrf_protect(partial(function, self)))

        own = [
            path("<id:pk>/mail/", view(mail_admin.preview), name="parents_contact_mail"),
            path("<id:pk>/mail/html/", view(mail_admin.as_html), name="parents_contact_mail_html"),
            path("<id:pk>/reveal/", view(mail_admin.reveal), name="parents_contact_reveal"),
            path("<id:pk>/switch/", view(mail_admin.switch), name="parents_contact_switch"),
            path("<id:pk>/block/", view(mail_admin.block), name="parents_contact_block"),
        ]
        return own + super().get_urls()

    def search_again(self, request):
        """A search is noted: who looked for a parent at which school, but not which parent."""
        if school := chosen_school(request, self.task):
            AuditEntry.objects.note(request.user, "searched parents and carers", school, school)
        return super().search_again(request)

    def get_queryset(self, request):
        return super().get_queryset(request).shown()

    def get_object(self, request, object_id, from_field=None):
        """With the viewer's `tasks`."""
        contact = super().get_object(request, object_id, from_field)
        if contact:
            contact.tasks = rights.tasks_at(request.user, contact.school)
        return contact

    @admin.display(description="name", ordering="sort_name")
    def name(self, contact):
        return listed(contact) or contact.wonde_id

    @admin.display(description="address")
    def address(self, contact):
        return masked(contact.email) if contact.email else None

    @admin.display(description="said about the address")
    def said(self, contact):
        found = AddressChoice.objects.standing().filter(
            school=contact.school, address_mark__in=marks().addresses(contact.school_id, contact.email)
        )
        return ", ".join(f"{row.get_cause_display()} ({row.made_at:%d %B %Y})" for row in found) or "nothing"

    @admin.display(description="weekly mail")
    def mail(self, contact):
        links = [
            (reverse(f"admin:parents_contact_{name}", args=[contact.pk]), label)
            for name, (task, label) in PAGES.items()
            if task in contact.tasks
        ]
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    @admin.display(description="current", boolean=True)
    def is_current(self, contact):
        return contact.left_at is None


@admin.register(Block)
class BlockAdmin(ChildrenAdmin):
    list_display = ["student", "cause", "made_by", "made_at", "ended_at"]
    list_select_related = ["student", "made_by"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["=student__wonde_id"]
    search_help_text = "Wonde id of the student."
    fields = ["school", "student", "cause", "made_by", "made_at", "ended_at"]
    actions = ["lift"]

    @task_action(Task.DECIDE, "Lift the block")
    def lift(self, request, queryset):
        for row in queryset.filter(ended_at=None).select_related("school"):
            with transaction.atomic():
                lock_school(row.school_id)
                blocks.lift(row)
                self.audit(request, "lifted", row)
        self.message_user(request, "Lifted. The contact may come back with the next sync.", messages.SUCCESS)


class MailSettingsForm(forms.ModelForm):
    holidays = SimpleArrayField(forms.DateField(), required=False, help_text="2026-10-26, 2026-10-27")

    class Meta:
        model = MailSettings
        fields = "__all__"


@admin.register(MailSettings)
class MailSettingsAdmin(OneSchoolAdmin):
    form = MailSettingsForm
    to_add = "Set up the weekly mail"
    list_display = ["school", "enabled", "day", "hour", "language", "paused_at", "note"]
    list_select_related = ["school", "paused_by"]
    ordering = ["school__name", "pk"]
    search_names = ["school__sort_name"]
    search_fields = ["=school__wonde_id"]
    search_help_text = "Name or Wonde id of the school."
    fields = [
        "school", "enabled", ("day", "hour"), "holidays", "language", "from_name", ("reply_to", "unanswered_since"),
        "own_addresses", "says_nothing_to_report", "trusts_first_contact", "no_priority", "paused_at", "paused_by",
        "note", "figures",
    ]  # fmt: skip
    readonly_fields = ["unanswered_since", "no_priority", "paused_at", "paused_by", "note", "figures"]
    actions = ["pause", "resume"]

    def has_add_permission(self, request):
        return chosen_school(request, Task.DECIDE) is not None

    def has_change_permission(self, request, obj=None):
        return self.holds(request, Task.DECIDE, obj)

    def add_view(self, request, form_url="", extra_context=None):
        """One row for each school: added switched off, then changed."""
        school = chosen_school(request, Task.DECIDE)
        if school is None:
            raise Http404
        made, _ = MailSettings.objects.get_or_create(school=school)
        return HttpResponseRedirect(reverse("admin:parents_mailsettings_change", args=[made.pk]))

    def get_readonly_fields(self, request, obj=None):
        return ["school", *self.readonly_fields]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        answers.settled(obj.school, is_another="reply_to" in form.changed_data)

    @admin.display(description="contacts without a priority")
    def no_priority(self, settings):
        number = figures.without_priority(settings.school)
        return f"{number}: they rank alike, below every number" if number else "none"

    @admin.display(description="weeks")
    def figures(self, settings):
        told = [
            (f"Week of {date_said(week.monday)}", ", ".join(f"{state.label}: {n}" for state, n in states.items()))
            for week, states in figures.weeks(settings.school)
        ]
        if not told:
            return "No week has been mailed yet."
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", told))

    @task_action(Task.DECIDE, "Pause")
    def pause(self, request, queryset):
        self._all(request, queryset.filter(paused_at=None), "paused the weekly mail", timezone.now(), request.user)

    @task_action(Task.DECIDE, "Resume")
    def resume(self, request, queryset):
        self._all(request, queryset.exclude(paused_at=None), "resumed the weekly mail", None, None)

    def _all(self, request, rows, verb, at, by):
        for row in rows.select_related("school"):
            row.paused_at, row.paused_by = at, by
            row.save(update_fields=["paused_at", "paused_by"])
            self.audit(request, verb, row)
        self.message_user(request, "Done.", messages.SUCCESS)


@admin.register(WeeklyMail)
class WeeklyMailAdmin(ChildrenAdmin):
    list_display = ["week", "state", "why", "refusal", "tries", "made_at", "changed_at"]
    list_select_related = ["school"]
    list_filter = [*ChildrenAdmin.list_filter, "state"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["=uuid"]
    search_help_text = "The first part of a mail's Message-ID."
    fields = [
        "school",
        "week",
        "state",
        "why",
        "refusal",
        "tries",
        "uuid",
        "students",
        "contacts",
        "made_at",
        "changed_at",
    ]
    readonly_fields = ["week", "why"]

    @admin.display(description="week")
    def week(self, mail):
        return f"{mail.iso_year}-W{mail.iso_week:02}"

    @admin.display(description="why")
    def why(self, mail):
        return WHY.get(mail.reason, mail.reason.replace("_", " ")) if mail.reason else None
