"""The API's own site map: /api/v1/. Anything not on it is refused with a problem document, not a page."""

import sys

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from classes.api import ClassViewSet, EnrolmentViewSet, TeachingViewSet
from schools.api import EmployeeViewSet, SchoolViewSet, problem
from schools.pages import home
from schools.rest.problems import AWAY, OUR_FAULT, plain
from schools.web import outages
from schools.web.context_processors import on_error
from students.api import DetailsViewSet, ProgressView, StudentViewSet
from sync.api import ChangesView, RunView, SyncView

app_name = "api"
PATH = "/api/"

router = SimpleRouter()
router.register("schools", SchoolViewSet, basename="school")
router.register("classes", ClassViewSet, basename="class")
router.register("students", StudentViewSet, basename="student")
router.register("details", DetailsViewSet, basename="details")
router.register("employees", EmployeeViewSet, basename="employee")
router.register("enrolments", EnrolmentViewSet, basename="enrolment")
router.register("teachings", TeachingViewSet, basename="teaching")


@csrf_exempt
@login_not_required
def nothing_here(request, *args, **kwargs):
    hint = "" if request.path.endswith("/") else " Addresses of the API end with a slash."
    return plain("not-found", f"The API has no such address.{hint}")


@require_safe
@login_not_required
def docs(request):
    """The operations, for anybody to read; drawn in the browser from the schema, with files of our own."""
    return render(request, "api/docs.html")


urlpatterns = [
    *router.urls,
    path("changes/", ChangesView.as_view(), name="changes"),
    path("progress/", ProgressView.as_view(), name="progress"),
    re_path(r"^schools/(?P<pk>[1-9][0-9]{0,17})/sync/$", SyncView.as_view(), name="sync"),
    path("runs/<uuid:pk>/", RunView.as_view(), name="run"),
    path("schema/", SpectacularJSONAPIView.as_view(throttle_classes=[]), name="schema"),
    path("docs/", docs, name="docs"),
    path("problems/<slug:slug>/", problem, name="problem"),
    re_path(r"^", nothing_here),
]


def bad_request(request, exception):
    """For errors before any view: an unknown host, a body that is too large."""
    if request.path.startswith(PATH):
        return plain("bad-input", "The request could not be read.")
    return render(None, "400.html", on_error(), status=400)


def server_error(request):
    """For what no view has caught, wherever it was raised: the session, `request.user`, a template, a middleware."""
    is_outage = outages.is_outage(sys.exception())
    if request.path.startswith(PATH):
        return plain(*(AWAY if is_outage else OUR_FAULT))
    return outages.page() if is_outage else home.server_error(request)
