"""The guide for schools on PASS and 3sys: eight steps, each a page, after which Wonde can read the MIS.

Leads and whoever may agree for the school act; support reads how far it is. The client secret comes in by one form and
is shown by one answer to a POST: it is in no address, message, session or form that is shown again.
"""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from schools.access.visits import for_lead_or_support
from schools.models import Task
from sync.guide import hidden, outcome, steps, typed
from sync.models import Access
from sync.pages.wcbs.forms import SchoolIdForm, ValuesForm
from sync.people.questions import is_unchanged
from sync.rules.wcbs import is_wcbs
from sync.tasks import queue_check
from sync.wording import access


@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_safe
def overview(request, school, reason):
    """Which of the eight steps are done, and which is next?"""
    if school.revoked_at:
        return redirect("sync:revoked", school.code)
    found = _steps(school, typed.of(school))
    context = {"school": school, "steps": found, "next": steps.next_of(found), "is_wcbs": is_wcbs(school.mis)}
    return render(request, "sync/wcbs/overview.html", context)


@never_cache
@sensitive_post_parameters("client_secret")
@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request, school, reason, key):
    """One of the steps. By POST: do what it is about."""
    if key not in steps.STEPS:
        raise Http404
    if school.revoked_at:
        return redirect("sync:revoked", school.code)
    may_act = school.leads_here or school.authorises_here
    if request.method == "POST":
        act = ACTS.get((key, request.POST.get("do")))
        if not (may_act and act):
            raise Http404
        try:
            return act(request, school)
        except typed.NotDoneError as error:
            messages.error(request, str(error))
            return redirect("sync:wcbs_step", school.code, key)
    row = typed.of(school)
    if is_unchanged(request, row):
        return HttpResponse(status=204)
    return _page(request, school, key, row)


def _page(request, school, key, row, **more):
    found = _steps(school, row)
    here = next(index for index, each in enumerate(found) if each.key == key)
    context = {
        "school": school,
        "row": row,
        "may_act": school.leads_here or school.authorises_here,
        "here": found[here],
        "before": found[here - 1] if here else None,
        "after": found[here + 1] if here + 1 < len(found) else None,
        "steps": found,
        "wonde": steps.WONDE,
        **PAGES.get(key, _nothing)(school, row),
        **more,
    }
    return render(request, f"sync/wcbs/{key.replace('-', '_')}.html", context)


def _steps(school, row):
    return steps.of_school(school, row, Access.objects.filter(school=school).first())


def _nothing(school, row):
    return {}


def _third_party(school, row):
    return {"third_party": steps.THIRD_PARTY}


def _values(school, row):
    known = {"address": row.base, "client_id": row.client_id} if row else {}
    told = outcome.told(row) if row and row.outcome else None
    return {"form": ValuesForm(initial=known), "told": told, "free_at": row and row.free_at(timezone.now())}


def _school_id(school, row):
    return {
        "form": SchoolIdForm(initial={"school_id": row.id_there if row else ""}),
        "found": row.found if row else [],
    }


def _consent(school, row):
    read_at, rows = hidden.of_school(school)
    return {"read_at": read_at, "hidden": rows, "stands_alone": is_wcbs(school.mis) and read_at is not None}


def _connected(school, row):
    return {"access": access.told(school), "is_wcbs": is_wcbs(school.mis)}


PAGES = {
    "third-party": _third_party,
    "four-values": _values,
    "school-id": _school_id,
    "consent": _consent,
    "connected": _connected,
}


@sensitive_variables("form")
def _check(request, school):
    form = ValuesForm(request.POST)
    if not form.is_valid():
        return _page(request, school, "four-values", typed.of(school), form=form)
    with transaction.atomic():
        row = typed.keep(school, request.user, form.typed)
        queue_check(row)
    return redirect("sync:wcbs_step", school.code, "four-values")


def _check_again(request, school):
    with transaction.atomic():
        queue_check(typed.check_again(school, request.user))
    return redirect("sync:wcbs_step", school.code, "four-values")


def _choose(request, school):
    form = SchoolIdForm(request.POST)
    if not form.is_valid():
        return _page(request, school, "school-id", typed.of(school), form=form)
    typed.choose(school, form.cleaned_data["school_id"])
    return redirect("sync:wcbs_step", school.code, "hand-over")


@sensitive_variables("secret")
def _show(request, school):
    secret = typed.show(school, request.user)
    return _page(request, school, "hand-over", typed.of(school), secret=secret)


def _hand_over(request, school):
    typed.hand_over(school, request.user)
    messages.success(request, "Noted. The client secret is wiped here within a day.")
    return redirect("sync:wcbs_step", school.code, "consent")


def _wipe(request, school):
    typed.wipe(school, request.user)
    messages.success(request, "The client secret is wiped.")
    return redirect("sync:wcbs_step", school.code, "hand-over")


ACTS = {  # what a button of a step does: (step, `do`)
    ("four-values", "check"): _check,
    ("four-values", "again"): _check_again,
    ("school-id", "choose"): _choose,
    ("hand-over", "show"): _show,
    ("hand-over", "handed"): _hand_over,
    ("hand-over", "wipe"): _wipe,
}
