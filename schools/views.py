"""The way in: each person to the page that answers their question."""

from django.conf import settings
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from schools.models import School


@require_safe
def home(request):
    """A teacher comes to their classes, a lead who teaches nothing to the school, support to the admin, a student to
    their own page."""
    if request.user.email is None:
        return redirect("students:me")
    schools = list(School.objects.for_portal(request.user)[:2])
    if len(schools) == 2:
        return redirect("schools:choose")
    if not schools and (gone := School.objects.notices_for(request.user).first()):
        return redirect("sync:revoked", gone.code)
    if not schools:
        return redirect("admin:index")  # support: whoever has neither school nor admin has no session
    return redirect(first_page(schools[0]), schools[0].code)


@require_safe
def choose(request):
    """The schools somebody works in or leads, to go on with one of them."""
    schools = list(School.objects.for_portal(request.user))
    choices = [(school, first_page(school)) for school in schools]
    return render(request, "schools/choose.html", {"choices": choices})


def first_page(school):
    """The URL name of the page to begin with, for a school from `for_portal`."""
    return "sync:school" if school.leads_here and not school.teaches_here else "classes:mine"


def server_error(request):
    """The 500 page, from settings alone: whatever broke, this does not need it."""
    product = {"name": settings.PRODUCT_NAME, "support_email": settings.SUPPORT_EMAIL}
    return render(None, "500.html", {"product": product}, status=500)
