"""The students' pages: finding the school, signing in, a first password, and a page of their own."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from schools.auth import sign_out_everywhere as end_everywhere
from schools.models import AuditEntry, School
from schools.sign_in import devices, onward
from students.cards import codes
from students.models import SignInCode
from students.pages.forms import AskForACardForm, FindSchoolForm, OwnPasswordForm, SignInForm
from students.sign_in import door, last_door

MOST_SCHOOLS = 10
WRONG = "That is not right. Look at your newest card: the username and the three words, or your password."


def student_page(view):
    """A page for a student who is signed in. Anyone else signed in gets a 404; a visitor who is not is sent to the
    school's door."""

    @never_cache
    @login_not_required
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return last_door.to_door(request)
        if request.user.email is not None:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def find_school(request):
    """Find the school by name or by the code on the card. It is posted, so that no URL holds it."""
    form = FindSchoolForm(request.POST or None)
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data["school"]
        by_code = School.objects.with_door(asked.strip()).first()
        if by_code:
            return redirect("students:sign_in", by_code.code)
        found = School.objects.shown().named_like(asked).closest_first(asked)[: MOST_SCHOOLS + 1]
        context |= {"found": found[:MOST_SCHOOLS], "more": len(found) > MOST_SCHOOLS}
    return render(request, "students/find_school.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
@sensitive_post_parameters("secret")
def sign_in(request, code):
    """A school's sign-in page. A card's QR code leads here with the username behind `#`, which no server sees."""
    school = _school_at(code)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user, seconds = door.knock(request, school, **form.cleaned_data)
        if user:
            return last_door.remember(_enter(request, user), school)
        form.add_error(None, _wait(seconds) if seconds else WRONG)
    return last_door.remember(render(request, "students/sign_in.html", {"school": school, "form": form}), school)


def _school_at(code):
    """The school with its door at `code`, or a 404."""
    return get_object_or_404(School.objects.with_door(code))


def _wait(seconds):
    return (
        f"That was a lot of tries. Wait {seconds} seconds, then try again. Or ask your teacher for a new card: its "
        "words work at once."
    )


def _enter(request, user):
    login(request, user, backend="students.auth.StudentBackend")
    chooses = user.came_by_code and user.school.students_choose_passwords
    response = redirect("students:password" if chooses else onward.door(request, "students:me"))
    devices.remember(request, response, user)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def ask(request, code):
    """ "I cannot get in": the teacher is told. The answer is the same, whoever asks."""
    school = _school_at(code)
    form = AskForACardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        seconds = door.ask(request, school, form.cleaned_data["username"])
        if not seconds:
            return render(request, "students/asked.html", {"school": school})
        form.add_error(None, f"This was asked a lot just now. Wait {seconds} seconds, or go and ask your teacher.")
    return render(request, "students/ask.html", {"school": school, "form": form})


@require_safe
@student_page
def me(request):
    """Who I am here, my class and its teachers, and the way to the product."""
    student, school = request.user.student, request.user.school
    if _must_choose(request.user):
        return redirect("students:password")
    stay = student.enrolments.filter(left_at=None).select_related("school_class").first()
    teachings = stay.school_class.teachings.current().with_employees() if stay else []
    context = {
        "student": student,
        "school": school,
        "school_class": stay and stay.school_class,
        "teachers": [teaching.employee for teaching in teachings],
    }
    return render(request, "students/me.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@student_page
@sensitive_post_parameters("password", "again")
def password(request):
    """Choose a password: at the first sign-in, after a new code, or because the student wants another."""
    user = request.user
    if not user.school.students_choose_passwords:
        raise Http404
    form = OwnPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
        SignInCode.objects.filter(student=user.student).delete()
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is saved. The words on your card do not work any more.")
        return redirect(onward.door(request, "students:me"))
    return render(request, "students/password.html", {"form": form, "school": user.school, "first": _must_choose(user)})


@require_POST
@student_page
def ask_for_mine(request):
    """A student who is signed in asks for a new code: the card is lost."""
    codes.ask(request.user.student)
    messages.success(request, "Your teacher can see that you asked for a new code.")
    return redirect("students:me")


@require_POST
@student_page
def sign_out(request):
    code = request.user.school.code
    logout(request)
    return redirect("students:sign_in", code)


@require_POST
@student_page
def sign_out_everywhere(request):
    """For a student who has left a browser open somewhere."""
    user, code = request.user, request.user.school.code
    AuditEntry.objects.note(user, "signed out everywhere", user.student, user.school)
    end_everywhere(user)
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return redirect("students:sign_in", code)


def _must_choose(user):
    return user.school.students_choose_passwords and not user.has_usable_password()
