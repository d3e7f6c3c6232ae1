"""The lead's page about parents: who can be reached, which addresses to correct, and blocks."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from parents import blocks, figures, preview
from parents.models import Block, Guardianship, MailSettings
from schools.models import AuditEntry
from schools.names import words
from students.models import Student
from sync.locks import lock_school
from sync.visits import for_lead_or_support

FOUND_SHOWN = 30


@for_lead_or_support
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request, school, reason):
    """Whom does the weekly mail reach? By POST: find a student's parents, set a block, lift one."""
    found, asked = [], ""
    if request.method == "POST":
        if "find" in request.POST:
            asked = request.POST["find"].strip()[:200]
            found = _links_of(school, asked)
        else:
            _decide(request, school)
            return redirect("parents:overview", school.code)
    frozen = "contacts" in school.frozen
    reach, wrong = ([], []) if frozen else figures.reach(school)
    context = {
        "school": school,
        "settings": MailSettings.objects.filter(school=school).first(),
        "not_now": preview.school_stands(school),
        "reach": reach,
        "wrong": [contact for contact in wrong if contact.address],
        "without": [contact for contact in wrong if not contact.address],
        "weeks": figures.weeks(school),
        "no_priority": 0 if frozen else figures.without_priority(school),
        "blocks": Block.objects.standing().filter(school=school).select_related("student", "made_by"),
        "asked": asked,
        "found": [] if frozen else found,
    }
    return render(request, "parents/overview.html", context)


def _links_of(school, asked):
    """Current links of students whose name has every word of `asked`; what is typed stays out of the address."""
    students = Student.objects.current().filter(school=school)
    parts = words(asked)
    for part in parts:
        students = students.filter(sort_name__icontains=part)
    links = Guardianship.objects.current().filter(school=school, student__in=students, contact__left_at=None)
    ordered = links.select_related("student", "contact").order_by("student__sort_name", "contact__sort_name", "pk")
    return list(ordered[:FOUND_SHOWN]) if parts else []


@transaction.atomic
def _decide(request, school):
    """Set a block on the link `block`, for a court order, or lift the block `lift`."""
    lock_school(school.pk)
    if request.POST.get("block", "").isdecimal():
        links = Guardianship.objects.current().select_related("student__school", "contact")
        link = get_object_or_404(links, school=school, pk=request.POST["block"])
        blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER, by=request.user)
        AuditEntry.objects.note(request.user, "blocked", link.contact, school, Block.Cause.COURT_ORDER)
        messages.success(request, "Blocked. Nothing is sent to them about this student, from now on.")
    elif request.POST.get("lift", "").isdecimal():
        row = get_object_or_404(Block.objects.standing(), school=school, pk=request.POST["lift"])
        blocks.lift(row)
        AuditEntry.objects.note(request.user, "lifted", row, school)
        messages.success(request, "Lifted. The contact comes back with the next reading, if the MIS still has them.")
