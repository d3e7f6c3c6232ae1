"""Requests about classes on the portal: make one, see how it is going, withdraw it."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classes import outcome, requests
from classes.models import ImportRequest, SchoolClass
from schools.access import rights
from schools.models import AuditEntry, School
from schools.web.ids import as_ids
from sync.models import SyncRun
from sync.people import first_import

REQUESTS_A_PAGE = 50
LONGEST = timedelta(seconds=settings.FOLLOWED_FOR_S)


class AskForAClassForm(forms.Form):
    note = forms.CharField(
        required=False,
        max_length=1000,
        label="Why? (you may leave this empty)",
        help_text="A sentence for support, without names of students.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(required=False, max_length=200, label="Why? (you may leave this empty)")


@require_http_methods(["GET", "POST"])
def ask(request, code):
    """Ask support to bring the chosen classes in, or leave them out. A lead, who may bring them in, goes on with them
    to the import, where nothing changes before its last step."""
    school = get_object_or_404(School.objects.for_portal(request.user), code=code)
    asked = request.POST if request.method == "POST" else request.GET
    wish = ImportRequest.Wish.OUT if asked.get("wish") == "out" else ImportRequest.Wish.IN
    keys = as_ids(asked.getlist("class"))
    mine = SchoolClass.objects.visible_to(request.user)
    chosen = request.only_own(mine.filter(school=school, pk__in=keys).in_order())
    form = AskForAClassForm(request.POST or None)
    status = 200
    if len(chosen) != len(keys):
        raise Http404
    if chosen and school.leads_here and wish == ImportRequest.Wish.IN:
        first_import.choose_also(school, {row.pk for row in chosen}, request.user)
        return redirect("sync:import", school.code)
    if request.method == "POST" and form.is_valid():
        try:
            made = requests.ask(school, chosen, wish, request.user, form.cleaned_data["note"])
        except requests.RequestRefusedError as error:
            form.add_error(None, str(error))
            status = 409
        else:
            messages.success(request, "Support has been asked. You are mailed the answer; this page shows it too.")
            return redirect("classes:request", made.pk)
    context = {"school": school, "classes": chosen, "wish": wish, "form": form}
    return render(request, "classes/ask.html", context, status=status)


@require_safe
def request_list(request, code):
    """What did we ask for, and how is it going? A lead sees all the school's requests, a teacher their own."""
    school = get_object_or_404(School.objects.for_portal(request.user), code=code)
    found = ImportRequest.objects.visible_to(request.user).filter(school=school).with_classes()
    page = Paginator(found.order_by("-asked_at", "-pk"), REQUESTS_A_PAGE).get_page(request.GET.get("page"))
    page.object_list = request.only_own(page)
    school.tasks = rights.tasks_of_lead(school)
    return render(request, "classes/requests.html", {"school": school, "page": page})


@require_safe
def request_detail(request, pk):
    """How is this request going, who did what, and has a sync carried it out?"""
    asked = get_object_or_404(ImportRequest.objects.visible_to(request.user).with_classes(), pk=pk)
    school = get_object_or_404(School.objects.for_portal(request.user), pk=asked.school_id)
    context = {
        "school": school,
        "asked": asked,
        "classes": [item.school_class for item in asked.items.all()],
        "steps": steps_of(asked),
        "form": WithdrawForm(),
        "foreseen": outcome.foreseen(asked, request.user) if asked.state == ImportRequest.State.WAITING else None,
        "here": request.path,
        **progress_of(asked),
    }
    template = "classes/_request_progress.html" if request.htmx else "classes/request.html"
    return render(request, template, context)


@require_POST
def request_withdraw(request, pk):
    """Withdraw a request, as the person who asked or a lead of the school."""
    asked = get_object_or_404(ImportRequest.objects.visible_to(request.user), pk=pk)
    form = WithdrawForm(request.POST)
    try:
        requests.withdraw(asked.pk, request.user, form.cleaned_data["reason"] if form.is_valid() else "")
    except requests.RequestRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The request is withdrawn. Nothing has changed.")
    return redirect(reverse("classes:request", args=[asked.pk]))


def steps_of(asked):
    """Who did what to a request, when and why, oldest first; who merely looked is in the school's audit."""
    entries = AuditEntry.objects.filter(school_id=asked.school_id, kind="importrequest", object_id=asked.pk)
    entries = entries.exclude(verb__startswith="looked")
    return entries.select_related("actor").order_by("at", "pk")


def progress_of(asked):
    """The run that carries out an approved request, and whether to look again soon: not once there is something to say.

    A run that had already started reading may be too early: only one that began after the answer counts.
    """
    if asked.state != ImportRequest.State.APPROVED:
        return {"run": None, "follow": False}
    since = SyncRun.objects.of_everybody().filter(school=asked.school_id, started_at__gte=asked.settled_at)
    runs = since.order_by("started_at", "pk")
    run = runs.applied().first() or runs.last()
    follow = run.status == SyncRun.Status.RUNNING if run else timezone.now() - asked.settled_at < LONGEST
    return {"run": run, "follow": follow}
