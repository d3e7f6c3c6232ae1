"""Where people are signed in: the session store Django uses, and a list of your own sessions.

For each we keep since when, and the browser in two words. No address, and nothing once the session is over.
"""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.crypto import salted_hmac

SIGNED_IN_AT, BROWSER = "signed_in_at", "browser"

_BROWSERS = [("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox|FxiOS", "Firefox")]
_BROWSERS += [("Chrome|CriOS", "Chrome"), ("Safari", "Safari")]
_SYSTEMS = [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook")]
_SYSTEMS += [("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux")]


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls):
        from schools.models import Session

        return Session

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session


@dataclass(frozen=True)
class SignedIn:
    """Somewhere a person is signed in. handle: names the session without giving away its secret key."""

    handle: str
    browser: str
    since: datetime
    is_here: bool


def begin(request):
    """Remember when somebody signed in, and with what."""
    request.session[SIGNED_IN_AT] = time.time()
    request.session[BROWSER] = browser(request.META.get("HTTP_USER_AGENT", ""))


def browser(agent):
    """The browser in words: "Chrome on Windows"."""
    name = next((name for sign, name in _BROWSERS if re.search(sign, agent)), "A browser")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return f"{name} on {system}" if system else name


def is_over(session, user):
    """Whether `session` (a store, or a mapping of its contents) has lasted a working day, or its `user` has since
    signed out everywhere."""
    began = session.get(SIGNED_IN_AT, 0)
    signed_out = user.signed_out_at is not None and began <= user.signed_out_at.timestamp()
    return signed_out or time.time() - began > settings.WORKING_DAY_S


def places(request):
    """Where the person making this request is signed in, the latest first."""
    user, found = request.user, []
    for row in user.sessions.filter(expire_date__gt=timezone.now()):
        data = row.get_decoded()
        if not is_over(data, user):
            since = datetime.fromtimestamp(data[SIGNED_IN_AT], UTC)
            is_here = row.session_key == request.session.session_key
            found.append(SignedIn(_handle(row), data.get(BROWSER, "A browser"), since, is_here))
    return sorted(found, key=lambda place: place.since, reverse=True)


def end(user, handle):
    """End one session of `user`. Returns whether there was one."""
    rows = [row for row in user.sessions.all() if _handle(row) == handle]
    for row in rows:
        row.delete()
    return bool(rows)


def _handle(row):
    return salted_hmac("session", row.session_key).hexdigest()[:16]
