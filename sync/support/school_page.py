"""One school on support's desk: how it stands, and finding somebody there."""

from django.contrib import admin
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from classes.models import SchoolClass
from parents.models import Contact
from schools.access import looking, rights
from schools.desk.asking import ask_reason
from schools.models import AuditEntry, Employee, LeadRight, School, Task
from schools.text.names import Search, listed
from schools.web import searches
from students.models import Student
from sync.models import Stop
from sync.pages.school import standing

# Who and what is found at a school, in this order.
KINDS = {Student: "Students", SchoolClass: "Classes", Employee: "Staff", Contact: "Parents and carers"}
SHOWN = 20  # of each kind; more than this: ask for more of the name


@require_safe
def overview(request, school):
    """Does anything need a person, how old is the data, who leads it? It names nobody but its leads, so it asks for no
    reason."""
    school = framed(request, school)
    leads = LeadRight.objects.filter(school=school).select_related("user", "granted_by").order_by("granted_at")
    context = frame(request, school, school.name) | standing(school) | {"leads": leads}
    context["stop"] = Stop.objects.of_freeze().filter(school=school).first() if school.revoked_at else None
    return TemplateResponse(request, "admin/school.html", context)


def find(request, school):
    """Students, classes, staff, parents and carers of one school, by what each of their lists finds.

    What is typed is posted, and opens under a key. That somebody searched is noted, as the leads read; not for whom.
    """
    school = framed(request, school)
    if Task.LOOK not in school.tasks:
        raise Http404
    if request.method == "POST" and "search_for" in request.POST:
        AuditEntry.objects.note(request.user, "searched for somebody", school, school)
        key = searches.remember(request.user, request.POST["search_for"])
        return redirect(f"{request.path}?q={key}")
    if not looking.reason(request, school):
        return ask_reason(request, school)
    text = searches.recall(request.user, request.GET["q"]) if "q" in request.GET else ""
    found = _found(request, school, text)
    if only := _only_one(text, found):
        return redirect(only.address)
    context = frame(request, school, "Find") | {"text": text or "", "is_forgotten": text is None, "found": found}
    return TemplateResponse(request, "admin/find.html", context)


def _found(request, school, text):
    """[(what they are called, rows)] of each kind with somebody called `text`; also those who have left."""
    found = []
    for model, called in KINDS.items() if text else ():
        desk = admin.site.get_model_admin(model)
        rows, _ = desk.get_search_results(request, desk.get_queryset(request).filter(school=school), text)
        rows = list(rows.closest_first(text)[: SHOWN + 1])
        for row in rows:
            row.said = row.name if model is SchoolClass else listed(row)
            row.address = _address(row)
        if rows:
            found.append((called, rows))
    return found


def _address(row):
    """A student has one page, whoever opens it; the others have theirs on the desk."""
    if isinstance(row, Student):
        return reverse("students:detail", args=[row.pk])
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _only_one(text, found):
    """The row that is all that was found, and not merely by the beginnings of a name; else None."""
    rows = [row for _, rows in found for row in rows]
    return rows[0] if len(rows) == 1 and not Search(text).only_begins(rows[0].sort_name) else None


def framed(request, school):
    """With what a page's frame needs, and the viewer's `tasks`; a 404 for a school they hold no right for."""
    framed = school and School.objects.for_support(request.user).filter(pk=school.pk).first()
    if not framed:
        raise Http404
    framed.tasks, framed.leads_here = rights.tasks_at(request.user, framed), False  # on the desk they are support
    return framed


def frame(request, school, title):
    return admin.site.each_context(request) | {"school": school, "title": title}
