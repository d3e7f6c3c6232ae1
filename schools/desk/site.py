"""The admin: support only, and only with a second factor. Signing in is allauth's, with its limits on tries."""

from allauth.account.utils import get_next_redirect_url
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from schools.auth import gave_second_factor, has_second_factor, where_it_is_given


def _ask(url_name, request):
    """Send to the page `url_name`, which leads back here."""
    back = get_next_redirect_url(request) or reverse("admin:index")
    return HttpResponseRedirect(f"{reverse(url_name)}?{urlencode({'next': back})}")


class SupportSite(admin.AdminSite):
    site_header = "Rollbook support"
    site_title = "Rollbook support"
    index_title = "Support"
    enable_nav_sidebar = False  # it would link to lists of children with no school chosen

    def has_permission(self, request):
        user = request.user
        return user.is_active and user.is_staff and gave_second_factor(request)

    @method_decorator([never_cache, login_not_required])
    def login(self, request, extra_context=None):
        """Signing in happens elsewhere: a visitor who lacks something is sent to where it is asked for, and back."""
        if request.user.is_anonymous:
            return _ask("account_login", request)
        if not request.user.is_staff:
            raise Http404
        if not has_second_factor(request.user):
            messages.info(
                request,
                "Support needs a second factor: an authenticator app, or a passkey. Set it up once, then go on.",
            )
            return _ask("mfa_activate_totp", request)
        if not gave_second_factor(request):
            return _ask(where_it_is_given(request.user), request)
        return HttpResponseRedirect(get_next_redirect_url(request) or reverse("admin:index"))

    def logout(self, request, extra_context=None):
        return HttpResponseRedirect(reverse("account_logout"))

    def password_change(self, request, extra_context=None):
        return HttpResponseRedirect(reverse("account_change_password"))
