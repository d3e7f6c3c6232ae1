"""Each request has an id. What is logged on its way has it, so has the answer, and every task that it queues; whoever
meets an error can read it out, and the log says what happened."""

import re
from secrets import token_hex

from django.core.signals import request_finished
from django.dispatch import receiver
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

HEADER = "X-Request-ID"
HARMLESS = re.compile(r"[0-9a-fA-F-]{16,64}")  # a UUID, say: no name, UPN or secret of ours looks like that


def request_ids(get_response):
    """Middleware: takes the id that a proxy or the product has given the request, if it is harmless, or makes one."""

    def middleware(request):
        given = request.headers.get(HEADER, "")
        request_id = given if HARMLESS.fullmatch(given) else token_hex(8)
        bind_contextvars(request_id=request_id)
        response = get_response(request)
        response[HEADER] = request_id
        return response

    return middleware


@receiver(request_finished)
def forget(**_):
    """Django logs a refusal after the last middleware: the id is known until the answer has left."""
    clear_contextvars()


def current():
    """The id of the request, or of the one that queued this task; "" if there is none."""
    return get_contextvars().get("request_id", "")
