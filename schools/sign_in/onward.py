"""Where somebody was going before they were asked to sign in: to the product, kept in a signed cookie for a while.

Not in an address: students pass several pages on their way in. Not in the session: a stranger would leave a row with
each request. And not by a redirect: a page's `form-action` would stop the form that signs them in from ending at
another host, so a page of ours stands between (`to_product`).
"""

from django.conf import settings
from django.utils.http import urlencode

COOKIE = "to_product"
KEPT_S = 15 * 60


def remember(request, response):
    """This request asks to go to the product; `prompt` is about signing in, which is what comes next."""
    response.set_signed_cookie(
        COOKIE,
        without_prompt(request),
        max_age=KEPT_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def without_prompt(request):
    """The address of this request, that asks nothing about how to sign in."""
    query = request.GET.copy()
    query.pop("prompt", None)
    return f"{request.path}?{urlencode(query, doseq=True)}"


def door(request, otherwise):
    """The name of the page that follows signing in."""
    return "to_product" if address(request) else otherwise


def address(request):
    """The address to go on to; None where nobody was on their way."""
    return request.get_signed_cookie(COOKIE, default=None, max_age=KEPT_S)


def forget(response):
    """They are there."""
    response.delete_cookie(COOKIE, samesite="Lax")
