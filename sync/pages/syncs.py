"""A school's syncs: all of them, one person by person, and what those will do at which the year or the MIS changes."""

from datetime import date

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from classes.models import SchoolClass
from parents.models import Contact
from schools.access.visits import for_lead_or_support
from schools.models import Employee, LeadRight, Task
from students.models import Student
from sync.engine.roster import SETTLING
from sync.engine.undo import BROUGHT_BACK, can_undo_all
from sync.models import AnnouncedMove, Change, ChangeOfMis, SyncRun
from sync.rules.policy import academic_year, top_year, year_is_over
from sync.wording.syncs import by_person, ledger, whom
from sync.wording.syncs.history import RunFilter, chart, groups, steps

RUNS_A_PAGE = 30
PEOPLE_A_PAGE = 100


def told(runs):
    """Runs, each with what it did in a few words."""
    short = by_person.in_short(runs)
    return [(run, short.get(run.pk, [])) for run in runs]


@for_lead_or_support(Task.LOOK)
@require_safe
def history(request, school, reason):
    """Every sync we still have, newest first, or those asked for."""
    shown = RunFilter.asked(request)
    runs = SyncRun.objects.filter(school=school).select_related("asked_by").order_by("-started_at", "-pk")
    page = Paginator(shown.apply(runs, school.zone), RUNS_A_PAGE).get_page(request.GET.get("page"))
    context = {"school": school, "page": page, "runs": told(page), "shown": shown, "chart": chart(school)}
    return render(request, "sync/history.html", context)


@for_lead_or_support(Task.LOOK)
@require_safe
def run(request, school, reason, pk):
    """What happened in one sync, to whom, why, and who decided it?"""
    run = get_object_or_404(SyncRun.objects.select_related("asked_by", "undone"), school=school, pk=pk)
    everybody, group = whom.lines(run.changes), request.GET.get("group", "")
    those = [line for line in everybody if line.group == group] if group in whom.GROUPS else everybody
    page = Paginator(those, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "school": school,
        "run": run,
        "decided": by_person.decided(run),
        "ledger": ledger.lines(run.ledger),
        "page": page,
        "told": by_person.tell(run.changes, page.object_list),
        "total": len(everybody),
        "group": group,
        "groups": groups(everybody),
        "steps": steps(run),
        "removals": run.changes.filter(verb=Change.Verb.REMOVE, cause__in=BROUGHT_BACK).exists(),
        "is_latest": can_undo_all(run),
    }
    return render(request, "sync/run.html", context)


@for_lead_or_support(Task.LOOK)
@require_safe
def september(request, school, reason):
    """What will happen when the school year turns, when, and who will be asked?"""
    of_sync, today = school.sync_settings, timezone.localdate(timezone=school.zone)
    year = academic_year(today, of_sync.year_starts)
    students = Student.objects.current().filter(school=school)
    top = top_year(students.order_by().values_list("year_group", flat=True).distinct())
    context = {
        "school": school,
        "starts": date.fromisoformat(f"{year + 1}-{of_sync.year_starts}"),
        "ends": _end(year, of_sync),
        "is_over": year_is_over(today, of_sync.year_starts, of_sync.year_ends),
        "waits": "rollover" in of_sync.to_confirm,
        "classes": SchoolClass.objects.current().filter(school=school).count(),
        "students": students.count(),
        "top": top,
        "leavers": students.filter(year_group=top).count() if top else 0,
        "settling": SETTLING.days,
        "leads": LeadRight.objects.filter(school=school).with_names(),
    }
    return render(request, "sync/september.html", context)


def _end(year, sync_settings):
    """The last school day of the academic year that began in the year `year`; None where the school has not said."""
    if not sync_settings.year_ends:
        return None
    ends_later = sync_settings.year_ends < sync_settings.year_starts
    return date.fromisoformat(f"{year + ends_later}-{sync_settings.year_ends}")


@for_lead_or_support(Task.LOOK)
@require_safe
def changing_mis(request, school, reason):
    """What will happen when the school changes its MIS, what will be asked, and what can be put right before?"""
    students = Student.objects.current().filter(school=school)
    staff = Employee.objects.current().filter(school=school)
    context = {
        "school": school,
        "waits": "change_of_mis" in school.sync_settings.to_confirm,
        "announced": AnnouncedMove.objects.to_tell(school),
        "students": students.count(),
        "with_upn": students.exclude(upn="").count(),
        "staff": staff.count(),
        "with_address": staff.exclude(email="").count(),
        "classes": SchoolClass.objects.current().filter(school=school).count(),
        "contacts": Contact.objects.shown().current().filter(school=school).count(),
        "before": ChangeOfMis.objects.filter(school=school, run__isnull=False).select_related("run").order_by("-at"),
        "leads": LeadRight.objects.filter(school=school).with_names(),
    }
    return render(request, "sync/changing_mis.html", context)
