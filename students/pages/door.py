"""The students' pages: finding the school, signing in, a first password, and a page of their own."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from schools.auth import sign_out_everywhere as end_everywhere
from schools.models import AuditEntry, School
from schools.sign_in import devices, onward
from students.cards import codes
from students.models import SignInCode
from students.pages.forms import AskForACardForm, FindSchoolForm, OwnPasswordForm, SignInForm
from students.sign_in import door, finding, last_door

MOST_SCHOOLS = 10


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
    """Find the school by name or by the code on the card. It is posted, so that no URL holds it.

    A code leads on at once, unless it is also in the names of other schools: a child may mean one of those.
    """
    form = FindSchoolForm(request.POST or None)
    context = {"form": form, "last": last_door.remembered(request)}
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data["school"]
        found = list(finding.schools_meant(asked)[: MOST_SCHOOLS + 1])
        if len(found) == 1 and finding.is_code_of(asked, found[0]):
            return redirect("students:sign_in", found[0].code)
        context |= {"found": found[:MOST_SCHOOLS], "more": len(found) > MOST_SCHOOLS}
    return render(request, "students/find_school.html", context)


def at_a_door(view):
    """A page at the door of the school with the code in its address, which the browser remembers.

    Where no school has that code, the page to find one's school stands there; where the school does not share its
    students, a page that says so.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @never_cache
    @login_not_required
    @wraps(view)
    def wrapped(request, code):
        school = School.objects.with_door(code).first()
        if school is None:
            context = {"form": FindSchoolForm(), "last": last_door.remembered(request), "nowhere": True}
            return render(request, "students/find_school.html", context, status=404)
        closed = "students" in school.frozen
        response = render(request, "students/closed.html", {"school": school}) if closed else view(request, school)
        return last_door.remember(response, school)

    return wrapped


@sensitive_post_parameters("secret")
@at_a_door
def sign_in(request, school):
    """A school's sign-in page. A card's QR code leads here with the username behind `#`, which no server sees."""
    form = SignInForm(request.POST or None, school=school, shown=_shown(request, not school.students_choose_passwords))
    if request.method == "POST" and form.is_valid():
        user, seconds = door.knock(request, school, **form.cleaned_data)
        if user:
            return _enter(request, user)
        form.add_error(None, _wait(seconds) if seconds else _wrong(school))
    return render(request, "students/sign_in.html", {"school": school, "form": form})


def _shown(request, otherwise=False):
    """Whether secrets are shown as they are typed: as asked for by whoever has no JavaScript, or else `otherwise`."""
    return request.GET.get("show", str(int(otherwise))) == "1"


def _wrong(school):
    said = "That is not right. Look at your newest card: the username and the three words"
    if not school.students_choose_passwords:
        return f"{said}."
    return f"{said}, or your password. Have you chosen a password? Then the words do not work any more."


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


@at_a_door
def ask(request, school):
    """ "I cannot get in": the teacher is told. The answer is the same, whoever asks."""
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
    form = OwnPasswordForm(user, request.POST or None, shown=_shown(request))
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
    messages.success(request, "You are signed out.")
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
