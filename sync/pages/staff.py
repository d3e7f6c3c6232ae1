"""The lead's pages about staff: who signs in, who was not invited and why, who leads the school."""

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from classes.models import SchoolClass
from schools.access.visits import for_lead_or_support
from schools.models import Proposal, Task
from schools.staff import invitations, overview
from schools.text.addresses import cleaned
from sync.pages import second_person

REFUSALS = (invitations.InvitationRefusedError, overview.StaffRefusedError)


@for_lead_or_support(Task.SIGN_INS)
@require_http_methods(["GET", "HEAD", "POST"])
def members(request, school, reason):
    """Who signs in, who was not invited and why? By POST: invite everybody who only waits for it."""
    everyone = overview.members(school)
    ready = [member for member in everyone if member.state == overview.SignInState.READY]
    if request.method == "POST":
        return _invite_all(request, school, ready)
    shown = request.GET.get("show", "") if request.GET.get("show", "") in overview.VIEWS else ""
    belongs = overview.VIEWS[shown][1]
    context = {
        "school": school,
        "members": [member for member in everyone if belongs(member)],
        "everyone": len(everyone),
        "ready": len(ready),
        "shown": shown,
        "views": [(word, label, sum(map(test, everyone))) for word, (label, test) in overview.VIEWS.items()],
        "leads": overview.leads(school),
        "invited_leads": overview.invited_leads(school),
    }
    return render(request, "sync/staff.html", context)


def _invite_all(request, school, ready):
    sent = 0
    for member in ready:
        try:
            with transaction.atomic():
                overview.invite(member, request.user)
        except REFUSALS as error:
            messages.warning(request, f"{member.employee}: {error}")
        else:
            sent += 1
    if sent:
        messages.success(request, f"{sent} invitation{'' if sent == 1 else 's'} will be in the post within a minute.")
    return redirect("sync:staff", school.code)


@for_lead_or_support(Task.SIGN_INS)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request, school, reason, pk):
    """How does signing in stand for one of the staff, and what do they teach? By POST: invite them, give the lead
    right, move the sign-in."""
    one = next((member for member in overview.members(school) if member.employee.pk == pk), None)
    if one is None:
        raise Http404
    if request.method == "POST":
        deed = DEEDS.get(request.POST.get("do"))
        if deed is None:
            raise Http404
        if not school.leads_here and _gives_the_right(request, one):
            return _ask_for_two(request, school, one.employee, _address(request, one))
        _do(request, partial(deed, request, one))
        return redirect("sync:staff_member", school.code, pk)
    rights = school.lead_rights.filter(user=one.employee.user) if one.employee.user else school.lead_rights.none()
    classes = SchoolClass.objects.current().filter(school=school, teachings__in=one.employee.teachings.current())
    context = {
        "school": school,
        "member": one,
        "employee": one.employee,
        "right": rights.first(),
        "classes": classes.shown().for_list(timezone.now()).in_order(),
    }
    return render(request, "sync/staff_member.html", context)


def _do(request, deed):
    """Do it whole or not at all, and say what came of it."""
    try:
        with transaction.atomic():
            messages.success(request, deed())
    except REFUSALS as error:
        messages.error(request, str(error))


def _invite(request, one, as_lead=False):
    made = overview.invite(one, request.user, request.POST.get("email", ""), as_lead)
    return f"{one.employee} is invited{' as a school lead' if made.as_lead else ''}: the mail leaves within a minute."


def _grant(request, one):
    overview.grant(one, request.user)
    return f"{one.employee} is a school lead now."


def _move(request, one):
    address = overview.move_sign_in(one, request.user)
    return f"{one.employee} signs in with {address} from now on. Both addresses are told."


def _address(request, one):
    return one.employee.email if one.has_own_address else request.POST.get("email", "") or one.entered


def _gives_the_right(request, one):
    """Whether what is asked makes somebody a lead who is none, also by a lead's invitation that goes elsewhere now."""
    asked = request.POST.get("do")
    waiting = [row for row in one.invitations if row.as_lead and not row.accepted_at]
    moves = any(row.email.lower() != _address(request, one).lower() for row in waiting)
    return (
        asked == "grant" or (asked == "invite_lead" and not waiting) or (asked in {"invite", "invite_lead"} and moves)
    )


def _ask_for_two(request, school, employee, email):
    about = {"employee": employee.pk if employee else None, "email": cleaned(email)}
    proposal = Proposal(act=Proposal.Act.GIVE_LEAD, school=school, about=about)
    return second_person.ask(request, proposal, f"Make {employee or cleaned(email)} a school lead of {school.name}")


DEEDS = {"invite": _invite, "invite_lead": partial(_invite, as_lead=True), "grant": _grant, "move": _move}


@for_lead_or_support(Task.SIGN_INS)
@require_POST
def invite_lead(request, school, reason):
    """Invite somebody as a school lead, whether or not the MIS lists them."""
    email = request.POST.get("email", "")
    if not school.leads_here and not school.invitations.waiting().filter(as_lead=True, email__iexact=email).exists():
        return _ask_for_two(request, school, None, email)

    def deed():
        made = invitations.invite(school, request.POST.get("email", ""), by=request.user, as_lead=True)
        return f"{made.email} is invited as a school lead: the mail leaves within a minute."

    _do(request, deed)
    return redirect("sync:staff", school.code)


@for_lead_or_support(Task.SIGN_INS)
@require_POST
def take_back(request, school, reason, pk):
    """End an invitation that waits."""
    invitation = get_object_or_404(school.invitations.waiting(), pk=pk)
    overview.take_back(invitation, request.user)
    messages.success(request, f"The invitation of {invitation.email} is taken back: its link does not work any more.")
    return redirect("sync:staff", school.code)


@for_lead_or_support(Task.SIGN_INS)
@require_http_methods(["GET", "HEAD", "POST"])
def lead(request, school, reason, pk):
    """What does withdrawing this lead right mean? By POST: withdraw it."""
    right = get_object_or_404(overview.leads(school), pk=pk)
    if request.method == "POST":

        def deed():
            overview.withdraw(right, request.user)
            return f"{right.name or right.user} is no school lead any more."

        _do(request, deed)
        still_here = right.user != request.user or school.lead_rights.filter(user=request.user).exists()
        return redirect("sync:staff", school.code) if still_here else redirect("home")
    return render(request, "sync/staff_lead.html", {"school": school, "right": right})
