"""A student's page, for their teachers, the school's leads and support. Students' own pages: `students.pages.door`."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parents.mail.figures import of_student
from parents.mail.preview import school_stands
from schools import left_out
from schools.access.visits import for_lead_or_support
from schools.auth import sign_out_everywhere
from schools.locks import lock_school
from schools.models import AuditEntry, LeadRight, School, Task
from students.cards import codes
from students.cards.printed import cards
from students.models import SignInCode, Student, WrongTries
from students.pages.forms import UsernameForm
from students.sign_in import usernames
from sync.people.renames import asked_about
from sync.why import parents, timeline

STUDENTS_A_PAGE = 50
EVENTS_SHOWN = 10


@never_cache
def student_detail(request, pk):
    """Who is this, in which class, since when, and can they sign in? For leads and support also all else we hold."""
    works_here = School.objects.for_portal(request.user).filter(leads_here=False, students=pk).first()
    if works_here:
        return _for_teachers(request, works_here, pk)
    student = get_object_or_404(Student.objects.whole_to(request.user).select_related("school"), pk=pk)
    return _whole(request, student.school.code, pk=pk)


@require_safe
def _for_teachers(request, school, pk):
    student = get_object_or_404(Student.objects.visible_to(request.user).with_signin(), pk=pk)
    context = _about(school, student)
    if Student.objects.signin_by(request.user).filter(pk=pk).exists():
        context |= _signin(school, student) | {
            "looks_after": True,
            "parents": of_student(student),
            "parents_stand": school_stands(school),
        }
    return render(request, "students/detail.html", context)


@for_lead_or_support(Task.LOOK)
@require_safe
def _whole(request, school, reason, pk):
    student = get_object_or_404(Student.objects.whole_to(request.user).with_signin(), school=school, pk=pk)
    if reason:
        AuditEntry.objects.note(request.user, "opened", student, school, reason)
    events = timeline.of_student(student, school)
    context = _about(school, student) | _signin(school, student)
    context |= {
        "whole": True,
        "looks_after": school.leads_here and not student.left_at,
        "events": events[:EVENTS_SHOWN],
        "more": len(events) > EVENTS_SHOWN,
        "contacts": parents.of_student(student, school),
        "out": left_out.block_of(school, "students", pk),
    }
    return render(request, "students/detail.html", context)


def _about(school, student):
    student.school = school
    return {
        "school": school,
        "student": student,
        "stays": student.enrolments.select_related("school_class").order_by("-joined_at", "-pk"),
        "leads": LeadRight.objects.filter(school=school).with_names(),
    }


def _signin(school, student):
    """How signing in stands: the card, wrong tries, and whether the first name has changed."""
    return {
        "code": SignInCode.objects.working().filter(student=student).first(),
        "wrong": student.wrong_tries.lately().in_all(),
        "renamed_at": asked_about(school, [student]).get(student.pk),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def username(request, pk):
    """Another username, chosen by staff, or a reason why not. The student is not asked."""
    student, school = _looked_after(request, pk)
    with transaction.atomic():
        if request.method == "POST":
            lock_school(school.pk)  # a sync that makes usernames waits, and so does anyone else choosing one
        form = UsernameForm(student, request.POST or None, initial={"username": _suggested(request, student)})
        if request.method == "POST" and form.is_valid():
            usernames.change(student, form.cleaned_data["username"], request.user)
            messages.success(
                request,
                f"The username is now {student.user.username}. Tell {student.forename or 'the student'}, and print a "
                "new card: earlier ones have the old username, which signs nobody in and goes to nobody else.",
            )
            return redirect("students:detail", pk)
    return render(request, "students/username.html", {"school": school, "student": student, "form": form})


def _suggested(request, student):
    """What the box says at first: what we would make of the name as it is now, if the name has changed."""
    return usernames.proposal(student) if "follow" in request.GET else student.user.username


@require_POST
def keep_username(request, pk):
    """The first name has changed, the username stays."""
    student, _ = _looked_after(request, pk)
    usernames.keep(student, request.user)
    messages.success(request, f"The username stays {student.user.username}.")
    return redirect("students:detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new_code(request, pk):
    """A new sign-in code, shown only this once; it also settles the student's request. GET shows none."""
    student, school = _looked_after(request, pk)
    if request.method != "POST":
        return redirect("students:detail", pk)
    words = codes.renew(school, [student], request.user)
    AuditEntry.objects.note(request.user, "made a sign-in code for", student, school)
    return _shown_once(request, school, student, words)


@require_POST
@never_cache
def lost_card(request, pk):
    """The card or password is in the wrong hands: everything that worked stops working, and a new code is shown."""
    student, school = _looked_after(request, pk)
    words = codes.replace_lost(school, student, request.user)
    AuditEntry.objects.note(request.user, "ended card, password and sign-ins of", student, school)
    return _shown_once(request, school, student, words)


def _shown_once(request, school, student, words):
    class_names = dict(student.enrolments.current().values_list("student_id", "school_class__name"))
    card = cards(school, [student], words, class_names)[0]
    context = {"school": school, "student": student, "card": card, "lasts": codes.expiry(school)}
    return render(request, "students/code.html", context)


@require_POST
def sign_out(request, pk):
    """A student has left a browser open somewhere: their sessions end, but card and password stay valid."""
    student, school = _looked_after(request, pk)
    sign_out_everywhere(student.user)
    AuditEntry.objects.note(request.user, "signed out everywhere", student, school)
    messages.success(request, f"{student} is signed out on every computer and phone.")
    return redirect("students:detail", pk)


@require_POST
def decline_code(request, pk):
    """No new code: the student has one."""
    student, _ = _looked_after(request, pk)
    for asked in student.code_requests.waiting():
        codes.decline(asked.pk, request.user)
    return redirect("students:detail", pk)


@for_lead_or_support(Task.LOOK)
@require_safe
@never_cache
def wrong_tries(request, school, reason):
    """Whose sign-in was tried, and how often? Never what was typed."""
    found = WrongTries.objects.lately().filter(school=school).by_student()
    page = Paginator(found, STUDENTS_A_PAGE).get_page(request.GET.get("page"))
    names = Student.objects.current().in_bulk([row["student"] for row in page if row["student"]])
    page.object_list = [row | {"who": names.get(row["student"])} for row in page]
    return render(request, "students/wrong_tries.html", {"school": school, "page": page})


def _looked_after(request, pk):
    """A student with a username, looked after by the person asking, and the school with its frame; otherwise a 404."""
    students = Student.objects.signin_by(request.user).filter(user__isnull=False).select_related("user")
    student = get_object_or_404(students, pk=pk)
    return student, get_object_or_404(School.objects.for_portal(request.user), pk=student.school_id)
