"""The students of a school, for its leads and support: who is here, who cannot sign in yet, who left."""

from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from schools.access.visits import for_lead_or_support
from schools.files.csv_out import as_download
from schools.models import School, Task
from schools.web import searches
from schools.web.ids import as_ids
from schools.web.tables import IN_SCHOOL_ORDER, Sort, never_first
from students.cards import codes
from students.listing import StudentFilter, for_list, students_csv
from students.models import Student
from students.pages.cards import print_cards

STUDENTS_A_PAGE = 50
COLUMNS = {
    "name": F("sort_name"),
    "year": IN_SCHOOL_ORDER,
    "class": F("stay__school_class__sort_name"),
    "signin": never_first("user__last_login"),
    "left": F("left_at"),
}
FOR_CARDS = ("never", "asks")  # states in which everybody may want a card


@for_lead_or_support(Task.LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def students(request, school, reason):
    """Who is here, in which class, and can they sign in? By POST: look for a name; print cards, which a lead does."""
    if "name" in request.POST:
        return _search(request)
    everyone, typed = _everyone(request, school)
    shown, sort = StudentFilter.asked(request), Sort.asked(request, COLUMNS)
    found = sort.apply(shown.apply(everyone), "sort_name", "pk")
    if request.method == "POST":
        if not school.leads_here:
            raise Http404
        if chosen := _chosen(request, shown, found):
            return print_cards(request, school, chosen, (request.get_full_path(), "Students"))
    context = {
        "school": school,
        "sort": sort,
        "shown": shown,
        "typed": typed,
        "choices": shown.choices(everyone),
        "page": Paginator(found, STUDENTS_A_PAGE).get_page(request.GET.get("page")),
        "cards_for_all": shown.state in FOR_CARDS,
        "nobody_chosen": request.method == "POST",
        "lasts": codes.expiry(school),
    }
    return render(request, "students/list.html", context)


def _search(request):
    """To the same list with a key of what was typed, so that no address holds a name."""
    asked = request.GET.copy()
    for name in ("q", "page"):
        asked.pop(name, None)
    if typed := request.POST["name"].strip():
        asked["q"] = searches.remember(request.user, typed)
    return redirect(f"{request.path}?{asked.urlencode()}")


def _everyone(request, school):
    """Everybody of `school` whom whoever asks may read, or those who are called what was typed; and what that was, None
    where it is no longer kept."""
    theirs = Student.objects.whole_to(request.user).filter(school=school)
    if "q" not in request.GET:
        return for_list(theirs), ""
    typed = searches.recall(request.user, request.GET["q"])
    return for_list(theirs.found_by(typed, theirs) if typed else theirs.none()), typed


def _chosen(request, shown, found):
    """Students that get a card: those ticked, or all of the list where `shown` is of those who may want one."""
    with_username = found.filter(left_at=None, user__isnull=False)
    if request.POST.get("do") == "all" and shown.state in FOR_CARDS:
        return list(with_username)
    return list(with_username.filter(pk__in=as_ids(request.POST.getlist("student"))))


@require_safe
@never_cache
def students_file(request, code):
    """The list as it is asked for, for a lead's spreadsheet."""
    school = get_object_or_404(School.objects.for_portal(request.user), code=code, leads_here=True)
    everyone, _ = _everyone(request, school)
    found = Sort.asked(request, COLUMNS).apply(StudentFilter.asked(request).apply(everyone), "sort_name", "pk")
    return as_download(students_csv(found, school.zone), f"students {school.code}")
