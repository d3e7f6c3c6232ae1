"""The page "Sharing": what a school shares for which purpose, and what it said of that."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from schools.access.visits import for_lead_or_support
from schools.models import Task
from sync.needs import more_asked
from sync.wording import access
from sync.wording.sharing import fields, history


@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_safe
def sharing(request, school, reason):
    """What do we share, for what, since when, and does Wonde grant it?"""
    told, run, is_told = fields.of_school(school)
    context = {
        "school": school,
        "access": access.told(school),
        "purposes": told,
        "run": run,
        "is_told": is_told,
        "more": more_asked.of_schools([school.pk], timezone.now()).get(school.pk, []),
        "history": history.of_school(school),
    }
    return render(request, "sync/sharing.html", context)
