"""A sheet of login cards with new codes: the words are shown once, here."""

from django.shortcuts import render

from classes.models import Enrolment
from schools.models import AuditEntry
from students.cards import codes
from students.cards.printed import cards


def print_cards(request, school, students, back, school_class=None):
    """Cards for `students` of `school`, of one class or, where that is None, of several. back: where the page leads."""
    words = codes.renew(school, students, request.user)
    AuditEntry.objects.note(request.user, f"printed {len(students)} login cards of", school_class or school, school)
    stays = Enrolment.objects.current().filter(student__in=words).values_list("student_id", "school_class__name")
    context = {
        "school": school,
        "school_class": school_class,
        "cards": cards(school, students, words, dict(stays)),
        "lasts": codes.expiry(school),
        "back": back,
    }
    return render(request, "students/cards.html", context)
