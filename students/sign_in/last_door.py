"""Which school's door a browser came to last, so that a page left open leads back to it and not to the staff's.

A cookie of the school's code: a session that has ended can say nothing any more. It names no person.
"""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from schools.models import School

COOKIE = "door"
KEPT_S = 180 * 24 * 60 * 60


def remember(response, school):
    """The response, with which the browser remembers the door of `school`."""
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, school.code, KEPT_S, secure=secure, httponly=True, samesite="Lax")
    return response


def forget(response):
    """The response, with which the browser forgets it: somebody of the staff is here."""
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def remembered(request):
    """The school at whose door this browser was last; None where there was none, or there is no such door any more."""
    code = request.COOKIES.get(COOKIE)
    return School.objects.with_door(code).first() if code else None


def to_door(request):
    """Leads a student who is not signed in any more to the door of their school, else to where they can find it."""
    school = remembered(request)
    door = reverse("students:sign_in", args=[school.code]) if school else reverse("students:find_school")
    response = redirect_to_login(request.path, door)
    return HttpResponseClientRedirect(response.url) if request.htmx else response
