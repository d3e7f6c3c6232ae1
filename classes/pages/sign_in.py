"""Signing in, for a class or a school: how things stand, new codes on cards, and what students have asked for."""

from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes.models import SchoolClass
from schools.access import rights
from schools.models import School
from students.cards import codes
from students.models import CodeRequest, Student
from students.pages.cards import print_cards
from sync.people.renames import asked_about


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def class_signin(request, pk):
    """GET: can they sign in, and if not, why? POST: print cards with new codes, or decline requests."""
    school_class = get_object_or_404(SchoolClass.objects.signin_by(request.user).current(), pk=pk)
    school = get_object_or_404(School.objects.for_portal(request.user), pk=school_class.school_id)
    stays = school_class.enrolments.filter(left_at=None)
    students = list(Student.objects.current().filter(enrolments__in=stays).with_signin().in_order())
    if request.method == "POST" and request.POST.get("do") == "decline":
        return _decline(request, school_class, students)
    if request.method == "POST":
        chosen = _chosen(request.POST, students)
        if chosen:
            back = (request.path, f"Signing in, {school_class.name}")
            return print_cards(request, school, chosen, back, school_class)
    context = {
        "school": school,
        "school_class": school_class,
        "students": students,
        "never": sum(student.user is not None and student.user.last_login is None for student in students),
        "asking": [student for student in students if student.user and student.asks_for_code],
        "renamed": asked_about(school, students),
        "nobody_chosen": request.method == "POST",
        "lasts": codes.expiry(school),
    }
    return render(request, "classes/signin.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def school_signin(request, code):
    """For a lead. GET: how things stand with signing in, class by class. POST: cards for students in the ticked classes
    who have never signed in."""
    school = get_object_or_404(School.objects.for_portal(request.user), code=code, leads_here=True)
    school.tasks = rights.tasks_of_lead(school)
    classes = list(SchoolClass.objects.current().shown().filter(school=school).for_signin().in_order())
    if request.method == "POST":
        ticked = set(request.POST.getlist("class"))
        students = _never_signed_in([one for one in classes if str(one.pk) in ticked])
        if students:
            return print_cards(request, school, students, (request.path, "Signing in"), class_by_class=True)
    context = {
        "school": school,
        "classes": classes,
        "totals": {name: sum(getattr(one, name) for one in classes) for name in ("size", "never", "carded")},
        "nobody_chosen": request.method == "POST",
        "lasts": codes.expiry(school),
    }
    return render(request, "classes/school_signin.html", context)


def _never_signed_in(classes):
    """Students in these classes who have never signed in, class by class, each in the order of a register."""
    own = "enrolments__school_class"
    students = Student.objects.current().filter(
        user__isnull=False, user__last_login=None, enrolments__left_at=None, enrolments__school_class__in=classes
    )
    return list(students.select_related("user").order_by(f"{own}__sort_name", own, "sort_name", "pk"))


def _chosen(posted, students):
    """The students who get a card: all, those who have never signed in, those who ask, or those ticked. Only from this
    class."""
    with_username = [student for student in students if student.user]
    match posted.get("do"):
        case "everyone":
            return with_username
        case "never":
            return [student for student in with_username if student.user.last_login is None]
        case "asking":
            return [student for student in with_username if student.asks_for_code]
        case _:
            ticked = set(posted.getlist("student"))
            return [student for student in with_username if str(student.pk) in ticked]


def _decline(request, school_class, students):
    chosen = [student for student in students if str(student.pk) == request.POST.get("student")]
    for one in CodeRequest.objects.waiting().filter(student__in=chosen):
        codes.decline(one.pk, request.user)
    return redirect("classes:signin", school_class.pk)
