"""Why is this student, class or member of staff not here? For leads, and for support from the admin; of a student they
teach also for teachers, without Wonde being asked."""

from dataclasses import replace

from django import forms
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from msgspec import convert

from schools.access.visits import for_lead_or_support
from schools.models import AuditEntry, School, Task
from schools.web.ids import as_id
from students.models import Student
from sync.models import Question
from sync.people import questions
from sync.tasks import ask_wonde
from sync.why import parents, timeline
from sync.why.explain import Explanation, hidden_kinds
from sync.why.student import of_student, signs_in


class WhyForm(forms.Form):
    who = forms.CharField(
        max_length=100,
        min_length=2,
        label="Whom or what are you looking for?",
        help_text="The name of a student, a class or a member of staff; or a username, a UPN or a Wonde id. It "
        " is looked up in Wonde now, which takes a few seconds, and forgotten after ten minutes.",
        error_messages={
            "required": "Type a name, a username, a UPN or a Wonde id.",
            "min_length": "Type at least two letters.",
        },
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
    explanation = told(question, school, reason)
    context = {
        "school": school,
        "form": WhyForm(initial=question.asked) if question else WhyForm(),
        "support": bool(reason),
        "question": question,
        "here": questions.address(request, question),
        "is_forgotten": question is None and "q" in request.GET,
        "told": explanation,
        "reply_label": "A reply to send to the school" if reason else "To pass on",
        **_opened(request, explanation),
    }
    return render(request, "sync/why.html", context)


def _opened(request, explanation):
    """The answer that is told in full: the one that was chosen (`?match=`), or the first where no other is as close.
    others: those to choose from, as (place, answer); hidden: where nobody was found, how many may be hidden from us."""
    answers = explanation.answers if explanation else []
    if answers and answers[0].found is None:
        return {"opened": answers[0], "hidden": answers[1:]}
    match = as_id(request.GET.get("match", ""))
    alone = len(answers) == 1 or (answers and answers[0].is_exact and not answers[1].is_exact)
    opened = match if match is not None and match < len(answers) else 0 if alone else None
    others = [(place, answer) for place, answer in enumerate(answers) if place != opened]
    return {"opened": answers[opened] if opened is not None else None, "others": others}


def told(question, school, reason):
    """The answer, without what may not be told any more since it was given; None while there is none."""
    if question is None or question.answer is None:
        return None
    return convert(question.answer, Explanation).without(hidden_kinds(school, reason))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def why_student(request, code, pk):
    """What became of one student: at once, and from what we hold. Leads and support see the parents too, and may have
    Wonde asked by POST."""
    school = School.objects.for_portal(request.user).filter(code=code, leads_here=False).first()
    if school is None:
        return _student_for_lead_or_support(request, code, pk=pk)
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    student = get_object_or_404(Student.objects.remembered_by(request.user).with_signin(), school=school, pk=pk)
    looks_after = Student.objects.signin_by(request.user).filter(pk=pk).exists()
    events = timeline.of_student(student, school, signing_in=looks_after)
    context = _of_student(student, school, looks_after) | {"events": [replace(event, why="") for event in events]}
    return render(request, "sync/why_student.html", context)


@for_lead_or_support(Task.LOOK)
def _student_for_lead_or_support(request, school, reason, pk):
    student = get_object_or_404(Student.objects.shown().kept().with_signin(), school=school, pk=pk)
    if request.method == "POST":
        question = ask_wonde(request, Question.What.WHY, {"student": pk}, school=school, reason=reason)
        return redirect(f"{request.path}?q={question.pk}")
    question = questions.find(request, Question.What.WHY, school=school, reason=reason)
    explanation = told(question, school, reason)
    live = explanation.about("students", pk) if explanation else None
    if question and live is None and question.asked.get("student") != pk:
        question = None
    if questions.is_unchanged(request, question):
        return HttpResponse(status=204)
    if reason and question is None:
        AuditEntry.objects.note(request.user, "asked why", student, school, reason)
    context = _of_student(student, school, looks_after=True) | {
        "events": timeline.of_student(student, school),
        "for_all": True,
        "support": bool(reason),
        "parents": parents.of_student(student, school),
        "question": question,
        "here": questions.address(request, question),
        "live": live if live and not explanation.problem else None,
    }
    if context["live"]:
        context["who"] = school.in_its_words(live.reason.who)
    return render(request, "sync/why_student.html", context)


def _of_student(student, school, looks_after):
    """What everybody who may ask about a student is told; of signing in, whoever looks after it."""
    held = of_student(student, school)
    return {
        "school": school,
        "student": student,
        "held": held,
        "who": school.in_its_words(held.who),
        "signs_in": signs_in(student, school) if looks_after else None,
        "has_page": student.left_at is None and (school.works_here or school.leads_here),
    }
