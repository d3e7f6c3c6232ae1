"""Where leads and support say who somebody new is, whom an identifier takes for somebody else we had."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from schools.access.visits import for_lead_or_support
from schools.models import AuditEntry, Task
from sync.facts.kinds import PEOPLE
from sync.models import Question
from sync.people import questions, someone_else
from sync.tasks import ask_wonde, queue_sync

ROWS_A_PAGE = 10  # each is asked of Wonde
NAMES_KEPT = timedelta(minutes=5)


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def somebody_else(request, school, reason):
    """Who is new, and has the UPN or UPI of somebody unlike them? By POST: the same person, or somebody else."""
    if request.method == "POST":
        return _answer(request, school, reason)
    waiting = someone_else.of_school(school)
    page = Paginator(waiting, ROWS_A_PAGE).get_page(request.GET.get("page"))
    if waiting and request.user.is_staff and not school.leads_here:
        AuditEntry.objects.note(request.user, "looked at who may be somebody else", school, school, reason)
    question = _names_of(request, school, reason, page.object_list)
    if questions.is_unchanged(request, question):
        return HttpResponse(status=204)
    names = {(kind, wonde_id): name for kind, wonde_id, name in (question and question.answer) or []}
    context = {
        "school": school,
        "page": page,
        "people": [(one, names.get((one.kind, one.wonde_id), "")) for one in page.object_list],
        "question": question,
        "here": questions.address(request, question),
    }
    return render(request, "sync/somebody_else.html", context)


def _names_of(request, school, reason, newcomers):
    """The question what the MIS calls the people of this page; asked where nobody has yet. A page that looks by itself
    (`?q=`) asks no new one."""
    if not newcomers:
        return None
    about = {"school": school, "reason": reason}
    people = [[one.kind, one.wonde_id] for one in newcomers]
    known = questions.find(request, Question.What.NAMES, **about)
    if known and all(one in known.asked["people"] for one in people):
        return known
    return ask_wonde(request, Question.What.NAMES, {"people": people}, **about, at_most=NAMES_KEPT)


def _answer(request, school, reason):
    kind, wonde_id, said = (request.POST.get(name, "") for name in ("kind", "person", "answer"))
    if kind not in PEOPLE or said not in ("same", "other"):
        messages.error(request, "Say whether it is the same person or somebody else. Nothing was changed.")
        return redirect("sync:somebody_else", school.code)
    try:
        with transaction.atomic():
            someone_else.answer(school, kind, wonde_id, said == "same", request.user, reason)
            queue_sync(school, request.user)
    except someone_else.NotWaitingError as error:
        messages.error(request, str(error))
    else:
        who = "They are the same person, with the sign-in they had" if said == "same" else "They are somebody else"
        messages.success(request, f"{who}. They arrive with the sync that was just queued.")
    return redirect("sync:somebody_else", school.code)
