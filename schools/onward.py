"""Where somebody was going before they were asked to sign in: to the product, kept in the session for a while.

Not in an address: students pass several pages on their way in. And not by a redirect: a page's `form-action` would stop
the form that signs them in from ending at another host, so a page of ours stands between (`to_product`).
"""

import time

from django.utils.http import urlencode

KEY = "to_product"
KEPT_S = 15 * 60


def remember(request):
    """This request asks to go to the product; `prompt` is about signing in, which is what comes next."""
    request.session[KEY] = [int(time.time()), without_prompt(request)]


def without_prompt(request):
    """The address of this request, that asks nothing about how to sign in."""
    query = request.GET.copy()
    query.pop("prompt", None)
    return f"{request.path}?{urlencode(query, doseq=True)}"


def door(request, otherwise):
    """The name of the page that follows signing in."""
    return "to_product" if _fresh(request) else otherwise


def take(request):
    """The address to go on to, once; None where nobody was on their way."""
    fresh = _fresh(request)
    request.session.pop(KEY, None)
    return fresh


def _fresh(request):
    at, address = request.session.get(KEY, (0, None))
    return address if time.time() - at < KEPT_S else None
