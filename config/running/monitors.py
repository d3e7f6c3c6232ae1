"""What monitors ask a web process.

It is answered before anything else looks at the request: under any host name (a probe asks by IP address), without a
session and without a line in the log.
"""

from collections.abc import Callable
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound

from config.running import health, metrics

Answer = Callable[[HttpRequest], HttpResponse]


def monitors(get_response: Answer) -> Answer:
    """Middleware, the first of all: answers `ANSWERS`, and passes on everything else."""

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = ANSWERS.get(request.path_info)
        if answer is None:
            return get_response(request)
        response = answer(request) if request.method in {"GET", "HEAD"} else HttpResponseNotAllowed(["GET", "HEAD"])
        response["Cache-Control"] = "no-store"
        response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
        return response

    return middleware


def _with_token(name: str, answer: Answer) -> Answer:
    """`answer`, for whoever sends the token that the setting `name` holds; without one set, for nobody."""

    def gated(request: HttpRequest) -> HttpResponse:
        token = getattr(settings, name).encode()
        if not (token and compare_digest(request.headers.get("Authorization", "").encode(), b"Bearer " + token)):
            return HttpResponseNotFound()
        return answer(request)

    return gated


ANSWERS = {
    "/health/live": health.live,
    "/health/ready": health.ready,
    "/health/system": _with_token("HEALTH_TOKEN", health.system),
    "/metrics": _with_token("METRICS_TOKEN", metrics.exposition),
}
