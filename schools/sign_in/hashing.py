"""Passwords are hashed at a cost on purpose, a quarter of a second of a core: so one at a time in each web process.

Whoever waits longer than a browser's patience gets a page that says so, and no try of theirs is counted.
"""

from threading import Semaphore

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.shortcuts import render

AT_ONCE = 1  # in a process: with WEB_WORKERS of them, at most so many cores are busy with it
PATIENCE_S = 5
_turns = Semaphore(AT_ONCE)


class TooBusyError(Exception):
    """No turn came in `PATIENCE_S`: nothing was hashed."""


class OneAtATime(PBKDF2PasswordHasher):
    """Django's own, taking turns. Every password of this site passes here: made, checked, or hashed for nothing."""

    def encode(self, *args, **kwargs):
        if not _turns.acquire(timeout=PATIENCE_S):
            raise TooBusyError
        try:
            return super().encode(*args, **kwargs)
        finally:
            _turns.release()


class BusyPageMiddleware:
    """Answer `TooBusyError` with a page that says when to try again."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, TooBusyError):
            response = render(request, "busy.html", status=503)
            response["Retry-After"] = "10"
            return response
        return None
