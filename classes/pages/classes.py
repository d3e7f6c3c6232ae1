"""The teacher's pages: my classes, all the school's classes, one class, finding somebody."""

from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classes.models import Enrolment, ImportRequest, SchoolClass
from classes.roster.as_of import AsOf
from classes.roster.changes import WEEK, by_day
from classes.roster.filters import ClassFilter
from classes.roster.roster_csv import roster_csv
from schools.access import rights
from schools.files.csv_out import as_download
from schools.models import Employee, LeadRight, School
from schools.sharing.shown import is_open
from schools.text.names import Search
from schools.web import searches
from schools.web.tables import IN_SCHOOL_ORDER, Sort, never_first
from students.models import Student
from sync.people import second_class
from sync.people.renames import asked_about

CLASSES_A_PAGE = 100
SHORTEST_SEARCH, LONGEST_SEARCH, FOUND_SHOWN = 2, 100, 20
CLASS_COLUMNS = {"name": F("sort_name"), "year": IN_SCHOOL_ORDER, "subject": F("subject"), "size": F("size")}
STUDENT_COLUMNS = {"name": F("student__sort_name"), "year": F("student__year_group"), "joined": F("joined_at")}
SIGNIN_COLUMN = {"signin": never_first("student__user__last_login")}


@require_safe
def my_classes(request, code):
    """Who do I teach, and has anything changed?"""
    school = get_object_or_404(School.objects.for_portal(request.user), code=code)
    since = timezone.now() - WEEK
    sort = Sort.asked(request, CLASS_COLUMNS)
    mine = SchoolClass.objects.current().filter(school=school).taught_by(request.user)
    context = {
        "school": school,
        "sort": sort,
        "since": since,
        "classes": sort.apply(mine.for_list(since).with_asking(), "sort_name", "pk"),
        "leads": LeadRight.objects.filter(school=school).with_names(),
    }
    return render(request, "classes/mine.html", context)


