"""The queue of requests in the admin, and one page per request: who would be in two classes, and the answer."""

from datetime import timedelta

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.timesince import timesince
from msgspec import convert

from classes import outcome, requests
from classes.models import ImportRequest
from classes.pages.requests import progress_of, steps_of
from schools.access.visits import acted
from schools.desk.filters import SchoolFilter, UsualFilter
from schools.desk.lists import SupportAdmin
from schools.models import School, Task
from schools.templatetags.words import and_list, count_of
from schools.web.ids import as_ids
from sync.models import Question
from sync.people import class_requests, questions
from sync.support import request_form
from sync.tasks import ask_wonde, queue_sync

OLDEST = timedelta(minutes=5)  # a reading that an approval may rest on
OF_SUPPORT = "a request"  # the queue of requests is support's; it asks for no reason of its own
TOO_OLD = (
    "Nothing was changed yet: what Wonde said was more than five minutes old, so it is asked again. What you chose is "
    "kept. Look at the new check and decide again."
)
NAMED = 2  # classes of a request in its title; more are counted
NO_WORKER = "no worker of ours was free."
ANSWERS = {"approve", "swap", "decline"}  # what a button of the form may do; any other only shows the page again


class StateFilter(UsualFilter):
    """What waits, unless something else is asked for."""

    title = parameter_name = "state"
    usual = ImportRequest.State.WAITING.label

    def lookups(self, request, model_admin):
        return [*ImportRequest.State.choices[1:], ("all", "all")]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or ImportRequest.State.WAITING)


