"""The first page of support's desk: what needs a person."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from classes.models import ImportRequest
from schools.access import rights
from schools.desk.site import SupportSite
from schools.models import School, Task
from sync.models import Hold, Need, SyncRun
from sync.needs import queue
from sync.needs.states import STATES

SHOWN = 10  # of each list; the rest is a click away
A_NIGHT = timedelta(hours=24)


class Desk(SupportSite):
    """Opens on what needs a person; the lists of everything there is are a page of their own."""

    def get_urls(self):
        return [path("lists/", self.admin_view(self.lists), name="lists"), *super().get_urls()]

    def index(self, request, extra_context=None):
        user = request.user
        context = {
            "title": "What needs a person",
            "number": School.objects.supported_by(user).count(),
            "everywhere": any(user.support_tasks.values()),
            **_schools(user),
            **_requests(user),
            **_nights(user),
        }
        return TemplateResponse(request, "admin/index.html", self.each_context(request) | context)

    def lists(self, request):
        """Every list that is open to whoever looks."""
        context = self.each_context(request) | {"title": "All lists", "app_list": self.get_app_list(request)}
        return TemplateResponse(request, "admin/app_index.html", context)


def _schools(user):
    """The schools that need a person, the most urgent first, and how many there are for each state."""
    mine = School.objects.supported_by(user)
    needy = Need.objects.filter(code__in=STATES).values("school")
    ranked = queue.with_rank(School.objects.for_support(user).filter(pk__in=needy)).prefetch_related("needs")
    shown = rights.with_tasks(user, ranked.order_by("rank", "name", "pk")[:SHOWN])
    for school in shown:
        school.waiting = [(each, each.address(school)) for each in queue.in_order(school, school.needs.all())]
    return {
        "schools": shown,
        "needy": mine.filter(pk__in=needy).count(),
        "states": queue.by_state(mine),
    }


def _requests(user):
    """The requests about classes that wait, the oldest first; None for whoever answers none."""
    if not rights.anywhere(user, Task.REQUESTS):
        return {"requests": None}
    waiting = rights.within(ImportRequest.objects.waiting(), user, Task.REQUESTS)
    return {
        "requests": waiting.with_classes().order_by("asked_at", "pk")[:SHOWN],
        "requests_waiting": waiting.count(),
    }


def _nights(user):
    """The last sync of each school within a day, where it was not finished or what it held still waits, newest first;
    None for whoever may not look. A night that was put right since is not in it."""
    if not rights.anywhere(user, Task.LOOK):
        return {"nights": None}
    lately = SyncRun.objects.filter(started_at__gte=timezone.now() - A_NIGHT)
    last = lately.order_by("school_id", "-started_at", "-pk").distinct("school_id").values("pk")
    open_holds = Hold.objects.listed().undecided().filter(school=OuterRef("school"))
    went_wrong = Q(status__in=[SyncRun.Status.REFUSED, SyncRun.Status.FAILED]) | (
        Q(status=SyncRun.Status.APPLIED) & Exists(open_holds)
    )
    wrong = rights.within(SyncRun.objects.filter(went_wrong, pk__in=last), user, Task.LOOK)
    shown = wrong.select_related("school").order_by("-started_at", "-pk")[:SHOWN]
    return {"nights": shown, "nights_wrong": wrong.count()}
