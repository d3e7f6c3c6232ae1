"""The address to which Wonde sends its webhooks: no one signs in, the secret in it is enough."""

from secrets import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from schools.web import pace
from sync.hooks import taking

MOST_BYTES = 64 * 1024
A_MINUTE = 600  # of the whole installation; what is refused is found out by the clock


@csrf_exempt
@login_not_required
def wonde(request, secret):
    """Take a webhook. The answer says whether it could be read, never whether its school is known."""
    if not is_ours(secret):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    left, reset_s = pace.count("hooks", A_MINUTE)
    if left < 0:
        return HttpResponse(status=429, headers={"Retry-After": str(reset_s)})
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    return HttpResponse(status=204 if taking.take(body) else 400)


def is_ours(secret):
    """Whether `secret` is one of ours. Every one is compared in full, so that the time taken says nothing."""
    return sum(compare_digest(secret.encode(), known.encode()) for known in settings.WONDE_HOOK_SECRETS) > 0
