"""Requests, counted by view and never by path, so that no label says who was looked at.

Under gunicorn each process writes what it counts into the folder that PROMETHEUS_MULTIPROC_DIR names, which
`config.web` makes, and whichever is asked adds them up; a single process keeps its counts in memory.
"""

import os
import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector

from config.middleware import METHODS

OTHER = "other"  # whoever asks chooses the word
NO_VIEW = "none"  # static files, redirects to https, addresses that do not exist
TOGETHER = "PROMETHEUS_MULTIPROC_DIR" in os.environ

disable_created_metrics()
REQUESTS = Counter("rollbook_requests", "Requests answered.", ["view", "method", "status"], registry=None)
SECONDS = Histogram(
    "rollbook_request_seconds",
    "Seconds until an answer began.",
    ["view"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=None,
)


def requests_by_view(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before all that can answer a request; without METRICS_TOKEN nobody asks, and nothing is counted."""
    if not settings.METRICS_TOKEN:
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else NO_VIEW
        method = request.method if request.method in METHODS else OTHER
        REQUESTS.labels(view, method, f"{response.status_code // 100}xx").inc()
        SECONDS.labels(view).observe(time.perf_counter() - began)
        return response

    return middleware


def show(registry: CollectorRegistry) -> None:
    """Have `registry` tell what was counted, of every process that serves the site here."""
    if TOGETHER:
        MultiProcessCollector(registry)
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
