"""The lead's page about who looked at or changed what."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from schools.access.visits import for_lead_or_support
from schools.models import Proposal, School, Task
from sync.people import two_people
from sync.wording.audit import WHOSE, entries, tell

ENTRIES_A_PAGE = 50


@for_lead_or_support(Task.LOOK)
@require_safe
def audit(request, school, reason):
    """What did support look at or change here, when and why?"""
    whose = request.GET.get("whose", "") if request.GET.get("whose", "") in WHOSE else ""
    asked = Proposal.objects.waiting().for_school(school)
    page = Paginator(entries(school, whose), ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "school": school,
        "asked": asked,
        "page": page,
        "entries": tell(page),
        "whose": whose,
        "choices": [(word, label) for word, (label, _) in WHOSE.items()],
    }
    return render(request, "sync/audit.html", context)


@require_POST
def call_off(request, code, pk):
    """A lead stops what support asked for, also at a school that has ended our access; support answers in the admin."""
    school = get_object_or_404(School.objects.led_by(request.user), code=code)
    proposal = get_object_or_404(Proposal.objects.for_school(school), pk=pk)
    try:
        two_people.call_off(proposal.pk, request.user)
    except two_people.RefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Called off: support does not do it. Write to us if you know nothing of it.")
    return redirect("sync:revoked" if school.revoked_at else "sync:audit", school.code)
