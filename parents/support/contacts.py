"""Parents and carers, blocks, and the weekly mail, as support sees them: one school at a time, addresses masked."""

from datetime import date
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.views.decorators.csrf import csrf_protect

from parents.mail import figures
from parents.models import AddressChoice, Block, Contact, Guardianship, MailSettings, WeeklyMail
from parents.rules import answers, blocks
from parents.support import mail as mail_admin
from schools.access import rights
from schools.desk.chosen import chosen_school
from schools.desk.lists import ChildrenAdmin, OneSchoolAdmin, ReadOnlyInline, task_action
from schools.locks import lock_school
from schools.marks import marks
from schools.models import AuditEntry, Task
from schools.templatetags.words import and_list, date_said, date_words, day
from schools.text.addresses import masked
from schools.text.names import listed

# The pages of one contact: {name: (the task it needs, its label, whether it is grave)}.
PAGES = {
    "mail": (Task.LOOK, "Look at the mail", False),
    "reveal": (Task.REVEAL, "Show the address", False),
    "switch": (Task.DECIDE, "Switch the mail on or off", False),
    "block": (Task.DECIDE, "Block for a student", True),
}


class GuardianshipInline(ReadOnlyInline):
    """A contact's students, and since when."""

    model = Guardianship
    fields = readonly_fields = ["student", "relationship", "priority", "responsibility", "joined_at", "left_at"]
    verbose_name_plural = "students"
    if_empty = "No student of ours is theirs."

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("student").order_by("-joined_at")


@admin.register(Contact)
class ContactAdmin(ChildrenAdmin):
    held_as = "contacts"
    list_display = ["name", "address", "left_at", "wonde_id"]
    list_select_related = ["school"]
    ordering = ["sort_name", "pk"]
    search_names = ["sort_name"]
    search_fields = ["=email", "=wonde_id"]
    search_help_text = "Name, whole address or Wonde id."
    fields = ["title", "forename", "surname", "address", "said", "created_at", "left_at", "wonde_id"]
    readonly_fields = ["address", "said"]
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

    def links(self, request, contact):
        tasks = rights.tasks_at(request.user, contact.school)
        return [
            (reverse(f"admin:parents_contact_{name}", args=[contact.pk]), label, is_grave)
            for name, (task, label, is_grave) in PAGES.items()
            if task in tasks
        ]

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
        zone = contact.school.zone
        words = ((row.get_cause_display().capitalize(), day(row.made_at, zone)) for row in found)
        return format_html_join(", ", "{} ({})", words) or "Nothing"


@admin.register(Block)
class BlockAdmin(ChildrenAdmin):
    list_display = ["whose", "cause", "made_by", "made_at", "ended_at"]
    list_select_related = ["student", "made_by"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["=student__wonde_id"]
    search_help_text = "Wonde id of the student."
    fields = ["student", "cause", "made_by", "made_at", "ended_at"]
    actions = ["lift"]

    def named(self, block):
        return f"Block for {block.student.list_name}" if block.student else "Block for a student who was erased"

    @admin.display(description="student", ordering="student__sort_name")
    def whose(self, block):
        return block.student.list_name if block.student else "A student who was erased"

    @task_action(Task.DECIDE, "Lift the ticked blocks", is_grave=True)
    def lift(self, request, queryset):
        for row in queryset.filter(ended_at=None).select_related("school"):
            with transaction.atomic():
                lock_school(row.school_id)
                blocks.lift(row)
                self.audit(request, "lifted", row)
        self.message_user(request, "Lifted. The contact may come back with the next sync.", messages.SUCCESS)


class MailSettingsForm(forms.ModelForm):
    holidays = SimpleArrayField(
        forms.DateField(), required=False, help_text="Days on which nothing is sent: 2026-10-26, 2026-10-27"
    )

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
    fieldsets = [
        (
            "How it stands",
            {"fields": ["unanswered_since", "paused_at", "paused_by", "note", "no_priority", "figures"]},
        ),
        ("When", {"fields": ["enabled", "day", "hour", "holidays"]}),
        ("What it says", {"fields": ["language", "from_name", "reply_to", "says_nothing_to_report"]}),
        ("Whom it reaches", {"fields": ["own_addresses", "trusts_first_contact"]}),
    ]
    readonly_fields = ["unanswered_since", "no_priority", "paused_at", "paused_by", "note", "figures"]
    actions = ["pause", "resume"]

    def has_add_permission(self, request):
        school = chosen_school(request, Task.DECIDE)
        return school is not None and not MailSettings.objects.filter(school=school).exists()

    def has_change_permission(self, request, obj=None):
        return self.holds(request, Task.DECIDE, obj)

    def add_view(self, request, form_url="", extra_context=None):
        """One row for each school: added switched off, then changed."""
        school = chosen_school(request, Task.DECIDE)
        if school is None:
            raise Http404
        made, _ = MailSettings.objects.get_or_create(school=school)
        return HttpResponseRedirect(reverse("admin:parents_mailsettings_change", args=[made.pk]))

    def named(self, settings):
        return f"Weekly mail of {settings.school}"

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        answers.settled(obj.school, is_another="reply_to" in form.changed_data)

    @admin.display(description="parents and carers without a priority")
    def no_priority(self, settings):
        number = figures.without_priority(settings.school)
        return f"{number:,}: they rank alike, below every number" if number else "Nobody"

    @admin.display(description="weeks")
    def figures(self, settings):
        told = [
            (f"Week of {date_said(week.monday)}", ", ".join(f"{n:,} {state.label}" for state, n in states.items()))
            for week, states in figures.weeks(settings.school)
        ]
        if not told:
            return "No week has been mailed yet."
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", told))

    @task_action(Task.DECIDE, "Pause the weekly mail")
    def pause(self, request, queryset):
        self._all(request, queryset.filter(paused_at=None), "paused the weekly mail", timezone.now(), request.user)

    @task_action(Task.DECIDE, "Resume the weekly mail")
    def resume(self, request, queryset):
        self._all(request, queryset.exclude(paused_at=None), "resumed the weekly mail", None, None)

    def _all(self, request, rows, verb, at, by):
        for row in rows.select_related("school"):
            row.paused_at, row.paused_by = at, by
            row.save(update_fields=["paused_at", "paused_by"])
            self.audit(request, verb, row)
        self.message_user(request, f"You {verb}.", messages.SUCCESS)


@admin.register(WeeklyMail)
class WeeklyMailAdmin(ChildrenAdmin):
    list_display = ["to", "about", "week", "state", "why", "tries", "changed_at"]
    list_select_related = ["school"]
    list_filter = [*ChildrenAdmin.list_filter, "state"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["=uuid"]
    search_help_text = "The first part of a mail's Message-ID."
    fields = ["to", "about", "week", "state", "why", "tries", "made_at", "changed_at", "uuid"]
    readonly_fields = ["to", "about", "week", "why"]

    def named(self, mail):
        return f"{self.to(mail)}, week of {date_words(self.week(mail).isoformat())}"

    def prepare(self, mails):
        for mail, told in zip(mails, figures.told(mails), strict=True):
            mail.told = told

    @admin.display(description="to")
    def to(self, mail):
        return and_list(mail.told.to) or "A parent or carer who is no longer held"

    @admin.display(description="about")
    def about(self, mail):
        return and_list(student.list_name for student in mail.told.about) or "A student who is no longer held"

    @admin.display(description="week of", ordering="iso_week")
    def week(self, mail):
        return date.fromisocalendar(mail.iso_year, mail.iso_week, 1)

    @admin.display(description="why")
    def why(self, mail):
        return capfirst(mail.told.why)
