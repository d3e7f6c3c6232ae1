"""What leads and support decide about classes: which one a student of two belongs to."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from schools.access.visits import for_lead_or_support
from schools.models import AuditEntry, Task
from schools.web.ids import as_id
from sync.people import second_class
from sync.tasks import queue_sync

ROWS_A_PAGE = 50


@for_lead_or_support(Task.DECIDE)
@require_http_methods(["GET", "POST"])
def second_classes(request, school, reason):
    """Who is in two imported classes by the MIS, and where should each one be?"""
    if request.method == "POST":
        return _choose(request, school, reason)
    if request.user.is_staff and not school.leads_here:
        AuditEntry.objects.note(request.user, "looked at students in two classes", school, school, reason or "")
    page = Paginator(second_class.of_school(school), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "sync/second.html", {"school": school, "page": page})


def _choose(request, school, reason):
    student, chosen = (as_id(request.POST.get(name, "")) for name in ("student", "class"))
    if student and chosen:
        try:
            with transaction.atomic():
                who, where = second_class.choose(school, student, chosen, request.user, reason or "")
                queue_sync(school, request.user)
        except second_class.ChoiceRefusedError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{who} belongs to {where}. It is so after the sync that was just queued.")
    else:
        messages.error(request, "Choose one of the two classes. Nothing was changed.")
    return redirect("sync:second", school.code)