@require_safe
def all_classes(request, code):
    """Every class in the school: those that are in, and those left out, with the reason."""
    school = get_object_or_404(School.objects.for_portal(request.user), code=code)
    if not (school.leads_here or school.teachers_see_all_classes):
        raise Http404
    school.tasks = rights.tasks_of_lead(school)
    since = timezone.now() - WEEK
    sort, shown = Sort.asked(request, CLASS_COLUMNS), ClassFilter.asked(request)
    here = SchoolClass.objects.visible_to(request.user).present().filter(school=school)
    classes = sort.apply(shown.apply(here).for_list(since).select_related("decided_by"), "sort_name", "pk")
    context = {
        "school": school,
        "sort": sort,
        "since": since,
        "shown": shown,
        "choices": shown.choices(here),
        "page": Paginator(classes, CLASSES_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "classes/all.html", context)


@require_safe
def class_detail(request, pk):
    """Who is in this class now, or was on a date, and what has changed in the last seven days?"""
    school_class, school = class_and_school(request, pk)
    since, on = timezone.now() - WEEK, AsOf.asked(request, school)
    with_signin = school_class.makes_codes and not on.date
    sort = Sort.asked(request, STUDENT_COLUMNS | SIGNIN_COLUMN if with_signin else STUDENT_COLUMNS)
    stays = list(stays_of(school_class, sort, with_signin).since(since))
    teachings = list(school_class.teachings.since(since).with_employees())
    elsewhere = Enrolment.objects.of_movers(school_class, since)
    listed = stays_of(school_class, sort).at(on.moment) if on.date else (s for s in stays if s.left_at is None)
    context = {
        "school": school,
        "school_class": school_class,
        "sort": sort,
        "on": on,
        **named_and_unnamed(listed),
        **_to_look_after(school, [stay.student for stay in stays if with_signin and stay.left_at is None]),
        "teachers": [teaching.employee for teaching in teachings if teaching.left_at is None],
        "days": by_day(school_class, stays, elsewhere, teachings, since, school.zone),
        "elsewhere": second_class.elsewhere(school_class),
        "leads": LeadRight.objects.filter(school=school).with_names(),
        "with_signin": with_signin,
        "with_usernames": with_signin and "usernames" in request.GET,
        "listed": len(school_class.member_ids),
        "asked_for": _asked_for(request.user, school_class),
    }
    return render(request, "classes/detail.html", context)


def _asked_for(user, school_class):
    """The request that waits for a class that is left out, where whoever looks may read it."""
    if not school_class.can_be_asked_for:
        return None
    return ImportRequest.objects.waiting().visible_to(user).filter(items__school_class=school_class).first()


def _to_look_after(school, students):
    """What is waiting for those who look after these students' sign-in: how many ask for a card, whose first name has
    changed."""
    renamed = asked_about(school, students) if students else {}
    return {
        "asking": sum(student.asks_for_code for student in students),
        "renamed": [student for student in students if student.pk in renamed],
    }


@require_safe
def class_csv(request, pk):
    """The class as it is now, or was on a date, for a spreadsheet."""
    school_class, school = class_and_school(request, pk)
    on = AsOf.asked(request, school)
    stays = stays_of(school_class, Sort.asked(request, STUDENT_COLUMNS))
    listed = stays.at(on.moment) if on.date else stays.current()
    text = roster_csv(school_class, named_and_unnamed(listed)["stays"], school.zone)
    return as_download(text, f"{school_class.name} {on.date or ''}")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def find(request, code):
    """Find students and classes by a few letters of their names, a username or a UPN; for leads, staff too.

    What is typed is posted, and opens under a random key, so that no URL holds a name. While somebody types, only the
    results come back.
    """
    school = get_object_or_404(School.objects.for_portal(request.user), code=code)
    if request.method != "POST":
        text = searches.recall(request.user, request.GET["q"]) if "q" in request.GET else ""
        context = {"school": school, "text": text or "", "is_forgotten": text is None} | _found(request, school, text)
        return render(request, "classes/find.html", context)
    text = request.POST.get("text", "").strip()[:LONGEST_SEARCH]
    found = _found(request, school, text)
    if request.htmx:
        return render(request, "classes/_found.html", {"school": school, "text": text} | found)
    if only := _only_one(text, **found):
        return redirect("students:detail", only.pk)
    return redirect(f"{request.path}?q={searches.remember(request.user, text)}" if text else request.path)


def _found(request, school, text):
    """{"students", "classes", "staff"} called `text`, of those whoever asks may read; {} where that is too short."""
    if len(text or "") < SHORTEST_SEARCH:
        return {}
    theirs = Student.objects.visible_to(request.user).filter(school=school)
    students = theirs.found_by(text, Student.objects.signin_by(request.user))
    classes = SchoolClass.objects.visible_to(request.user).present().filter(school=school).named_like(text)
    staff = Employee.objects.current().shown().filter(school=school).named_like(text)
    return {
        "students": request.only_own(students.with_class().closest_first(text)[: FOUND_SHOWN + 1]),
        "classes": request.only_own(classes.closest_first(text)[:FOUND_SHOWN]),
        "staff": list(staff.closest_first(text)[:FOUND_SHOWN]) if school.leads_here else [],
    }


def _only_one(text, students=(), classes=(), staff=()):
    """The student who is all that was found, and not merely by the beginnings of a name; else None."""
    if len(students) != 1 or classes or staff:
        return None
    return None if Search(text).only_begins(students[0].sort_name) else students[0]


def class_and_school(request, pk):
    """A class the person asking may read, and its school with what the frame needs; otherwise a 404."""
    school_class = get_object_or_404(SchoolClass.objects.visible_to(request.user).with_makes_codes(request.user), pk=pk)
    return school_class, get_object_or_404(School.objects.for_portal(request.user), pk=school_class.school_id)


def stays_of(school_class, sort, with_signin=False):
    shown = school_class.enrolments.shown()
    shown = shown.with_signin() if with_signin else shown.select_related("student")
    return sort.apply(shown, "student__sort_name", "pk")


def named_and_unnamed(stays):
    """Stays whose student is still in the class lists, and how many others there are, who are shown to nobody."""
    stays = list(stays)
    named = [stay for stay in stays if stay.student.left_at is None and is_open(stay.student)]
    return {"stays": named, "unnamed": len(stays) - len(named)}
