"""Every refusal of the API as a problem document (RFC 9457): what is wrong, where, and what to do next. Never HTML."""

import logging

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from schools.web import outages, request_ids

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# slug -> (status, title, what to do). The address of a problem's type answers with these.
PROBLEMS = {
    "bad-input": (400, "The request does not say what it should", "Correct the fields named in errors."),
    "not-json": (400, "The body is not JSON", "Send one JSON object in UTF-8."),
    "no-token": (401, "A token is needed", "Send the header Authorization: Bearer rb_…"),
    "bad-token": (401, "This token does not work", "Ask whoever runs Rollbook for a new one: Admin, API tokens."),
    "missing-scope": (403, "This token may not do that", "Ask for a token with the scope that detail names."),
    "not-found": (404, "There is nothing here for this token", "Check the address and the token's schools."),
    "method": (405, "This address does not take that method", "The header Allow lists those it takes."),
    "not-acceptable": (406, "Answers are JSON", "Accept application/json."),
    "conflict": (409, "Not now", "Do what detail says, then send it again."),
    "cursor-too-old": (410, "The changes after this cursor are no longer all here", "Read all again, then follow."),
    "too-large": (413, "The body is too large", "Send it in parts."),
    "media-type": (415, "The body is not declared as JSON", "Send the header Content-Type: application/json."),
    "throttled": (429, "Too many requests", "Wait as long as Retry-After says."),
    "away": (503, "A part of Rollbook does not answer", "Wait as long as Retry-After says, then send it again."),
    "our-fault": (500, "Rollbook itself failed", "Send it again later; if it stays, write to support."),
}
OUR_FAULT = ("our-fault", "The engineers have the details.")
AWAY = ("away", "The database or the queue does not answer. Look whether a write was made before you send it again.")


class Problem(exceptions.APIException):
    """A refusal, named by its problem's slug. detail: one sentence about this particular request."""

    def __init__(self, slug, detail, errors=()):
        super().__init__(detail)
        self.slug, self.errors = slug, [{"field": field, "message": message} for field, message in errors]
        self.status_code = PROBLEMS[slug][0]


def document(slug, detail, errors=()):
    code, title, _ = PROBLEMS[slug]
    body = {"type": type_of(slug), "title": title, "status": code, "detail": str(detail)}
    return body | ({"errors": list(errors)} if errors else {}) | {"request_id": request_ids.current()}


def type_of(slug):
    return f"{settings.SITE_URL}/api/v1/problems/{slug}/"


def as_problem(error, context):
    """Django REST framework's exception handler: every exception becomes a problem document, even a bug of ours."""
    set_rollback()
    slug, detail, errors = _told(error)
    request = context.get("request")
    request = getattr(request, "_request", request)
    if slug == "our-fault":
        log.error("the API failed", exc_info=error, extra={"request": request})
        got_request_exception.send(sender=type(context.get("view")), request=request)
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait) + 1)
    if slug == "away":
        log.error("a server is away", exc_info=error, extra={"request": request})
        headers["Retry-After"] = str(outages.TRY_AGAIN_S)
    return Response(
        document(slug, detail, errors), status=PROBLEMS[slug][0], headers=headers, content_type=CONTENT_TYPE
    )


def plain(slug, detail):
    """The same, for requests that never reach an API view."""
    headers = {"Retry-After": str(outages.TRY_AGAIN_S)} if slug == "away" else {}
    return JsonResponse(document(slug, detail), status=PROBLEMS[slug][0], content_type=CONTENT_TYPE, headers=headers)


def _told(error):
    """(slug, detail, errors by field)."""
    match error:
        case Problem():
            return error.slug, error.detail, error.errors
        case exceptions.ValidationError():
            errors = list(_flat(error.detail))
            fields = ", ".join(dict.fromkeys(entry["field"] for entry in errors[:5]))
            return "bad-input", f"Not accepted: {fields}. Nothing was changed.", errors
        case exceptions.ParseError():
            return "not-json", "The body could not be read as JSON. Nothing was changed.", ()
        case exceptions.NotAuthenticated():
            return "no-token", "The request came without a token.", ()
        case exceptions.AuthenticationFailed():
            return "bad-token", error.detail, ()
        case exceptions.PermissionDenied() | PermissionDenied():
            return "missing-scope", getattr(error, "detail", "This token may not do that."), ()
        case exceptions.NotFound() | Http404():
            return "not-found", "There is no such thing, or this token may not read it.", ()
        case exceptions.MethodNotAllowed():
            return "method", error.detail, ()
        case exceptions.NotAcceptable():
            return "not-acceptable", "The header Accept leaves out application/json.", ()
        case exceptions.UnsupportedMediaType():
            return "media-type", error.detail, ()
        case exceptions.Throttled():
            return "throttled", error.detail, ()
        case RequestDataTooBig():
            return "too-large", "The body is larger than we take. Nothing was changed.", ()
    return (*(AWAY if outages.is_outage(error) else OUR_FAULT), ())


def _flat(detail, path=""):
    """Nested errors of a serializer as {"field": "rows.3.minutes", "message": …}."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = path if name == "non_field_errors" else f"{path}.{name}" if path else str(name)
            yield from _flat(inner, own)
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        for number, inner in enumerate(detail):
            yield from _flat(inner, f"{path}.{number}" if path else str(number))
    else:
        for message in detail if isinstance(detail, list) else [detail]:
            yield {"field": path or "body", "message": str(message)}
