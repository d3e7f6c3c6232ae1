"""The page "For review": what is asked for beyond what the school agreed to, and the yes to it of a lead, or of whoever
may agree for the school."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from schools.access.visits import for_lead_or_support
from schools.models import Task
from schools.sharing import keys
from sync.models import SyncSettings
from sync.needs import more_asked
from sync.wording.kinds import declared
from sync.wording.sharing.fields import names_in_wonde


@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request, school, reason):
    """What more is asked for, what for, and what if we say nothing? By POST: agree to it."""
    found = more_asked.of_schools([school.pk], timezone.now()).get(school.pk, [])
    seen = " ".join(sorted(more.asked.name for more in found))
    may_agree = (school.leads_here or school.authorises_here) and school.revoked_at is None
    if request.method == "POST":
        if not may_agree:
            raise Http404
        if request.POST.get("seen") == seen:
            return _agreed(request, school)
        messages.warning(request, "What is asked for has changed meanwhile. Look at it again.")
    names = names_in_wonde(school)
    context = {
        "school": school,
        "more": [(more, *declared(more.asked.name), names.get(more.asked.wonde, more.asked.wonde)) for more in found],
        "stops": sorted({(more.stops_at, more.purpose.title, more.purpose.lost) for more in found if more.stops_at}),
        "seen": seen,
        "may_agree": may_agree,
    }
    return render(request, "sync/review.html", context)


def _agreed(request, school):
    with transaction.atomic():
        keys.agree(school, request.user)
        SyncSettings.objects.want(school)
    messages.success(request, "Agreed. The next sync reads it, within a few minutes.")
    return redirect("sync:sharing", school.code)
