"""The people behind the numbers of the parents' overview: whom the mail reaches in a class, and what one week's mails
came to. For leads and support."""

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classes.models import SchoolClass
from parents.mail import figures, preview
from parents.mail.letter import week_of
from parents.models import WeeklyMail
from parents.rules import rights
from schools.access.visits import for_lead_or_support
from schools.models import Task
from students.models import Student

MAILS_A_PAGE = 50


@for_lead_or_support(Task.LOOK)
@require_safe
@never_cache
def of_class(request, school, reason, pk):
    """Whom of this class does the mail reach, and why not the others?"""
    school_class = get_object_or_404(SchoolClass.objects.current().shown(), school=school, pk=pk)
    here = school_class.enrolments.current()
    students = list(Student.objects.current().filter(school=school, enrolments__in=here).in_order())
    standings = preview.standings(school, [student.pk for student in students])
    rows = [
        (student, [_sentence(row, school) for row in contacts], any(row.mailed for row in contacts))
        for student in students
        for contacts in [standings[student.pk]]
    ]
    context = {
        "school": school,
        "school_class": school_class,
        "rows": sorted(rows, key=lambda row: row[2]),  # who is not reached first, each part by name
        "reached": sum(is_reached for _, _, is_reached in rows),
        "not_now": preview.school_stands(school),
        "shares": rights.shares(school),
        "knows_court_orders": next(each.granted for each in rights.of(school)[0] if each.code == "court_order"),
    }
    return render(request, "parents/of_class.html", context)


def _sentence(row, school):
    """Why mail goes to a contact or not: "Ms Mercy Okoro (Mother) has no email address in SIMS."."""
    who = str(row.contact) or "Somebody without a name"
    whose = f" ({row.relationship})" if row.relationship else ""
    return school.in_its_words(f"{who}{whose} {row.why}.")


@for_lead_or_support(Task.LOOK)
@require_safe
@never_cache
def mails(request, school, reason):
    """To whom did a week's mails go, about whom, and what became of each? Of the newest week, where none is named."""
    state = request.GET.get("state", "")
    week = week_or_404(request.GET["week"]) if "week" in request.GET else figures.newest_week(school)
    rows = WeeklyMail.objects.of_week(school.pk, week.year, week.number) if week else WeeklyMail.objects.none()
    if state in WeeklyMail.State.values:
        rows = rows.filter(state=state)
    if {"contacts", "students"} & school.frozen.keys():
        rows = rows.none()
    page = Paginator(rows.order_by("state", "pk"), MAILS_A_PAGE).get_page(request.GET.get("page"))
    context = {"school": school, "page": page, "mails": figures.told(page), "week": week}
    return render(request, "parents/mails.html", context)


def week_or_404(text):
    """The week that an address or a button names: "2026-W41", or a day of it."""
    try:
        return week_of(date.fromisoformat(text))
    except ValueError as error:
        raise Http404 from error