@admin.register(ImportRequest)
class ImportRequestAdmin(SupportAdmin):
    """Of every school of whoever asks, oldest first: a request names classes and its asker, nobody else."""

    task = Task.REQUESTS

    list_display = ["named", "school", "wish", "asked_by", "age", "state"]
    list_select_related = ["school", "asked_by"]
    list_filter = [SchoolFilter, StateFilter]
    ordering = ["asked_at", "pk"]
    search_names = ["school__sort_name"]
    search_fields = ["=pk"]
    search_help_text = "School, or the number of a request."

    def get_queryset(self, request):
        return super().get_queryset(request).with_classes()

    @admin.display(description="classes")
    def named(self, asked):
        return ", ".join(item.school_class.name or "without a name" for item in asked.items.all())

    @admin.display(description="waits", ordering="asked_at")
    def age(self, asked):
        return timesince(asked.asked_at, depth=1) if asked.state == ImportRequest.State.WAITING else ""

    def change_view(self, request, object_id, form_url="", extra_context=None):
        asked = self.get_object(request, object_id)
        if asked is None:
            raise Http404
        if request.htmx and request.method == "GET":
            context = {"asked": asked, "school": asked.school, "here": request.path, **progress_of(asked)}
            return TemplateResponse(request, "classes/_request_progress.html", context)
        form = request_form.AnswerForm(request.POST or None)
        does = request.POST.get("do")
        if does == "part":
            return self.part(request, asked, form)
        if does in ANSWERS and form.is_valid():
            return self.answer(request, asked, form)
        return self.page(request, asked, form)

    def part(self, request, asked, form):
        """Give the ticked classes a request of their own, and go on with it."""
        keys = sorted(as_ids(request.POST.getlist("part")))
        try:
            rest = requests.part(asked.pk, keys, request.user)
        except requests.RequestRefusedError as refused:
            return self.page(request, asked, form, str(refused))
        self.message_user(
            request,
            f"The ticked classes are request {rest.pk}: answer it here. Request {asked.pk} keeps the rest and waits.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(reverse("admin:classes_importrequest_change", args=[rest.pk]))

    def answer(self, request, asked, form):
        """Approve or decline, or show the page again with why not."""
        said = form.cleaned_data["answer"].strip()
        declines = request.POST.get("do") == "decline"
        if declines and not said:
            form.add_error("answer", "Say why, so that the school knows what to do.")
            return self.page(request, asked, form)
        looked = None if declines else self.looked(request, asked)
        if looked is None and not declines:
            return self.page(request, asked, form, TOO_OLD)
        try:
            if declines:
                class_requests.decline(asked, request.user, said)
            else:
                with transaction.atomic():
                    shown, settlement = request.POST.get("shown", ""), request_form.settlement_of(request.POST, said)
                    class_requests.approve(asked, request.user, shown, settlement, looked)
                    queue_sync(asked.school, request.user)
        except class_requests.ApprovalRefusedError as refused:
            asked.refresh_from_db()
            return self.page(request, asked, form, str(refused))
        acted.send(School, school=asked.school)
        self.message_user(
            request,
            "Declined. The asker is mailed why." if declines else "Approved. A sync is queued; this page follows it.",
            messages.SUCCESS,
        )
        return HttpResponseRedirect(request.path)

    def question(self, request, asked):
        """The reading of the asked classes that this page shows or waits for; asked for where there is none, or an old
        one. None where Wonde need not be asked. A page that looks by itself asks no new one."""
        if asked.wish != ImportRequest.Wish.IN:
            return None
        key = request.POST.get("read")
        known = key and questions.find(request, Question.What.ROLLS, school=asked.school, reason=OF_SUPPORT, key=key)
        if known and known.asked["request"] == asked.pk and (request.POST.get("do") == "look" or known.age < OLDEST):
            return known
        what = {
            "request": asked.pk,
            "classes": sorted(class_requests.asked_of(asked).values_list("wonde_id", flat=True)),
        }
        return ask_wonde(request, Question.What.ROLLS, what, school=asked.school, reason=OF_SUPPORT)

    def looked(self, request, asked):
        """The check now, with the reading the page showed; None where that is too old, or not there yet."""
        question = self.question(request, asked)
        return None if question and question.is_open else class_requests.look(asked, _read(question))

    def page(self, request, asked, form, refused=""):
        """The request with its check; shown to one person, so the school can read who looked."""
        is_waiting = asked.state == ImportRequest.State.WAITING
        question = self.question(request, asked) if is_waiting else None
        if request.POST.get("do") == "look" and questions.is_unchanged(request, question):
            return HttpResponse(status=204)
        is_open = bool(question and question.is_open)
        context = self.admin_site.each_context(request) | {
            "title": _title(asked),
            "opts": self.opts,
            "school": asked.school,
            "asked": asked,
            "classes": [item.school_class for item in asked.items.all()],
            "steps": steps_of(asked),
            "form": form,
            "refused": refused,
            "is_waiting": is_waiting,
            "foreseen": outcome.foreseen(asked, asked.asked_by) if is_waiting and asked.asked_by else None,
            "is_asking": is_open,
            "question": question,
            "kept": _chosen(request.POST) if is_open else [],
            "can_part": is_waiting and not is_open and len(asked.items.all()) > 1,
            "here": request.path,
            **progress_of(asked),
        }
        if is_waiting and not is_open:
            context |= request_form.told(asked, class_requests.look(asked, _read(question)), request.POST)
            if request.POST.get("do") != "outcome":
                self.audit(request, "looked at who would be in two classes", asked)
        return TemplateResponse(request, "admin/import_request.html", context, status=409 if refused else 200)


def _title(asked):
    """What is asked for: "Bring in Ma Intervention", "Leave out 3 classes"."""
    names = [item.school_class.name or "a class without a name" for item in asked.items.all()]
    what = and_list(names) if len(names) <= NAMED else count_of(len(names), "class,classes")
    return f"{capfirst(asked.get_wish_display())} {what}"


def _read(question):
    """What Wonde said of the asked classes."""
    if question is None:
        return class_requests.Read()
    if question.answer is None:
        return class_requests.Read(problem=question.problem or NO_WORKER)
    return convert(question.answer, class_requests.Read)


def _chosen(posted):
    """What was ticked and typed, to go along while Wonde is asked: (name, value)."""
    ours = {"csrfmiddlewaretoken", "do", "read", "seen", "shown"}
    return [(name, value) for name, values in posted.lists() if name not in ours for value in values]
