"""Hashing a password is expensive on purpose, a quarter of a second of a core, so each web process hashes one at a
time.

Anyone who would wait longer than a browser's patience gets a page that says so, and the try is not counted.
"""

from threading import Semaphore

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.shortcuts import render

AT_ONCE = 1  # one in each process, so at most WEB_WORKERS cores are busy hashing
PATIENCE_S = 5
_turns = Semaphore(AT_ONCE)


class TooBusyError(Exception):
    """No turn came within `PATIENCE_S`: nothing was hashed."""


class OneAtATime(PBKDF2PasswordHasher):
    """Django's own hasher, taking turns. Every password passes through here, whether it is set, checked, or hashed only
    to take as long."""

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
