"""Pages about a school that shares nothing any more: stopping here, ending it in Wonde too, sharing again, erasing at
once; and what is left of a school that has ended our access itself."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from schools.access import rights
from schools.access.visits import acted, for_lead_or_support
from schools.auth import gave_second_factor
from schools.models import Proposal, School, Task
from schools.models.access import authorises, leads
from schools.web.reasons import Why
from sync.leaving import erasure, stopping
from sync.models import Stop
from sync.pages import second_person
from sync.pages.leaving import EraseForm
from sync.people import two_people
from sync.tasks import queue_ending, queue_sync


class StopForm(forms.Form):
    reason = Why("A few words without anybody’s name. The school’s leads and support read them, and they are kept.")
    typed = forms.CharField(
        max_length=254,
        label="The school’s name",
        error_messages={"required": "Type it, to be sure which school you mean."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def __init__(self, school, data=None):
        super().__init__(data)
        self.name = school.name
        self.fields["typed"].help_text = f"Type “{school.name}”."

    def clean_typed(self):
        typed = self.cleaned_data["typed"]
        if two_people.is_typed(typed, self.name):
            return typed
        raise forms.ValidationError(f"That is not the school’s name. Type “{self.name}”.")


@for_lead_or_support(Task.ERASE, or_authoriser=True)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request, school, reason):
    """What does it mean to stop sharing? By POST: stop now."""
    if school.revoked_at:
        return redirect("sync:revoked", school.code)
    form = StopForm(school, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            stopping.stop(school, request.user, form.cleaned_data["reason"])
        except stopping.NotStoppedError as error:
            messages.error(request, str(error))
        return redirect("sync:revoked", school.code)
    return render(request, "sync/stop.html", {"school": school, "form": form, "effect": stopping.effect(school)})


@require_GET
def revoked(request, code):
    """All that is left of a school that shares nothing any more: since when, who ended it, and the day of erasure."""
    school = _school(request, code)
    if school.revoked_at is None:
        return redirect("home")
    return _ended_page(request, school, EraseForm() if _may_erase(request, school) else None)


@require_POST
def erase_school(request, code):
    """At once instead of on the day; where support presses the button, with a second person."""
    gone, form = _gone(request, code), EraseForm(request.POST)
    if not _may_erase(request, gone):
        raise Http404
    if not _leads(request, gone):
        proposal = Proposal(act=Proposal.Act.ERASE_SCHOOL, school=gone)
        return second_person.ask(request, proposal, f"Erase everybody of {gone.name}")
    if form.is_valid() and gone.erase_on is not None:
        erasure.erase_school(gone, actor=request.user, reason=form.cleaned_data["reason"])
    return _ended_page(request, gone, form)


@require_POST
def end_in_wonde(request, code):
    """Have what was stopped here be ended in Wonde too."""
    return _settle(request, code, stopping.confirm, lambda school: queue_ending())


@require_POST
def share_again(request, code):
    """Take back that sharing was stopped."""
    return _settle(request, code, stopping.share_again, lambda school: queue_sync(school, request.user))


def _settle(request, code, settle, queue):
    gone = _gone(request, code)
    if not stopping.may_decide(gone, request.user):
        raise Http404
    try:
        with transaction.atomic():
            settle(gone, request.user)
            queue(gone)
    except stopping.NotStoppedError as error:
        messages.error(request, str(error))
    acted.send(School, school=gone)
    return redirect("sync:revoked", gone.code)


def _ended_page(request, gone, form):
    stopped = Stop.objects.of_freeze().select_related("by", "confirmed_by", "over_by").filter(school=gone).first()
    context = {
        "gone": gone,
        "form": form,
        "asked": Proposal.objects.waiting().for_school(gone),
        "leads": _leads(request, gone),
        "may_look": rights.may(request.user, Task.LOOK, gone),
    }
    if stopped is None:
        return render(request, "sync/revoked.html", context)
    stopped.school = gone
    is_standing = stopped.over_at is None
    context |= {
        "stop": stopped,
        "approved_again": stopping.approved_again(stopped),
        "may_confirm": is_standing and stopping.may_confirm(stopped, request.user),
        "may_share_again": is_standing and stopping.may_share_again(stopped, request.user),
    }
    return render(request, "sync/stopped.html", context)


def _gone(request, code):
    school = _school(request, code)
    if school.revoked_at is None:
        raise Http404
    return school


def _school(request, code):
    """For its leads and authorisers, and for support with any right there."""
    mine = School.objects.filter(leads(request.user, "pk") | authorises(request.user, "pk"), code=code).first()
    if mine:
        return mine
    support = request.user.is_staff and gave_second_factor(request)
    return get_object_or_404(School.objects.supported_by(request.user) if support else School.objects.none(), code=code)


def _leads(request, gone):
    return School.objects.led_by(request.user).filter(pk=gone.pk).exists()


def _may_erase(request, gone):
    return _leads(request, gone) or rights.may(request.user, Task.ERASE, gone)
