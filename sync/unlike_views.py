"""Where leads and support say who somebody new is, whom an identifier takes for somebody else we had."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from schools.models import AuditEntry, Task
from sync import unlike
from sync.kinds import PEOPLE
from sync.tasks import queue_sync
from sync.visits import for_lead_or_support

ROWS_A_PAGE = 10  # each is asked of Wonde while the page waits


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def somebody_else(request, school, reason):
    """Who is new, and has the UPN or UPI of somebody unlike them? By POST: the same person, or somebody else."""
    if request.method == "POST":
        return _answer(request, school, reason)
    waiting = unlike.of_school(school)
    page = Paginator(waiting, ROWS_A_PAGE).get_page(request.GET.get("page"))
    if waiting and request.user.is_staff and not school.leads_here:
        AuditEntry.objects.note(request.user, "looked at who may be somebody else", school, school, reason)
    context = {"school": school, "page": page, "people": unlike.with_names(school, page.object_list)}
    return render(request, "sync/somebody_else.html", context)


def _answer(request, school, reason):
    kind, wonde_id, said = (request.POST.get(name, "") for name in ("kind", "person", "answer"))
    if kind not in PEOPLE or said not in ("same", "other"):
        messages.error(request, "Say whether it is the same person or somebody else. Nothing was changed.")
        return redirect("sync:somebody_else", school.code)
    try:
        with transaction.atomic():
            unlike.answer(school, kind, wonde_id, said == "same", request.user, reason)
            queue_sync(school, request.user)
    except unlike.NotWaitingError as error:
        messages.error(request, str(error))
    else:
        who = "They are the same person, with the sign-in they had" if said == "same" else "They are somebody else"
        messages.success(request, f"{who}. They arrive with the sync that was just queued.")
    return redirect("sync:somebody_else", school.code)
