"""Browsers in which somebody has signed in before: their tries are counted separately, so that tries made elsewhere
never slow them down.

A cookie holds a random number for the browser and, for each account that signed in there, a mark only we can make. We
keep nothing about who uses which device. Signing out everywhere ends an account's marks.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode

from django.conf import settings

COOKIE = "known_here"
LASTS_S = 365 * 24 * 60 * 60
MARK = 12  # signs
MOST = 50  # accounts in one browser; the one whose last sign-in is longest ago is forgotten first


def known(request, user):
    """The browser's number, if `user` has signed in there before; else None."""
    device, marks = _read(request)
    return device if device and any(hmac.compare_digest(mark, _mark(device, user)) for mark in marks) else None


def remember(request, response, user):
    """Remember that `user` has signed in with this browser."""
    device, marks = _read(request)
    device = device or secrets.token_urlsafe(12)
    mark = _mark(device, user)
    marks = [mark, *(other for other in marks if other != mark)][:MOST]
    response.set_cookie(
        COOKIE,
        f"{device}.{''.join(marks)}",
        max_age=LASTS_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request):
    found = re.fullmatch(r"([\w-]{16})\.((?:[\w-]{12})*)", request.COOKIES.get(COOKIE, ""), re.ASCII)
    if not found:
        return None, []
    return found[1], [found[2][at : at + MARK] for at in range(0, len(found[2]), MARK)][:MOST]


def _mark(device, user):
    about = f"known here: {device} {user.pk} {user.signed_out_at}"
    digest = hmac.digest(settings.SECRET_KEY.encode(), about.encode(), "sha256")
    return urlsafe_b64encode(digest)[:MARK].decode()
