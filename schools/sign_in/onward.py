"""Where somebody was going before they were asked to sign in: to the product, kept in a signed cookie for a while.

Not in the URL: students pass through several pages on their way in. Not in the session: a stranger would leave a row
with every request. And not by a redirect: a page's `form-action` would stop the sign-in form from ending up at another
host, so a page of ours stands in between (`to_product`).
"""

from django.conf import settings
from django.utils.http import urlencode

COOKIE = "to_product"
KEPT_S = 15 * 60


def remember(request, response):
    """Remember that this request wants to go on to the product, without `prompt`, which is about the sign-in that comes
    next."""
    response.set_signed_cookie(
        COOKIE,
        without_prompt(request),
        max_age=KEPT_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def without_prompt(request):
    """This request's address, without what it asks about signing in."""
    query = request.GET.copy()
    query.pop("prompt", None)
    return f"{request.path}?{urlencode(query, doseq=True)}"


def door(request, otherwise):
    """The name of the page that follows signing in."""
    return "to_product" if address(request) else otherwise


def address(request):
    """The address to go on to; None if this visitor was not on their way to the product."""
    return request.get_signed_cookie(COOKIE, default=None, max_age=KEPT_S)


def forget(response):
    """They have arrived."""
    response.delete_cookie(COOKIE, samesite="Lax")
