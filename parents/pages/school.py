"""The lead's page about parents: who can be reached, which addresses to correct, and blocks."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Case, Value, When
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from parents.mail import figures, preview
from parents.models import Block, Contact, Guardianship, MailSettings, WeeklyMail
from parents.pages.reach import week_or_404
from parents.rules import blocks, choices, rights
from schools.access.visits import for_lead_or_support, only_for
from schools.locks import lock_school
from schools.marks import marks
from schools.models import AuditEntry, Task
from schools.models.named import like
from schools.sharing import keys
from schools.sharing.purposes import WEEKLY_MAIL
from schools.templatetags.words import count_of
from schools.web.ids import as_id
from students.models import Student

FOUND_SHOWN = 30
REASON_AT_LEAST, REASON_LENGTH = 4, 200


@for_lead_or_support(Task.LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request, school, reason):
    """Who does the weekly mail reach? By POST: find a student's parents, set or lift a block, let mail that did not get
    through go again."""
    found, asked = [], ""
    if request.method == "POST":
        only_for(school, Task.DECIDE)
        if "find" in request.POST:
            asked = request.POST["find"].strip()[:200]
            found = _links_of(school, asked) if rights.shares(school) else []
        else:
            (_write_again if {"again", "again_week"} & request.POST.keys() else _decide)(request, school)
            return redirect("parents:overview", school.code)
    shares = rights.shares(school)
    reach, wrong = figures.reach(school) if shares else ([], [])
    needed, read = rights.of(school)
    context = {
        "school": school,
        "is_off": not keys.is_on(school, WEEKLY_MAIL),
        "rights": needed,
        "read": read,
        "settings": MailSettings.objects.filter(school=school).first(),
        "not_now": preview.school_stands(school),
        "reach": reach,
        "wrong": [contact for contact in wrong if contact.address],
        "bounced": [contact for contact in wrong if contact.bounced],
        "stopped": figures.stopped(school) if shares else [],
        "without": [contact for contact in wrong if not contact.address],
        "weeks": figures.weeks(school),
        "no_priority": figures.without_priority(school) if shares else 0,
        "blocks": Block.objects.standing().filter(school=school).select_related("student", "made_by"),
        "asked": asked,
        "found": found[:FOUND_SHOWN],
        "more": len(found) > FOUND_SHOWN,
    }
    return render(request, "parents/overview.html", context)


def _links_of(school, asked):
    """Current links of students, parents and carers called `asked`, one more than is shown; what is typed stays out of
    the URL."""
    students = Student.objects.current().filter(school=school)
    links = Guardianship.objects.current().filter(school=school, student__in=students, contact__left_at=None)
    called = like(asked, "student__sort_name") | like(asked, "contact__sort_name")
    just_so = like(asked, "student__sort_name", whole=True) | like(asked, "contact__sort_name", whole=True)
    closest = Case(When(just_so, then=Value(0)), default=Value(1))
    found = links.filter(called).select_related("student", "contact")
    return list(found.order_by(closest, "student__sort_name", "contact__sort_name", "pk")[: FOUND_SHOWN + 1])


@transaction.atomic
def _decide(request, school):
    """Set a block on the link `block`, for a court order, or lift the block `lift`."""
    lock_school(school.pk)
    if blocked := as_id(request.POST.get("block", "")):
        links = Guardianship.objects.current().select_related("student__school", "contact")
        link = get_object_or_404(links, school=school, pk=blocked)
        blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER, by=request.user)
        AuditEntry.objects.note(request.user, "blocked", link.contact, school, Block.Cause.COURT_ORDER)
        messages.success(request, "Blocked. Nothing is sent to them about this student, from now on.")
    elif lifted := as_id(request.POST.get("lift", "")):
        row = get_object_or_404(Block.objects.standing(), school=school, pk=lifted)
        blocks.lift(row)
        AuditEntry.objects.note(request.user, "lifted", row, school)
        messages.success(request, "Lifted. The contact comes back with the next sync, if the MIS still has them.")


def _write_again(request, school):
    """Let mail go again to the contact `again`, or to everyone the mail of the week `again_week` did not reach.
    Never against a parent's wishes."""
    reason = " ".join(request.POST.get("reason", "").split())[:REASON_LENGTH]
    if len(reason) < REASON_AT_LEAST:
        messages.error(request, "Say why mail may go there again, in a few words; then press the button once more.")
        return
    if again := as_id(request.POST.get("again", "")):
        about = get_object_or_404(Contact.objects.current(), school=school, pk=again)
        found = marks().addresses(school.pk, about.email)
    else:
        week, about = week_or_404(request.POST.get("again_week", "")), school
        mails = WeeklyMail.objects.came_to_nothing().of_week(school.pk, week.year, week.number)
        found = set(mails.values_list("address_mark", flat=True))
        reason = f"{week}: {reason}"
    number = choices.write_again(school.pk, found)
    AuditEntry.objects.note(request.user, "let mail go again", about, school, reason)
    messages.success(request, f"Mail goes again to {count_of(number, 'address,addresses')}.")
