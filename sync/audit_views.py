"""The lead's page about who looked at or changed what."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from schools.models import Task
from sync import auditing
from sync.visits import for_lead_or_support

ENTRIES_A_PAGE = 50


@for_lead_or_support(Task.LOOK)
@require_safe
def audit(request, school, reason):
    """What did support look at or change here, when and why?"""
    whose = request.GET.get("whose", "") if request.GET.get("whose", "") in auditing.WHOSE else ""
    page = Paginator(auditing.entries(school, whose), ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "school": school,
        "page": page,
        "entries": auditing.tell(page),
        "whose": whose,
        "choices": [(word, label) for word, (label, _) in auditing.WHOSE.items()],
    }
    return render(request, "sync/audit.html", context)
