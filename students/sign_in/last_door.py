"""Which school's door a browser last came to, so that a page left open leads back there and not to the staff's.

A cookie with the school's code, since a session that has ended can no longer say. It names no person.
"""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from schools.models import School

COOKIE = "door"
KEPT_S = 180 * 24 * 60 * 60


def remember(response, school):
    """Have the browser remember the door of `school`; returns the response."""
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, school.code, KEPT_S, secure=secure, httponly=True, samesite="Lax")
    return response


def forget(response):
    """Have the browser forget it, because a member of staff is using it; returns the response."""
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def remembered(request):
    """The school whose door this browser was last at; None if there was none, or that door no longer exists."""
    code = request.COOKIES.get(COOKIE)
    return School.objects.with_door(code).first() if code else None


def to_door(request):
    """Send a student who is no longer signed in to the door of their school, or else to where they can find it."""
    school = remembered(request)
    door = reverse("students:sign_in", args=[school.code]) if school else reverse("students:find_school")
    response = redirect_to_login(request.path, door)
    return HttpResponseClientRedirect(response.url) if request.htmx else response
