"""What applies to every request, whatever it asks for."""

from django.core.exceptions import BadRequest
from django.utils.cache import add_never_cache_headers

API = "/api/"  # these say themselves which parameter is wrong
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}  # a client may send any other word
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def refuse_nul(get_response):
    """Middleware: a request with a NUL in its path, query or form gets a 400; a cookie with one is ignored.

    No browser sends a NUL of its own accord, and PostgreSQL does not accept it: any look-up with one fails. A cookie
    comes with every request, so refusing it would keep the browser out for good.
    """

    def middleware(request):
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}
        if any("\0" in text for text in _texts(request)):
            raise BadRequest("The request holds a NUL character.")
        return get_response(request)

    return middleware


def _texts(request):
    yield request.path_info
    if request.path_info.startswith(API):
        return
    for given in (request.GET, request.POST if request.content_type in FORMS else {}):
        for name, values in given.lists() if given else ():
            yield name
            yield from values


def store_nothing(get_response):
    """Middleware: no browser or proxy keeps pages sent to somebody signed in. School computers are shared."""

    def middleware(request):
        response = get_response(request)
        signed_in = request.user and request.user.is_authenticated  # None: an API request without a token
        if signed_in and "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response

    return middleware
