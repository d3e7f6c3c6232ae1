"""The way in: takes each person to the page they need; and what we know about them."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from schools.auth import has_second_factor, sign_out_everywhere
from schools.models import AuditEntry, Employee, School
from schools.sign_in import sessions
from schools.web.context_processors import on_error
from students.sign_in import last_door

SECURITY_TXT_LASTS = timedelta(days=180)


@require_safe
@login_not_required
@never_cache
def home(request):
    """Teachers go to their classes, leads who do not teach to the school, who only agrees for it to "Start", support to
    the admin, students to their own page; anyone not signed in goes to the door they last came in by."""
    if not request.user.is_authenticated:
        return (
            last_door.to_door(request) if last_door.remembered(request) else redirect_to_login(request.get_full_path())
        )
    if request.user.email is None:
        return redirect("students:me")
    return last_door.forget(_of_staff(request))


def _of_staff(request):
    schools = list(School.objects.for_home(request.user)[:2])
    if len(schools) == 2:
        return redirect("schools:choose")
    if not schools and (gone := School.objects.notices_for(request.user).first()):
        return redirect("sync:revoked", gone.code)
    if not schools:
        return redirect("admin:index")  # support: somebody with neither school nor admin has no session
    return redirect(first_page(schools[0]), schools[0].code)


@require_safe
def choose(request):
    """Choose one of the schools you work in, lead or agree for."""
    schools = list(School.objects.for_home(request.user))
    choices = [(school, first_page(school)) for school in schools]
    return render(request, "schools/choose.html", {"choices": choices})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def who_am_i(request):
    """GET: what we know about the person asking, where it comes from, and where they are signed in. POST: sign out,
    everywhere or in one of these places."""
    if request.user.email is None:
        raise Http404
    if request.method == "POST" and "place" in request.POST:
        if sessions.end(request.user, request.POST["place"]):
            messages.success(request, "You are signed out there.")
        return redirect("schools:who_am_i")
    if request.method == "POST":
        AuditEntry.objects.note(request.user, "signed out everywhere", request.user, school=None)
        sign_out_everywhere(request.user)
        logout(request)
        messages.success(request, "You are signed out everywhere. Sign in again where you need it.")
        return redirect("account_login")
    places = _places(request.user)
    context = {
        "school": places[0]["school"] if len(places) == 1 else None,
        "places": places,
        "signed_in": sessions.places(request),
        "zone": places[0]["school"].zone if places else timezone.get_default_timezone(),
        "second_factor": has_second_factor(request.user),
    }
    return render(request, "schools/who_am_i.html", context)


def _places(user):
    """The schools `user` may open, each with its first page, what its MIS says about them (`employee`, with how many
    classes they have `taught`) and their lead right (`right`); the last two may be None."""
    teaches = Q(teachings__left_at=None, teachings__school_class__left_at=None, teachings__school_class__status="in")
    mine = Employee.objects.current().shown().filter(user=user).annotate(taught=Count("teachings", filter=teaches))
    employees = {employee.school_id: employee for employee in mine.order_by("-pk")}
    rights = {right.school_id: right for right in user.lead_rights.select_related("granted_by")}
    return [
        {
            "school": school,
            "first_page": first_page(school),
            "employee": employees.get(school.pk),
            "right": rights.get(school.pk),
        }
        for school in School.objects.for_home(user)
    ]


def first_page(school):
    """The URL name of the page to begin with, for a school from `for_home`."""
    if not (school.leads_here or school.works_here):
        return "schools:start"
    return "sync:school" if school.leads_here and not school.teaches_here else "classes:mine"


@require_safe
@login_not_required
def favicon(request):
    """Pages name their icon themselves, but some browsers ask for this address anyway."""
    return redirect(static("img/mark.svg"))


@require_safe
@login_not_required
def security_txt(request):
    """Whom to tell about a security problem (RFC 9116); it expires half a year after it is fetched."""
    until = timezone.now().replace(microsecond=0) + SECURITY_TXT_LASTS
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {until.isoformat()}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{request.path}",
    ]
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")


def server_error(request):
    """The 500 page: whatever broke, this does not need it."""
    return render(None, "500.html", on_error(), status=500)
