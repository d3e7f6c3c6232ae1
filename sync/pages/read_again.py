"""The lead's page for reading the school again now: ask, follow, read what came of it."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from schools.access.visits import for_lead_or_support, only_for
from schools.models import Task
from sync.people import read_again
from sync.tasks import queue_sync
from sync.wording.syncs import by_person


@for_lead_or_support(Task.LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def read(request, school, reason):
    """Is the school being read, and what came of it? By POST: read it now."""
    if request.method == "POST":
        only_for(school, Task.DECIDE)
        try:
            with transaction.atomic():
                read_again.ask(school, request.user, reason)
                queue_sync(school, request.user)
        except read_again.NotAgainError as error:
            messages.error(request, str(error))
        return redirect("sync:read", school.code)
    now = read_again.standing(school)
    context = {
        "school": school,
        "again": now,
        "run": now.run,
        "steps": read_again.steps(None if now.is_waiting else now.run),
        "summary": by_person.in_short([now.run]).get(now.run.pk, []) if now.run else [],
        "minutes": read_again.AGAIN_AFTER.seconds // 60,
    }
    return render(request, "sync/_read.html" if request.htmx else "sync/read.html", context)
