"""A sheet of login cards with new codes: the words are shown once, here."""

from itertools import groupby
from operator import attrgetter

from django.shortcuts import render

from classes.models import Enrolment
from schools.models import AuditEntry
from students.cards import codes
from students.cards.printed import cards


def print_cards(request, school, students, back, school_class=None, class_by_class=False):
    """Cards for `students` of `school`, of one class or, where that is None, of several. back: where the page leads.

    class_by_class: each class begins a new sheet, to be handed to its teacher; the students come in this order.
    """
    words = codes.renew(school, students, request.user)
    AuditEntry.objects.note(request.user, f"printed {len(students)} login cards of", school_class or school, school)
    stays = Enrolment.objects.current().filter(student__in=words).values_list("student_id", "school_class__name")
    made = cards(school, students, words, dict(stays))
    context = {
        "school": school,
        "school_class": school_class,
        "cards": made,
        "sheets": [list(of) for _, of in groupby(made, attrgetter("class_name"))] if class_by_class else [made],
        "lasts": codes.expiry(school),
        "back": back,
    }
    return render(request, "students/cards.html", context)
