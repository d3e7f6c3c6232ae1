"""Why is this student, class or member of staff not here? For leads, and for support from the admin; of a student they
teach also for teachers, without Wonde being asked."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from msgspec import convert

from schools.access.visits import for_lead_or_support
from schools.models import School, Task
from students.models import Student
from sync.models import Question
from sync.people import questions
from sync.tasks import ask_wonde
from sync.why.explain import Explanation, hidden_kinds


class WhyForm(forms.Form):
    who = forms.CharField(
        max_length=100,
        min_length=2,
        label="Whom or what are you looking for?",
        help_text="The name of a student, a class or a member of staff; or a UPN or a Wonde id. "
        "It is looked up in Wonde now, which takes a few seconds, and forgotten after ten minutes.",
        error_messages={"required": "Type a name, a UPN or a Wonde id.", "min_length": "Type at least two letters."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "spellcheck": "false"}),
    )


@sensitive_post_parameters("who")
@for_lead_or_support(Task.LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def why(request, school, reason):
    """A search by POST; its answer opens under a random key, so that no name comes into an address."""
    if request.method == "POST":
        form = WhyForm(request.POST)
        if form.is_valid():
            asked = {"who": form.cleaned_data["who"]}
            question = ask_wonde(request, Question.What.WHY, asked, school=school, reason=reason)
            return redirect(f"{request.path}?q={question.pk}")
        return render(request, "sync/why.html", {"school": school, "form": form, "support": bool(reason)})
    question = questions.find(request, Question.What.WHY, school=school, reason=reason)
    if questions.is_unchanged(request, question):
        return HttpResponse(status=204)
    context = {
        "school": school,
        "form": WhyForm(initial=question.asked) if question else WhyForm(),
        "support": bool(reason),
        "question": question,
        "here": questions.address(request, question),
        "is_forgotten": question is None and "q" in request.GET,
        "told": told(question, school, reason),
    }
    return render(request, "sync/why.html", context)


def told(question, school, reason):
    """The answer, without what may not be told any more since it was given; None while there is none."""
    if question is None or question.answer is None:
        return None
    return convert(question.answer, Explanation).without(hidden_kinds(school, reason))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def why_student(request, code, pk):
    """What became of one student: at once and from what we hold. Leads and support may have Wonde asked."""
    school = School.objects.for_portal(request.user).filter(code=code, leads_here=False).first()
    if school is None:
        return _for_lead_or_support(request, code, pk=pk)
    student = get_object_or_404(Student.objects.remembered_by(request.user), school=school, pk=pk)
    return render(request, "sync/why_student.html", {"school": school, "student": student})


@for_lead_or_support(Task.LOOK)
def _for_lead_or_support(request, school, reason, pk):
    student = get_object_or_404(Student.objects.shown(), school=school, pk=pk)
    return render(request, "sync/why_student.html", {"school": school, "student": student, "support": bool(reason)})
