"""The page of who may agree for a school: name somebody, take the right back, give it up."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from schools.access.visits import for_lead_or_support
from schools.models import Task
from schools.staff import authorisers as rights
from schools.staff import invitations, overview
from schools.web.ids import as_id


@for_lead_or_support(Task.SIGN_INS, or_authoriser=True)
@require_http_methods(["GET", "HEAD", "POST"])
def authorisers(request, school, reason):
    """Who may agree for the school? By POST: invite somebody, take the right or an invitation back. An authoriser may
    invite another, and give up the own right."""
    settles = Task.SIGN_INS in school.tasks
    theirs = rights.of_school(school) if settles else rights.of_school(school).filter(user=request.user)
    waiting = rights.invited(school)
    if request.method == "POST":
        does, pk = request.POST.get("do"), as_id(request.POST.get("pk", ""))
        if does == "invite":
            _invite(request, school)
        elif does == "withdraw":
            return _withdraw(request, school, get_object_or_404(theirs, pk=pk))
        elif does == "take back" and settles:
            _take_back(request, get_object_or_404(waiting, pk=pk))
        else:
            raise Http404
        return redirect("schools:authorisers", school.code)
    context = {"school": school, "rights": rights.of_school(school), "waiting": waiting, "settles": settles}
    return render(request, "schools/authorisers.html", context)


def _invite(request, school):
    try:
        with transaction.atomic():
            made = rights.invite(school, request.POST.get("email", ""), request.user)
    except invitations.InvitationRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{made.email} is invited to agree for the school: the mail leaves within a minute.")


def _withdraw(request, school, right):
    rights.withdraw(right, request.user)
    is_own = right.user == request.user
    whose = "You" if is_own else right.name or right.user
    messages.success(request, f"{whose} can no longer agree for {school.name}. What was agreed stays agreed.")
    return redirect("home") if is_own else redirect("schools:authorisers", school.code)


def _take_back(request, invitation):
    overview.take_back(invitation, request.user)
    messages.success(request, f"The invitation of {invitation.email} is taken back: its link does not work any more.")
