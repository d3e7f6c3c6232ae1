"""How the learning product's requests are let in: by bearer token, with a scope, so many a minute."""

from django.conf import settings
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

from schools.models import ApiToken
from schools.web import pace


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request):
        """(token, token): a request acts as its token; there is no person behind it."""
        kind, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = ApiToken.objects.by_secret(secret.strip())
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown.")
        if token.state != "in use":
            since = token.revoked_at or token.expires_at
            raise exceptions.AuthenticationFailed(f"This token was {token.state} on {timezone.localdate(since)}.")
        ApiToken.objects.used(token)
        return token, token

    def authenticate_header(self, request):
        return "Bearer"


class HasScope(BasePermission):
    """Every view names the scope it needs (`required_scope`); one that forgets to do so lets nobody in."""

    def has_permission(self, request, view):
        if request.auth is None:
            return False
        needed = getattr(view, "required_scope", None)
        if needed not in request.auth.scopes:
            raise exceptions.PermissionDenied(f"This token lacks the scope {needed}.")
        return True


class TokenThrottle(BaseThrottle):
    """Limits each token to so many requests a minute, counted in Redis across all web processes."""

    def allow_request(self, request, view):
        limit = settings.API_REQUESTS_PER_MINUTE
        left, self.reset_s = pace.count(f"api:{request.auth.pk}", limit)
        request.rate = {"limit": limit, "remaining": max(0, left), "reset": self.reset_s}
        return left >= 0

    def wait(self):
        return self.reset_s - 1


def rate_headers(request):
    """What a client needs to pace itself; nothing before the token is known."""
    rate = getattr(request, "rate", None)
    return {f"RateLimit-{name.capitalize()}": str(value) for name, value in rate.items()} if rate else {}
