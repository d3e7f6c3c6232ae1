"""Who may open a school's own pages: its leads, and support with the right and a reason, which is noted."""

from functools import wraps

from django.dispatch import Signal
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse

from schools.access import looking, rights
from schools.auth import gave_second_factor
from schools.models import School

acted = Signal()  # sent by a `School`, after a lead or support did something on one of its pages


def for_lead_or_support(task, or_authoriser=False, or_ended=False):
    """A page for the leads of a school and for support with `task` there, and perhaps for its authorisers; a 404 for
    everybody else. The view gets `school` and `reason` instead of the school's short code. or_ended: support opens it
    at a school that has ended our access, too.

    A lead needs no reason; support is asked for one, once an hour for each school, as in the admin. `school.tasks` is
    what the visitor may do here: a lead may do everything, an authoriser nothing but what the page is for.
    """

    def decorate(view):
        def answer(request, school, reason, rest):
            answered = view(request, school=school, reason=reason, **rest)
            if request.method == "POST":
                acted.send(School, school=school)
            return answered

        @wraps(view)
        def opened(request, code, **rest):
            school = School.objects.for_portal(request.user).filter(leads_here=True, code=code).first()
            if school:
                school.tasks = rights.tasks_of_lead(school)
                return answer(request, school, "", rest)
            if or_authoriser and (school := School.objects.authorised_by(request.user).filter(code=code).first()):
                school.tasks = frozenset()
                return answer(request, school, "", rest)
            if School.objects.notices_for(request.user).filter(code=code).exists():
                return redirect("sync:revoked", code)
            school = _visited(request, code, task)
            if school is None:
                raise Http404
            if school.revoked_at and not or_ended:
                return redirect("sync:revoked", code)
            school.tasks = rights.tasks_at(request.user, school)
            reason = looking.reason(request, school)
            return answer(request, school, reason, rest) if reason else _ask_reason(request, school)

        return opened

    return decorate


def only_for(school, task):
    """Raises Http404 if the visitor may look at the page but not do this on it."""
    if task not in school.tasks:
        raise Http404


def _visited(request, code, task):
    user = request.user
    if not (user.is_authenticated and user.is_staff and gave_second_factor(request)):
        return None
    return School.objects.for_support(user, task).filter(code=code).first()


def _ask_reason(request, school):
    form = looking.ask(request, school)
    if form is None:
        return redirect(looking.goes_on_to(request, reverse("admin:schools_school_change", args=[school.pk])))
    return render(request, "sync/visit.html", {"school": school, "form": form})
